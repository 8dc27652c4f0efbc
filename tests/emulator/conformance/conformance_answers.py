"""Whether one exchange is what a fact states: status, headers, body, what is echoed, and how values relate."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance_shapes import MISSING, Problem, check, pick


@dataclass(frozen=True)
class Answer:
    """`headers` have lower-case names. `body` is None where there is none or it is no JSON."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None


@dataclass(frozen=True)
class Sent:
    """What was asked: `words` fill the places in the path, `before` is an earlier state of the same thing."""

    words: dict[str, str]
    query: dict[str, str]
    json: Any = None
    file: dict[str, Any] = field(default_factory=dict)
    before: Any = None

    def value(self, path: str) -> Any:
        part, _, name = path.partition(".")
        if part == "path":
            return self.words[name]
        if part == "query":
            return self.query[name]
        if path in self.file:
            return self.file[path]
        return pick(self.json, path)[0]


def problems(expected: dict[str, Any], sent: Sent, answer: Answer) -> list[Problem]:
    """Everything in which the answer differs from the fact's."""
    if answer.status != expected["status"]:
        shown = answer.content.decode(errors="replace")[:300]
        return [Problem("status", f"is {answer.status}, not {expected['status']}: {shown}")]
    found = list(_headers(expected["headers"], answer))
    shape = expected["body"]
    if shape["is"] == "empty":
        return found + ([Problem("body:", f"is not empty: {answer.content!r}")] if answer.content else [])
    found += check(shape, answer.body)
    found += _echo(expected.get("echo", []), sent, answer.body)
    for relation in expected.get("then", []):
        found += _relation(relation, sent, answer.body)
    return found


def _headers(expected: dict[str, Any], answer: Answer) -> Iterator[Problem]:
    for name, pattern in expected.get("must", {}).items():
        value = answer.headers.get(name.lower())
        if value is None:
            yield Problem(f"header:{name.lower()}", "is missing")
        elif not re.search(pattern, value):
            yield Problem(f"header:{name.lower()}", f"is {value!r}, which does not match {pattern}")
    for name in expected.get("seen", ()):
        if name.lower() not in answer.headers:
            yield Problem(f"header:{name.lower()}", "is missing")
    for name in expected.get("never", ()):
        if name.lower() in answer.headers:
            yield Problem(f"header:{name.lower()}", f"is {answer.headers[name.lower()]!r}, but must be absent")


def _echo(pairs: list[list[str]], sent: Sent, body: Any) -> Iterator[Problem]:
    for given, asked, *how in pairs:
        expected, [found] = sent.value(asked), pick(body, given)
        if how == ["lower-first"]:
            expected = expected[:1].lower() + expected[1:]
        if found != expected:
            yield Problem(f"echo:{given}", f"is {'missing' if found is MISSING else repr(found)}, not {expected!r}")


def _relation(relation: dict[str, Any], sent: Sent, body: Any) -> Iterator[Problem]:
    name = next(iter(relation))
    try:
        failed = RELATIONS[name](relation, sent, body)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        failed = f"cannot be judged: {error!r}"
    if failed:
        yield Problem(f"then:{name}", failed)


def _minus(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    later, earlier = (pick(body, path)[0] for path in relation["minus"])
    good = abs(later - earlier - relation["is"]) <= relation["within"]
    return "" if good else f"{relation['minus']} are {later - earlier} apart, not {relation['is']}"


def _at_least(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    later, earlier = (pick(body, path)[0] for path in relation["at_least"])
    return "" if later >= earlier else f"{relation['at_least']} are {later} and {earlier}"


def _equal(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    one, other = (pick(body, path) for path in relation["equal"])
    return "" if one == other and MISSING not in one else f"{relation['equal']} are {one} and {other}"


def _model_name(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    paths = relation["model_name"]
    for model, base, job, *suffix in zip(*(pick(body, path) for path in paths.values()), strict=True):
        expected = f"{base}.ft-{job.removeprefix('ftjob-')}" + "".join(f"-{text}" for text in suffix)
        if model != expected:
            return f"the model is {model!r}, not {expected!r}"
    return ""


def _checkpoint_names(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    model = sent.words["fine_tuned_model"]
    steps = [item["step_number"] for item in body["data"]]
    expected = [model, *(f"{model}:ckpt-step-{step}" for step in steps[1:])]
    found = [item["fine_tuned_model_checkpoint"] for item in body["data"]]
    return "" if found == expected else f"names are {found}, not {expected}"


def _last_step(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    of = relation["last_step"]
    steps = of["epochs"] * math.ceil(of["rows"] / of["batch"])
    newest = body["data"][0]["step_number"]
    return "" if newest == steps == of["total"] else f"the newest step is {newest}, not {of['total']}"


def _first(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    newest, first = sent.words["job_id"], body["data"][0]["id"]
    return "" if first == newest else f"the first item is {first}, not {newest}"


def _without(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    ids = pick(body, "data[].id")
    return f"{sent.query['after']} is in the list" if sent.query["after"] in ids else ""


def _continues(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    by = relation["continues"]
    last, first = sent.before["data"][-1][by], body["data"][0][by]
    return "" if first <= last else f"the page begins with {first}, after {last}"


def _same(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    pairs = {path: (pick(sent.before, path), pick(body, path)) for path in relation["same"]}
    changed = [path for path, (old, new) in pairs.items() if old != new or MISSING in new]
    return f"{changed} changed" if changed else ""


def _moved(relation: dict[str, Any], sent: Sent, body: Any) -> str:
    kept = [path for path in relation["moved"] if pick(body, path) == pick(sent.before, path)]
    return f"{kept} did not change" if kept else ""


RELATIONS = {
    "minus": _minus,
    "at_least": _at_least,
    "equal": _equal,
    "model_name": _model_name,
    "checkpoint_names": _checkpoint_names,
    "last_step": _last_step,
    "first": _first,
    "without": _without,
    "continues": _continues,
    "same": _same,
    "moved": _moved,
}
