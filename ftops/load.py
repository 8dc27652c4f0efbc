"""YAML files in, checked documents out, and every problem of every file on the way."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from ftops.document import MAX_BYTES, Source
from ftops.errors import Place, Problem
from ftops.kind import Kind, Kinds, is_name
from ftops.resource import Document, LocalFile, Metadata, Origin, Reference, ResourceKey, Spec
from ftops.validation import check, nearest, raw_references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ftops.document import Steps

API_VERSION = "ftops/v1"
_ENVELOPE = ("apiVersion", "kind", "metadata", "spec")


@dataclass(repr=False)
class Workspace:
    """What a folder of specs says.

    `names` holds the keys of all documents, also of those that turned out wrong: a reference to one of them is not
    a second problem. `suspects` are the references in documents that turned out wrong.
    """

    root: Path
    kinds: Kinds
    documents: dict[ResourceKey, Document[Any]] = field(default_factory=dict)
    names: dict[ResourceKey, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    suspects: list[tuple[Origin, list[Reference]]] = field(default_factory=list)
    _folders: dict[Path, Path] = field(default_factory=dict)

    @cached_property
    def project(self) -> Any:
        """The spec of the Project document; only for a workspace without problems."""
        name = self.kinds.settings("project").name()
        return next(d.spec for key, d in self.documents.items() if key.kind == name)

    def resolved(self, path: Path) -> Path:
        """The path with links resolved. Files mostly share their folder, which is resolved once per load."""
        if path.is_symlink() or ".." in path.parts:
            return path.resolve()
        if path.parent not in self._folders:
            self._folders[path.parent] = path.parent.resolve()
        return self._folders[path.parent] / path.name

    @property
    def has_project(self) -> bool:
        """Whether there is a Project document that can be used."""
        name = self.kinds.settings("project").name()
        return any(key.kind == name for key in self.documents)

    @cached_property
    def accounts(self) -> dict[str, Any]:
        """The spec of each Account document, by name; only for a workspace without problems."""
        name = self.kinds.settings("account").name()
        return {key.name: d.spec for key, d in self.documents.items() if key.kind == name}


@dataclass(slots=True)
class _Raw:
    """A document whose envelope is right and whose spec is not checked yet."""

    key: ResourceKey
    kind: Kind[Any]
    spec: Any
    metadata: Metadata
    origin: Origin


def load(root: Path, kinds: Kinds) -> Workspace:
    """Read every `*.yaml` and `*.yml` below `root`, or the one file it is; names beginning with `.` or `_` are skipped.

    Raises nothing: what is wrong is in `problems` of the result.
    """
    workspace = Workspace(root.parent if os.path.isfile(root) else root, kinds)
    raws: list[_Raw] = []
    for path in _files(root, workspace.problems):
        source = _read(path, workspace.problems)
        if source is not None:
            raws += _envelopes(source, workspace)
    _require_one_project(root, raws, workspace)
    defaults = _defaults(raws, workspace)
    for raw in raws:
        _check_spec(raw, defaults, workspace)
    return workspace


def _files(root: Path, problems: list[Problem]) -> list[Path]:
    if os.path.isfile(root):
        return [root]
    found: list[Path] = []
    if not os.path.isdir(root):
        problems.append(Problem("FT100", f"there is no folder `{root}`", Place(root), "run `ftops init` to make one"))
        return found
    folders, seen = [root], set()
    while folders:
        folder = folders.pop()
        try:
            if folder.resolve() in seen:  # a link back to a folder that is read already
                continue
            seen.add(folder.resolve())
            for entry in folder.iterdir():
                if entry.name.startswith((".", "_")):
                    continue
                if entry.is_dir():
                    folders.append(entry)
                elif entry.suffix in (".yaml", ".yml"):
                    found.append(entry)
        except OSError as error:
            problems.append(Problem("FT100", f"cannot read the folder: {error.strerror}", Place(folder)))
    return sorted(found)


def _read(path: Path, problems: list[Problem]) -> Source | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("larger than 1 MiB")
        return Source(path, path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError as error:
        problems.append(Problem("FT101", f"not UTF-8: byte {error.start} cannot be read", Place(path)))
    except ValueError as error:
        problems.append(Problem("FT106", f"the file is {error}", Place(path), "split it"))
    except OSError as error:
        problems.append(Problem("FT100", f"cannot read the file: {error.strerror}", Place(path)))
    return None


def _envelopes(source: Source, workspace: Workspace) -> Iterator[_Raw]:
    documents, problems = source.documents()
    workspace.problems += problems
    for index, value in enumerate(documents):
        if value is None:
            continue
        raw = _envelope(value, Origin(source, index), workspace)
        if raw is not None:
            yield raw


def _envelope(value: Any, origin: Origin, workspace: Workspace) -> _Raw | None:
    problems = workspace.problems
    if not isinstance(value, dict):
        hint = "begin with `apiVersion`, `kind`, `metadata` and `spec`"
        problems.append(Problem("FT104", "a document must be a mapping", origin.place(), hint))
        return None
    for word in value:
        if word not in _ENVELOPE:
            problems.append(
                Problem("FT103", f"unknown key `{word}`", origin.place((word,), key=True), nearest(word, _ENVELOPE))
            )
    _check_version(value, origin, problems)
    kind = _kind(value, origin, workspace)
    metadata, found = check(Metadata, value.get("metadata", {}), origin, ("metadata",))
    problems += found
    if metadata is not None and not is_name(metadata.name):
        message = f"`{metadata.name}` is no name: 1-63 lower-case letters, digits and `-`, no `-` at an end"
        problems.append(Problem("FT109", message, origin.place(("metadata", "name"))))
        metadata = None
    if kind is None or metadata is None:
        return None
    return _named(kind, metadata, value.get("spec", {}), origin, workspace)


def _named(kind: Kind[Any], metadata: Metadata, spec: Any, origin: Origin, workspace: Workspace) -> _Raw | None:
    key = ResourceKey(kind.name(), metadata.name)
    if key in workspace.names:
        first = workspace.names[key].place(("metadata", "name"))
        message = f"{key} is declared twice"
        place = origin.place(("metadata", "name"))
        workspace.problems.append(Problem("FT110", message, place, f"the first one is at {first}"))
        return None
    workspace.names[key] = origin
    return _Raw(key, kind, spec, metadata, origin)


def _check_version(value: Mapping[str, Any], origin: Origin, problems: list[Problem]) -> None:
    version, hint = value.get("apiVersion"), f"write `apiVersion: {API_VERSION}`"
    if version is None:
        problems.append(Problem("FT105", "`apiVersion` is missing", origin.place(("apiVersion",)), hint))
    elif version != API_VERSION:
        problems.append(Problem("FT108", f"unknown apiVersion `{version}`", origin.place(("apiVersion",)), hint))


def _kind(value: Mapping[str, Any], origin: Origin, workspace: Workspace) -> Kind[Any] | None:
    word, words = value.get("kind"), workspace.kinds.words()
    if word is None:
        problem = Problem("FT105", "`kind` is missing", origin.place(("kind",)), nearest("", words))
    elif not isinstance(word, str) or workspace.kinds.of_word(word) is None:
        problem = Problem("FT108", f"unknown kind `{word}`", origin.place(("kind",)), nearest(str(word), words))
    else:
        return workspace.kinds.of_word(word)
    workspace.problems.append(problem)
    return None


def _require_one_project(root: Path, raws: list[_Raw], workspace: Workspace) -> None:
    name = workspace.kinds.settings("project").name()
    found = [raw for raw in raws if raw.key.kind == name]
    hidden = bool(workspace.problems)  # what could not be read may be the Project
    if not raws and not hidden:
        hint = "write documents there, or run `ftops init` in an empty folder"
        message = "there are no specs: no document in a `*.yaml` file"
        workspace.problems.append(Problem("FT111", message, Place(root), hint))
    elif not found and not hidden:
        hint = "add one: `kind: Project` with `spec: {marker: …}`"
        workspace.problems.append(Problem("FT112", "there is no Project document", Place(root), hint))
    for other in found[1:]:
        hint = f"the first one is at {found[0].origin.place()}"
        workspace.problems.append(Problem("FT112", "there are two Project documents", other.origin.place(), hint))


def _defaults(raws: list[_Raw], workspace: Workspace) -> Mapping[str, Mapping[str, Any]]:
    """The project's defaults by kind, as far as they are usable; the rest is reported with the Project."""
    name = workspace.kinds.settings("project").name()
    raw = next((raw for raw in raws if raw.key.kind == name), None)
    given = raw.spec.get("defaults") if raw is not None and isinstance(raw.spec, dict) else None
    if raw is None or not isinstance(given, dict):
        return {}
    usable = {}
    for kind_name, fields in given.items():
        steps = ("spec", "defaults", kind_name)
        kind = workspace.kinds.by_name.get(kind_name)
        if kind is None or not kind.is_document or kind_name == name:
            names = [word.lower() for word in workspace.kinds.words() if word.lower() != name]
            place = raw.origin.place(steps, key=True)
            workspace.problems.append(Problem("FT103", f"unknown kind `{kind_name}`", place, nearest(kind_name, names)))
        elif isinstance(fields, dict):
            wrong = {word: _wrong_alone(kind, word, value, raw.origin, steps) for word, value in fields.items()}
            workspace.problems += [problem for found in wrong.values() for problem in found]
            usable[kind_name] = {word: value for word, value in fields.items() if not wrong[word]}
    return usable


def _wrong_alone(kind: Kind[Any], word: str, value: Any, origin: Origin, steps: Steps) -> list[Problem]:
    """What is wrong with one default, whatever it will be combined with."""
    together = (origin.place(steps), origin.place(steps, key=True))
    return [p for p in check(kind.spec, {word: value}, origin, steps)[1] if p.place not in together]


def _check_spec(raw: _Raw, defaults: Mapping[str, Mapping[str, Any]], workspace: Workspace) -> None:
    value = raw.spec
    if isinstance(value, dict):
        value = {**defaults.get(raw.key.kind, {}), **value}
    spec, problems = check(raw.kind.spec, value, raw.origin, ("spec",))
    workspace.problems += problems
    if spec is None:
        workspace.suspects.append((raw.origin, list(raw_references(raw.kind.spec, value))))
        return
    workspace.problems += _missing_files(spec, raw.origin, workspace)
    workspace.documents[raw.key] = Document(raw.key, spec, raw.metadata, raw.origin)


def _missing_files(spec: Spec, origin: Origin, workspace: Workspace) -> Iterator[Problem]:
    """Local files must exist and, with links resolved, lie inside the folder of specs."""
    for name, key in _path_fields(type(spec)):
        written = getattr(spec, name)
        if written is None:
            continue
        code, message, hint = _missing(origin.source.path.parent / written, written, workspace)
        if message:
            yield Problem(code, message, origin.place(("spec", key)), hint)


def _missing(path: Path, written: str, workspace: Workspace) -> tuple[str, str, str]:
    """Code, message and hint for what is wrong with a local file; empty strings if nothing is."""
    try:
        if not workspace.resolved(path).is_relative_to(workspace.resolved(workspace.root)):
            hint = f"move the file below `{workspace.root}`: what a model learned from belongs to its specs"
            return "FT302", f"`{written}` lies outside the folder of specs", hint
        if not path.is_file():
            return "FT301", f"there is no file `{written}`", "the path is relative to the document"
        path.open("rb").close()
    except OSError as error:
        return "FT301", f"cannot read `{written}`: {error.strerror}", ""
    except (RuntimeError, ValueError):  # links in a circle; a NUL byte
        return "FT301", f"`{written}` is no path to a file", ""
    return "", "", ""


@cache
def _path_fields(model: type[Spec]) -> list[tuple[str, str]]:
    """(attribute, key in the document) of the fields that hold paths."""
    return [
        (name, info.alias or name)
        for name, info in model.model_fields.items()
        if any(isinstance(mark, LocalFile) for mark in info.metadata)
    ]
