"""The words of the documents, taken from the docstrings of their models: JSON Schema for editors, text for people."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from ftops.kind import Kind, Kinds, Managed
from ftops.load import API_VERSION
from ftops.resource import Metadata, Ref, Spec, Unversioned
from ftops.validation import models_in, nearest

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


def summary(kind: Kind[Any]) -> str:
    """What a kind is, in one paragraph."""
    return inspect.cleandoc(type(kind).__doc__ or "")


@cache
def field_docs(model: type[Spec]) -> dict[str, str]:
    """The docstring below each field of a model, those of its base classes included."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not (issubclass(base, Spec) and base is not Spec):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(tree, ast.ClassDef)
        for statement, following in zip(tree.body, tree.body[1:], strict=False):
            match statement, following:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = inspect.cleandoc(text)
    return found


def schema(kinds: Kinds) -> dict[str, Any]:
    """JSON Schema of one document: `if/then` on its kind, so that an editor complains about that kind only."""
    definitions: dict[str, Any] = {"Metadata": _metadata()}
    branches = []
    for word in kinds.words():
        kind = kinds.of_word(word)
        assert kind is not None
        root = _model(kind.spec)
        definitions |= root.pop("$defs", {})
        definitions[word] = {**root, "description": summary(kind)}
        branches.append(
            {
                "if": {"properties": {"kind": {"const": word}}, "required": ["kind"]},
                "then": {"properties": {"spec": {"$ref": f"#/$defs/{word}"}}},
            }
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ftops document",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "Version of this form of documents."},
            "kind": {"enum": kinds.words(), "description": "What the document declares."},
            "metadata": {"$ref": "#/$defs/Metadata", "description": "What ftops itself keeps about the document."},
            "spec": {"type": "object", "description": "What is declared; which fields there are follows from `kind`."},
        },
        "allOf": branches,
        "$defs": dict(sorted(definitions.items())),
    }


def _metadata() -> dict[str, Any]:
    found = _model(Metadata)
    found["properties"]["name"]["pattern"] = _NAME_PATTERN
    return found


def _model(model: type[Spec]) -> dict[str, Any]:
    """The schema of a model with the descriptions of its fields, and its definitions with theirs."""
    found = model.model_json_schema(by_alias=True)
    models = {one.__name__: one for one in _reachable(model)}
    for name, definition in found.get("$defs", {}).items():
        _describe(definition, models[name])
    _describe(found, model)
    return found


def _reachable(model: type[Spec]) -> set[type[Spec]]:
    found: set[type[Spec]] = set()
    waiting = [model]
    while waiting:
        current = waiting.pop()
        found.add(current)
        inner = [m for info in current.model_fields.values() for m in models_in(info.annotation)]
        waiting += [m for m in inner if issubclass(m, Spec) and m not in found]
    return found


def _describe(definition: dict[str, Any], model: type[Spec]) -> None:
    """Put field docs into a definition, or into the alternative of it that is a mapping."""
    body = next((part for part in definition.get("anyOf", ()) if "properties" in part), definition)
    docs = field_docs(model)
    for name, info in model.model_fields.items():
        if name in docs:
            body["properties"][info.alias or name]["description"] = docs[name]


def explain(kinds: Kinds, path: str) -> str:
    """What `Job` or `Job.hyperparameters.n_epochs` means. Raises LookupError with a sentence and a hint."""
    word, *steps = path.split(".")
    names = {kind_word.lower(): kind_word for kind_word in kinds.words()}
    kind = kinds.of_word(names.get(word.lower(), ""))
    if kind is None:
        raise LookupError(f"there is no kind `{word}`", nearest(word, kinds.words()))
    model, info, owner = kind.spec, None, kind.spec
    name = ""
    for step in steps:
        fields = {field.alias or key: key for key, field in model.model_fields.items()}
        if step not in fields:
            raise LookupError(f"`{'.'.join([kind.word(), *steps])}`: there is no `{step}`", nearest(step, fields))
        name, owner = fields[step], model
        info = model.model_fields[name]
        model = next((m for m in models_in(info.annotation) if issubclass(m, Spec)), Spec)
    if info is None:
        lines = [f"{kind.word()}", "", *textwrap.wrap(summary(kind), 100)]
    else:
        lines = [".".join([kind.word(), *steps]), "", *textwrap.wrap(field_docs(owner).get(name, ""), 100), ""]
        lines += _facts(kind, info)
    return "\n".join([*lines, *_fields(model)])


def _facts(kind: Kind[Any], info: FieldInfo) -> list[str]:
    facts = [f"  type     {type_words(info)}"]
    if info.is_required():
        facts.append("  required")
    else:
        facts.append(f"  default  {_default(info)}")
    if isinstance(kind, Managed) and kind.is_run:
        moves = any(isinstance(mark, Ref) for mark in info.metadata)  # to another account: trained anew there
        is_free = any(isinstance(mark, Unversioned) for mark in info.metadata) and not moves
        facts.append(f"  change   {'starts no run' if is_free else 'is another run, which is paid for'}")
    return facts


def _fields(model: type[Spec]) -> list[str]:
    if not model.model_fields:
        return []
    docs, lines = field_docs(model), ["", "Fields:"]
    for name, info in sorted(model.model_fields.items(), key=lambda item: not item[1].is_required()):
        mark = " (required)" if info.is_required() else ""
        lines.append(f"  {info.alias or name}  <{type_words(info)}>{mark}")
        lines += textwrap.wrap(docs.get(name, ""), 96, initial_indent="      ", subsequent_indent="      ")
    return lines


def type_words(info: FieldInfo) -> str:
    """The type of a field in the words of a document."""
    ref = next((mark for mark in info.metadata if isinstance(mark, Ref)), None)
    return _named(ref) if ref else _words(info.annotation)


def _named(ref: Ref) -> str:
    return f"name of {'an' if ref.kind[0] in 'aeiou' else 'a'} {ref.kind}"


def _words(annotation: Any) -> str:
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): ""}
    if annotation in plain:
        return plain[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation.also_written_as + "mapping"
    arguments = get_args(annotation)
    origin = getattr(annotation, "__origin__", None)
    if origin is list:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return "mapping"
    if arguments and all(isinstance(one, str) for one in arguments):
        return " | ".join(arguments)
    if hasattr(annotation, "__metadata__"):
        ref = next((mark for mark in annotation.__metadata__ if isinstance(mark, Ref)), None)
        return _named(ref) if ref else _words(arguments[0])
    return " or ".join(dict.fromkeys(word for word in map(_words, arguments) if word)) or "any"


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True)
    if isinstance(value, Spec):
        value = value.model_dump(exclude_defaults=True, by_alias=True) or None
    return "left out" if value in (None, {}, []) else str(value).lower() if isinstance(value, bool) else str(value)
