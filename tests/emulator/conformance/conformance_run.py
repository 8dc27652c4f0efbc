"""Facts as data, and what comes of putting one to the emulator at a place."""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from conformance_answers import Answer, Sent, problems
from conformance_given import prepare
from conformance_scene import NotServed, Scene, training_rows
from conformance_sequences import play
from conformance_shapes import Problem

FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


FACTS: dict[str, dict[str, Any]] = {
    path.stem: load(f"facts/{path.name}") for path in sorted((FOLDER / "facts").glob("*.yaml"))
}
ALSO_V1 = "2025-01"
"""Facts of account paths are checked at `/openai/v1` too if they are of this version or later."""


class Case(NamedTuple):
    """A fact at a place: its own, or `v1` where the account's v1 path should answer alike."""

    fact: str
    place: str


def cases() -> list[Case]:
    found = []
    for name, fact in FACTS.items():
        home = fact.get("place") or fact["send"]["place"]
        version = fact.get("version") or fact.get("send", {}).get("version") or ""
        found.append(Case(name, home))
        listed = home == "account-dated" and version >= ALSO_V1 and fact.get("send", {}).get("method") == "GET"
        if home.startswith("project") or listed:
            found.append(Case(name, "v1"))
    return found


class Outcome(NamedTuple):
    """`refused` is what the emulator said if it does not serve the case."""

    problems: tuple[Problem, ...] = ()
    refused: str = ""
    sent: Sent | None = None
    answer: Answer | None = None


@functools.cache
def outcome(case: Case) -> Outcome:
    """Told apart by the case alone, since the emulator is deterministic."""
    fact = FACTS[case.fact]
    version = fact.get("version") or fact.get("send", {}).get("version")
    if case.place == "arm" and fact["level"] != "dated":
        version = None
    scene = Scene(case.place, version)
    found: list[Problem] = []

    def step(name: str) -> tuple[dict[str, Any], Sent, Answer]:
        return FACTS[name]["answer"], *exchange(scene, FACTS[name])

    try:
        if "steps" in fact:
            found.extend(play(scene, fact, step))
            return Outcome(tuple(found))
        prepare(scene, fact["given"])
        sent, answer = exchange(scene, fact)
        return Outcome(tuple(problems(fact["answer"], sent, answer)), "", sent, answer)
    except NotServed as error:
        # Steps of a sequence before the one that is not served have been judged.
        return Outcome(tuple(found), str(error))
    finally:
        scene.close()


def exchange(scene: Scene, fact: dict[str, Any]) -> tuple[Sent, Answer]:
    """Send the fact's request as the scene has it."""
    send = fact["send"]
    path = scene.fill(send["path"].removeprefix("{openai}/").replace("{openai}", ""))
    query = {name: str(scene.fill(value)) for name, value in send.get("query", {}).items()}
    body = scene.fill(send["json"]) if "json" in send else None
    options: dict[str, Any] = {}
    file: dict[str, Any] = {}
    if query:
        path += "?" + "&".join(f"{name}={value}" for name, value in query.items())
    if body is not None:
        options["json"] = body
    if "form" in send:
        content = training_rows(10)
        file = {"file.filename": "facts.jsonl", "file.length": len(content), "purpose": send["form"]["purpose"]}
        options["data"] = send["form"]
        options["files"] = {"file": ("facts.jsonl", content, "application/octet-stream")}
    sent = Sent(dict(scene.words), query, body, file, scene.before)
    call = scene.arm if send["place"] == "arm" else scene.data
    return sent, call(send["method"], path, **options)


def matches(line: dict[str, Any], case: Case) -> bool:
    return fnmatchcase(case.fact, line["fact"]) and line.get("place", case.place) == case.place


def place_of(problem: Problem) -> str:
    """The path, without the number of the step of a sequence."""
    return re.sub(r"^step \d+: ", "", problem.path)
