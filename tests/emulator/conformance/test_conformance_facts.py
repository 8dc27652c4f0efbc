"""Every recorded fact against the emulator, at every place where it should hold."""

from __future__ import annotations

from typing import Any

import pytest
from conformance_run import FACTS, Case, cases, load, matches, outcome, place_of

CASES = cases()
DIFFERENCES: list[dict[str, Any]] = load("differences.yaml")
SKIPPED: list[dict[str, Any]] = load("skipped.yaml")


def line_id(line: dict[str, Any]) -> str:
    return "/".join(str(line[name]) for name in ("fact", "place", "path") if name in line)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fact}@{case.place}")
def test_the_emulator_answers_as_recorded(case: Case) -> None:
    result = outcome(case)
    known = {line["path"] for line in DIFFERENCES if matches(line, case)}
    unknown = [problem for problem in result.problems if place_of(problem) not in known]
    assert not unknown, "\n".join(f"{path} {text}" for path, text in unknown)
    skips = [line for line in SKIPPED if matches(line, case)]
    if result.refused:
        assert skips, f"not served, and skipped.yaml does not say so: {result.refused}"
        pytest.skip(skips[0]["reason"])
    assert not skips, f"the emulator serves this now: remove it from skipped.yaml ({skips[0]})"


@pytest.mark.parametrize("line", DIFFERENCES, ids=line_id)
def test_every_known_difference_is_still_one(line: dict[str, Any]) -> None:
    assert {"fact", "path", "reason", "source"} <= line.keys() <= {"fact", "place", "path", "reason", "source"}
    assert any(
        place_of(problem) == line["path"] for case in CASES if matches(line, case) for problem in outcome(case).problems
    )


@pytest.mark.parametrize("line", SKIPPED, ids=line_id)
def test_every_skip_is_still_needed(line: dict[str, Any]) -> None:
    assert {"fact", "reason"} <= line.keys() <= {"fact", "place", "reason"}
    assert any(outcome(case).refused for case in CASES if matches(line, case))


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_names_its_recording(name: str) -> None:
    fact = FACTS[name]
    assert fact["fact"] == name
    assert fact["level"] in ("core", "variant", "dated")
    for source in fact["source"]:
        assert {"repo", "path", "recorded", "commit"} <= source.keys()
        assert len(source["commit"]) == 40
