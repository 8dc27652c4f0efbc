"""Strict YAML: text in, plain values out, and the place of each value when somebody asks.

Scalars follow the YAML 1.2 core schema (`1e-1` is a number, `no` a string). Repeated keys, tags, merge keys and
aliases that contain themselves are refused; aliases to finished values are allowed within a file while the expanded
size stays small. Values are built straight from parser events, so that nesting costs no stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from ftops.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 1024 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 40
#: More than any honest number has; Python refuses to read 4,300.
_MAX_DIGITS = 200

Steps = tuple[str | int, ...]

_Parser: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPECIAL = {
    ".nan": "nan", ".NaN": "nan", ".NAN": "nan", ".inf": "inf", ".Inf": "inf", ".INF": "inf",
    "+.inf": "inf", "+.Inf": "inf", "+.INF": "inf", "-.inf": "-inf", "-.Inf": "-inf", "-.INF": "-inf",
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMERIC_START = frozenset("0123456789+-.")


def scalar(text: str) -> Any:
    """The value of a plain scalar by the YAML 1.2 core schema."""
    if text in _NULL:
        return None
    if text[0] not in _NUMERIC_START:
        return _BOOL.get(text, text)
    if len(text) <= _MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(_SPECIAL[text]) if text in _SPECIAL else text


@dataclass(slots=True)
class Source:
    """One file of documents. Places are found by reading the text again: they are needed only for messages."""

    path: Path
    text: str
    _places: list[dict[Steps, Place]] | None = field(default=None, repr=False)

    def documents(self) -> tuple[list[Any], list[Problem]]:
        """Every document of the file, and what is wrong with their YAML."""
        reader = _Reader(self, None)
        return list(reader.documents()), reader.problems

    def place(self, index: int, steps: Steps = (), *, key: bool = False) -> Place:
        """Where the value (or with `key`, the key) at `steps` of document `index` stands; else its nearest parent."""
        if self._places is None:
            self._places = []
            list(_Reader(self, self._places).documents())
        places = self._places[index] if index < len(self._places) else {}
        for depth in range(len(steps), -1, -1):
            found = None
            if key and depth == len(steps) and steps:
                found = places.get((*steps, "<key>"))
            found = found or places.get(steps[:depth])
            if found:
                return found
        return Place(self.path)


class _Frame:
    """A collection under construction."""

    __slots__ = ("anchor", "first_node", "key", "repeated", "steps", "value")

    def __init__(self, value: dict[str, Any] | list[Any], anchor: str | None, first_node: int, steps: Steps) -> None:
        self.value = value
        self.steps = steps
        self.anchor = anchor
        self.first_node = first_node
        self.key: str | None = None
        self.repeated = False


class _Reader:
    """Builds the values of one source from parser events; `places`, if given, collects where they stand."""

    def __init__(self, source: Source, places: list[dict[Steps, Place]] | None) -> None:
        self.source = source
        self.places = places
        self.lines = source.text.splitlines()
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = 0
        self.root: Any = None

    def documents(self) -> Iterator[Any]:
        parser = _Parser(self.source.text)
        try:
            while (event := parser.get_event()) is not None:
                kind = type(event)
                if kind is yaml.DocumentStartEvent:
                    self._start_document()
                elif kind is yaml.DocumentEndEvent:
                    yield self.root
                else:
                    self._take(kind, event)
        except _TooLargeError as error:
            self._problem("FT106", error.args[0], error.args[1], hint=error.args[2])
        except yaml.MarkedYAMLError as error:
            self._not_yaml(error)
        except yaml.reader.ReaderError as error:
            self._problem("FT101", f"not YAML: {str(error).splitlines()[0]}", self._mark(error.position))
        finally:
            parser.dispose()

    def _start_document(self) -> None:
        self.stack, self.anchors, self.root = [], {}, None
        if self.places is not None:
            self.places.append({})

    def _take(self, kind: type, event: Any) -> None:
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._open([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)

    def _scalar(self, event: Any) -> None:
        self._count(1, event)
        if event.tag:
            self._refuse_tag(event)
        value = scalar(event.value) if event.implicit[0] else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        if self._expects_key():
            self._set_key(event)
        else:
            self._add(value, event)

    def _open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        self._count(1, event)
        if event.tag:
            self._refuse_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            raise _TooLargeError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark, "flatten the document")
        self.anchors.pop(event.anchor, None)  # inside the collection, its name means itself
        frame = _Frame(value, event.anchor, self.nodes, self._steps() if self.places is not None else ())
        if self._expects_key():
            self._problem("FT102", "a key must be a word, not a list or a mapping", event.start_mark)
            self.stack[-1].key, self.stack[-1].repeated = "<collection>", True
        else:
            self._add(value, event)
        self.stack.append(frame)

    def _close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, self.nodes - frame.first_node + 1)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            message = f"alias `*{event.anchor}` names no finished value above it"
            self._problem("FT107", message, event.start_mark, _length(event))
            value, size = None, 1
        else:
            value, size = self.anchors[event.anchor]
        self._count(size, event)
        if self._expects_key():
            self._problem("FT102", "a key must be a word, not an alias", event.start_mark, _length(event))
            self.stack[-1].key, self.stack[-1].repeated = "<alias>", True
            return
        self._add(value, event)

    def _expects_key(self) -> bool:
        return bool(self.stack) and type(self.stack[-1].value) is dict and self.stack[-1].key is None

    def _set_key(self, event: Any) -> None:
        frame, key = self.stack[-1], event.value
        frame.key, frame.repeated = key, False
        if key == "<<" and event.implicit[0]:
            frame.repeated = True
            hint = "name the shared value where it is used: `hyperparameters: *common`"
            self._problem("FT107", "merge keys (`<<`) are not part of YAML 1.2", event.start_mark, 2, hint)
        elif key in frame.value:
            frame.repeated = True
            message = f"`{key}` is given twice"
            self._problem("FT102", message, event.start_mark, _length(event), "keep one of the two")
        elif self.places is not None:
            place = self._place(event.start_mark, _length(event))
            self.places[-1].setdefault((*self._steps(), "<key>"), place)

    def _add(self, value: Any, event: Any) -> None:
        """Put a value where the stack points; a repeated key keeps its first value."""
        if self.places is not None and not (self.stack and self.stack[-1].repeated):
            self.places[-1].setdefault(self._steps(), self._place(event.start_mark, _length(event)))
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        if not frame.repeated and frame.key is not None:
            frame.value[frame.key] = value
        frame.key = None

    def _steps(self) -> Steps:
        """The steps to the value that comes next."""
        if not self.stack:
            return ()
        frame = self.stack[-1]
        return (*frame.steps, frame.key if frame.key is not None else len(frame.value))

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            hint = "split the file, or use fewer aliases"
            raise _TooLargeError(f"more than {MAX_NODES} values, aliases expanded", event.start_mark, hint)

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._problem("FT107", f"tags such as `{tag}` are not allowed", event.start_mark, hint="remove the tag")

    def _not_yaml(self, error: yaml.MarkedYAMLError) -> None:
        mark, end = error.problem_mark, self._mark(len(self.source.text.encode()))
        if mark is None or (error.context_mark and (mark.line, mark.column) >= (end.line, end.column)):
            mark = error.context_mark  # what is never closed is found where it begins
        place = self._place(mark)
        hint = "indent with spaces, not with tabs" if place.text[place.column - 1 :].startswith("\t") else ""
        words = ", ".join(filter(None, (error.context, error.problem)))
        self.problems.append(Problem("FT101", f"not YAML: {words}", place, hint))

    def _mark(self, offset: int) -> yaml.Mark:
        """The place `offset` bytes into the text."""
        before = self.source.text.encode()[:offset].decode()
        lines = f"{before}^".splitlines()
        return yaml.Mark("", offset, len(lines) - 1, len(lines[-1]) - 1, None, 0)

    def _problem(self, code: str, message: str, mark: Any, length: int = 1, hint: str = "") -> None:
        self.problems.append(Problem(code, message, self._place(mark, length), hint))

    def _place(self, mark: Any, length: int = 1) -> Place:
        if mark is None:
            return Place(self.source.path)
        text = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Place(self.source.path, mark.line + 1, mark.column + 1, length, text)


class _TooLargeError(Exception):
    """The file is larger or deeper than any honest document: (message, mark, hint)."""


def _length(event: Any) -> int:
    same_line = event.end_mark.line == event.start_mark.line
    return max(1, event.end_mark.column - event.start_mark.column) if same_line else 1
