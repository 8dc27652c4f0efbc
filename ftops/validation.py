"""Checks values against a spec and says what is wrong in the words of the document, not of the checker."""

from __future__ import annotations

import types
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from ftops.errors import Place, Problem
from ftops.resource import Origin, Reference, Spec, reference_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ftops.document import Steps

M = TypeVar("M", bound=Spec)

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "{also}a mapping",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "text that matches `{pattern}`",
    "too_short": "a list of at least {min_length}",
    "finite_number": "a finite number",
}


def check(model: type[M], value: Any, origin: Origin, steps: Steps) -> tuple[M | None, list[Problem]]:
    """The checked value, or None and everything that is wrong with it. `steps` lead to it within its document."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, list(_problems(model, value, error, origin, steps))


def raw_references(model: type[Spec], value: Any, steps: Steps = ()) -> Iterator[Reference]:
    """The references in a mapping that failed its check, as far as they can be read, so that they are checked too."""
    if not isinstance(value, dict):
        return
    for name, key, mark in reference_fields(model):
        written = value.get(key)
        if mark is not None and isinstance(written, str):
            yield Reference((*steps, key), mark.kind, written, mark.edge)
        elif mark is None:
            children = enumerate(written) if isinstance(written, list) else ((None, written),)
            for index, child in children:
                inner = (*steps, key) if index is None else (*steps, key, index)
                for nested in models_in(model.model_fields[name].annotation):
                    yield from raw_references(nested, child, inner)


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint that names the most similar of the words, or all of them if they are few."""
    choices = sorted(words)
    close = get_close_matches(word.lower(), [c.lower() for c in choices], n=1, cutoff=0.6)
    if close:
        return f"did you mean `{next(c for c in choices if c.lower() == close[0])}`?"
    if 0 < len(choices) <= 20:
        return f"known: {', '.join(f'`{choice}`' for choice in choices)}"
    return ""


def _problems(model: type[Spec], value: Any, error: ValidationError, origin: Origin, steps: Steps) -> Iterator[Problem]:
    expected: dict[Steps, list[Mapping[str, Any]]] = {}
    for one in error.errors(include_url=False):
        path, kind = _existing(value, one["loc"]), one["type"]
        if kind == "extra_forbidden":
            word = str(one["loc"][-1])
            models = _models_at(model, path[:-1] if path and path[-1] == word else path)
            known = [field.alias or name for m in models for name, field in m.model_fields.items()]
            place = origin.place((*steps, *one["loc"]), key=True)
            yield Problem("FT103", f"unknown key `{word}`", place, nearest(word, known))
        elif kind == "missing":
            place = origin.place((*steps, *path), key=True)
            yield Problem("FT105", f"`{_dotted(steps, one['loc'])}` is missing", place, "add it")
        elif kind in _EXPECTED:
            expected.setdefault(path, []).append(one)
        else:
            field = f"`{_dotted(steps, path)}`: " if path else ""
            yield Problem("FT104", field + one["msg"], _place(value, path, origin, steps))
    for path, errors in expected.items():
        also = next((m.also_written_as for m in _models_at(model, path)), "")
        yield _mismatch(_dotted(steps, path), errors, also, _place(value, path, origin, steps))


def _mismatch(name: str, errors: list[Mapping[str, Any]], also: str, place: Place) -> Problem:
    """One problem for one value, however many alternatives it failed to be."""
    wanted = list(dict.fromkeys(_EXPECTED[e["type"]].format(**e.get("ctx", {}), also=also) for e in errors))
    wanted = [_quoted(words) for words in wanted]
    hint = ""
    for one in errors:
        if one["type"] == "literal_error" and isinstance(one["input"], str):
            hint = hint or nearest(one["input"], _choices(one)) if len(_choices(one)) > 1 else hint
    return Problem("FT104", f"`{name}` must be {' or '.join(wanted)}", place, hint)


def _place(value: Any, path: Steps, origin: Origin, steps: Steps) -> Place:
    """A value stands where it is written, a collection where it is named."""
    for step in path:
        value = value[step]
    return origin.place((*steps, *path), key=isinstance(value, (dict, list)))


def _choices(error: Mapping[str, Any]) -> list[str]:
    text = str(error["ctx"]["expected"]).replace(" or ", ", ")
    return [part.strip("'") for part in text.split(", ")]


def _quoted(words: str) -> str:
    return words.replace("'", "`")


def _dotted(steps: Steps, path: Steps) -> str:
    """The words for a place in a document; `spec` goes without saying where more follows."""
    whole, text = (*steps, *path), ""
    for step in whole[1:] if whole[0] == "spec" and len(whole) > 1 else whole:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _existing(value: Any, path: Steps) -> Steps:
    """The part of the path that the document has; the rest names alternatives inside the checker."""
    found: list[str | int] = []
    for step in path:
        is_key = isinstance(value, dict) and step in value
        is_index = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not (is_key or is_index):
            break
        found.append(step)
        value = value[step]
    return tuple(found)


def _models_at(model: type[Spec], path: Steps) -> list[type[Spec]]:
    """What may stand at `path` within a document of this model."""
    models = [model]
    for step in path:
        if isinstance(step, int):
            continue
        fields = [f for m in models for name, f in m.model_fields.items() if (f.alias or name) == step]
        models = [m for field in fields for m in models_in(field.annotation)]
    return models


def models_in(annotation: Any) -> list[type[Spec]]:
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation] if issubclass(annotation, Spec) else []
    if get_origin(annotation) in (list, Union, types.UnionType) or get_args(annotation):
        return [m for argument in get_args(annotation) for m in models_in(argument)]
    return []
