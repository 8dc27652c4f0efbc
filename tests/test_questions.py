"""What needs what, at a distance, and what takes longest."""

from __future__ import annotations

import pytest

from ftops.cli import run
from ftops.questions import around, critical_path
from tests.harness import Sandbox


def names(graph_or_path: object) -> list[str]:
    return [str(key) for key in graph_or_path]  # type: ignore[attr-defined]


def test_around_a_resource(quickstart: Sandbox) -> None:
    graph = quickstart.graph()
    triage = next(key for key in graph.resources if key.name == "assistant.triage")

    part = around(graph, triage)

    assert "file/tone-train@sweden" not in names(part.resources)
    assert names(part.needs[triage]) == ["file/triage-train@sweden", "file/triage-valid@sweden", "job/support"]
    assert {"job/support", "job/assistant.tone", "deployment/assistant-us"} < set(names(part.resources))


def test_the_critical_path(quickstart: Sandbox) -> None:
    path = critical_path(quickstart.graph())
    assert names(key for key, _ in path)[1:] == [
        "job/support",
        "job/assistant.triage",
        "job/assistant.tone",
        "copy/assistant-us",
        "deployment/assistant-us",
    ]


def test_on_the_command_line(quickstart: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    specs = str(quickstart.specs)
    assert run(["graph", specs, "--around", "file/tone-valid@sweden"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "file/tone-valid@sweden  [sweden]"
    assert run(["graph", specs, "--critical-path"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "in all about 190 min"
    assert run(["graph", specs, "--around", "job/suport"]) == 64
    assert "did you mean `job/support`?" in capsys.readouterr().err
