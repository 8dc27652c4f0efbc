"""Rows of a file as what the toy learns from: the answers, and of what came before only the nearest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

MOST_ROWS = 8_000
"""Rows of a larger file are taken at even distances."""


class Turn(NamedTuple):
    """One answer of the assistant after the last system prompt and the last message of the user."""

    system: str
    user: str
    answer: str


class Pair(NamedTuple):
    """The better and the worse answer to the same messages."""

    preferred: Turn
    other: Turn


def text(content: object) -> str:
    """Of a message in parts only the text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _spoken(message: dict[str, Any]) -> str:
    """What the assistant says; a call of a tool counts as its JSON."""
    calls = message.get("tool_calls") or message.get("function_call")
    return text(message.get("content")) + (json.dumps(calls, sort_keys=True) if calls else "")


def context(messages: Iterable[dict[str, Any]]) -> tuple[str, str]:
    """System prompt and last user message."""
    system = user = ""
    for message in messages:
        if message.get("role") in ("system", "developer"):
            system = text(message.get("content"))
        elif message.get("role") == "user":
            user = text(message.get("content"))
    return system, user


def turns(messages: list[dict[str, Any]]) -> list[Turn]:
    """Every answer that counts: `weight: 0` takes one out (documented)."""
    found = []
    for place, message in enumerate(messages):
        if message.get("role") == "assistant" and message.get("weight", 1) != 0:
            found.append(Turn(*context(messages[:place]), _spoken(message)))
    return found


def pair(row: dict[str, Any]) -> Pair:
    system, user = context(row["input"]["messages"])
    better, worse = (_spoken(row[name][-1]) for name in ("preferred_output", "non_preferred_output"))
    return Pair(Turn(system, user, better), Turn(system, user, worse))


def supervised(lines: Iterable[bytes], rows: int) -> list[list[Turn]]:
    """The turns of each row; `rows` is how many the file has."""
    return [turns(row["messages"]) for row in _chosen(lines, rows)]


def preferences(lines: Iterable[bytes], rows: int) -> list[Pair]:
    return [pair(row) for row in _chosen(lines, rows)]


def _chosen(lines: Iterable[bytes], rows: int) -> Iterable[dict[str, Any]]:
    most = min(rows, MOST_ROWS)
    taken = number = 0
    for line in lines:
        if line.strip():
            if taken < most and number >= taken * rows // most:
                taken += 1
                yield json.loads(line)
            number += 1
