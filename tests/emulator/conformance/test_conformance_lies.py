"""The checker itself: every answer that fits its fact is spoilt in every way the fact forbids, and must be caught."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conformance_answers import Answer, problems
from conformance_run import FACTS, Case, Outcome, cases, outcome
from conformance_shapes import MISSING, check, pick

Lie = tuple[str, Answer]


def told(fact: dict[str, Any], answer: Answer) -> Iterator[Lie]:
    expected = fact["answer"]
    yield "another status", Answer(answer.status + 1, answer.headers, answer.content)
    for name in expected["headers"].get("must", {}):
        kept = {known: value for known, value in answer.headers.items() if known != name.lower()}
        yield f"no header {name}", Answer(answer.status, kept, answer.content)
        yield f"header {name} garbled", Answer(answer.status, kept | {name.lower(): ""}, answer.content)
    for name in expected["headers"].get("never", ()):
        yield f"a header {name}", Answer(answer.status, answer.headers | {name.lower(): "x"}, answer.content)
    for lie, body in bodies(expected["body"], answer.body):
        yield lie, Answer(answer.status, answer.headers, json.dumps(body).encode())


def bodies(shape: Any, body: Any) -> Iterator[tuple[str, Any]]:
    """Spoilt copies of a body, down to its leaves."""
    if isinstance(shape, str):
        return
    if isinstance(body, dict):
        for name in shape.get("must", {}).keys() & body.keys():
            yield f"no {name}", {known: value for known, value in body.items() if known != name}
            yield f"{name} is null", body | {name: None}
        for name in shape.get("never", ()):
            yield f"{name} is null, not absent", body | {name: None}
        if shape.get("closed"):
            yield "a made-up key", body | {"madeUp": 1}
        for name, inner in (shape.get("must", {}) | shape.get("may", {})).items():
            if name in body:
                for lie, spoilt in bodies(inner, body[name]):
                    yield f"{name}: {lie}", body | {name: spoilt}
    if isinstance(body, list) and body and "each" in shape:
        for lie, spoilt in bodies(shape["each"], body[-1]):
            yield f"the last: {lie}", [*body[:-1], spoilt]
    yield from _changed(shape, body)


def _changed(shape: dict[str, Any], body: Any) -> Iterator[tuple[str, Any]]:
    for path, value in shape.get("at", {}).items():
        other = (
            (not value) if isinstance(value, bool) else (value + 1 if isinstance(value, int | float) else value + "x")
        )
        if "[" not in path and pick(body, path) != [MISSING]:
            spoilt = copy.deepcopy(body)
            *way, last = path.split(".")
            holder = spoilt
            for name in way:
                holder = holder[name]
            holder[last] = other
            yield f"{path} is {other!r}", spoilt
    for path in shape.get("count", {}):
        if items := body[path]:
            yield f"an extra item of {path}", body | {path: [*items, items[-1]]}
            yield f"an item of {path} less", body | {path: items[:-1]}
    if order := shape.get("sorted"):
        items = body[order["list"]]
        if len({item[order["by"]] for item in items}) > 1:
            yield "the other order", body | {order["list"]: items[::-1]}


ALONE = [case for case in cases() if "send" in FACTS[case.fact]]


def fitting(case: Case) -> Outcome | None:
    """None for what is skipped or known to differ in its body: there a lie could hide behind a truth."""
    result = outcome(case)
    return None if result.answer is None or result.answer.status != FACTS[case.fact]["answer"]["status"] else result


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.fact}@{case.place}")
def test_every_lie_about_a_fact_is_caught(case: Case) -> None:
    result = fitting(case)
    if result is None:
        pytest.skip("the emulator does not serve this: skipped.yaml says why")
    assert result.sent
    assert result.answer
    fact, count = FACTS[case.fact], 0
    for lie, answer in told(fact, result.answer):
        count += 1
        found = problems(fact["answer"], result.sent, answer)
        assert set(found) - set(result.problems), f"not caught: {lie}"
    assert count > 3


def spoilt(name: str, place: str, change: Any) -> list[str]:
    result = outcome(Case(name, place))
    assert result.sent
    assert result.answer
    body = copy.deepcopy(result.answer.body)
    change(body)
    answer = Answer(result.answer.status, result.answer.headers, json.dumps(body).encode())
    found = problems(FACTS[name]["answer"], result.sent, answer)
    return [problem.path for problem in found if problem not in result.problems]


CHECKPOINTS = "checkpoints.list.succeeded.last-three-epochs"


def test_an_extra_checkpoint() -> None:
    paths = spoilt(CHECKPOINTS, "v1", lambda body: body["data"].append(dict(body["data"][-1], step_number=66)))
    assert {"body:data[]", "body:data[].step_number", "then:checkpoint_names"} <= set(paths)


def test_checkpoints_in_another_order() -> None:
    assert "body:data" in spoilt(CHECKPOINTS, "v1", lambda body: body["data"].reverse())


def test_a_checkpoint_under_another_name() -> None:
    change = {"fine_tuned_model_checkpoint": "gpt-4.1:ckpt-step-88"}
    assert spoilt(CHECKPOINTS, "v1", lambda body: body["data"][1].update(change)) == ["then:checkpoint_names"]


def test_a_made_up_key_deep_inside() -> None:
    def change(body: Any) -> None:
        body["properties"]["madeUp"] = 1

    assert spoilt("arm.deployments.get.succeeded.fine-tuned", "arm", change) == ["body:properties.madeUp"]


def test_a_null_where_traffic_has_none() -> None:
    assert spoilt("jobs.get.pending.project-v1", "v1", lambda body: body.update(error=None)) == ["body:error"]


@pytest.mark.parametrize(
    ("name", "change", "path"),
    [
        ("jobs.create.sft.standard.project-dated", {"training_file": "file-0"}, "echo:training_file"),
        ("jobs.create.sft.standard.project-dated", {"trainingType": "Standard"}, "echo:trainingType"),
        ("jobs.create.sft.standard.project-dated", {"estimated_finish": 0}, "then:minus"),
        ("jobs.cancel.from-pending.sft.project-dated", {"finished_at": 1}, "then:at_least"),
        ("jobs.list.default.project-v1", {"data": []}, "then:first"),
    ],
)
def test_a_wrong_relation(name: str, change: dict[str, Any], path: str) -> None:
    assert path in spoilt(name, "v1", lambda body: body.update(change))


def test_kinds_are_told_apart() -> None:
    for shape, value in (("integer", True), ("number", "1"), ("integer", 1.5), ("string", None), ("boolean", 1)):
        assert list(check(shape, value)), (shape, value)
    for shape, value in (("number", 1), ("string|null", None), ("boolean", False), ("object", {})):
        assert not list(check(shape, value)), (shape, value)
