"""From rows to steps, epochs and tokens: what a job's plan is before anything is learned (`learning/`)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ftops.emulator.catalogue import MIN_ROWS

CHARACTERS_PER_TOKEN = 4
METRICS_STEPS = 10
METRICS_EVENTS = 1000
"""A metrics event every ten steps (recorded), but no more than this many for one job (invented)."""


class Data(NamedTuple):
    """What a file holds. `tokens` is a crude count: characters of user and assistant text, divided by 4."""

    rows: int
    tokens: int


class InvalidData(Exception):
    """The rows cannot be trained on; the text names the line."""


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """LF and CRLF ends; a byte order mark is dropped."""
    rest = b""
    first = True
    for piece in pieces:
        if first:
            piece, first = piece.removeprefix(b"\xef\xbb\xbf"), False
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def read(pieces: Iterable[bytes], method: str, *, minimum: int = MIN_ROWS) -> Data:
    """Check all rows of a file in the format of `supervised` or `dpo`."""
    rows = characters = 0
    for number, line in enumerate(lines(pieces), start=1):
        if line.strip():
            rows += 1
            characters += _characters(line, number, method)
    if rows < minimum:
        raise InvalidData(f"the file has {rows} examples, but must have at least {minimum}")
    return Data(rows, max(1, characters // CHARACTERS_PER_TOKEN))


def _characters(line: bytes, number: int, method: str) -> int:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidData(f"line {number} is not valid JSON") from error
    if not isinstance(row, dict):
        raise InvalidData(f"line {number} is not an object")
    parts = _parts(row, method)
    for name, part in parts.items():
        if not isinstance(part, list) or not part or not all(isinstance(message, dict) for message in part):
            raise InvalidData(f"line {number} has no `{name}`")
        if name != "input.messages" and part[-1].get("role") != "assistant":
            raise InvalidData(f"line {number}: `{name}` does not end with a message of the assistant")
    return sum(_length(message) for part in parts.values() for message in part)


def _parts(row: dict[str, Any], method: str) -> dict[str, Any]:
    """The conversations in a row, by the names of their fields."""
    if method != "dpo":
        return {"messages": row.get("messages")}
    prompt = row.get("input")
    messages = prompt.get("messages") if isinstance(prompt, dict) else None
    return {"input.messages": messages} | {name: row.get(name) for name in ("preferred_output", "non_preferred_output")}


def _length(message: dict[str, Any]) -> int:
    content = message.get("content")
    return len(content) if message.get("role") in ("user", "assistant") and isinstance(content, str) else 0


def steps(rows: int, epochs: int, batch_size: int) -> int:
    """Recorded: 10 rows in batches of 4 are 3 steps an epoch."""
    return epochs * math.ceil(rows / batch_size)


def next_mark(done: int, total: int, epochs: int) -> int:
    """The next step worth stopping at: one with a metrics event, or the last one of an epoch."""
    an_epoch = total // epochs
    interval = metrics_interval(total)
    return min((done // interval + 1) * interval, (done // an_epoch + 1) * an_epoch, total)


def metrics_interval(total: int) -> int:
    return max(METRICS_STEPS, math.ceil(total / METRICS_EVENTS))
