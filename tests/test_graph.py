"""Resources in; their order, and what depends on what, out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftops.errors import SpecsInvalid
from ftops.expand import expand
from ftops.graph import build, with_revisions
from ftops.kinds import discover
from ftops.load import load
from tests.specs import QUICKSTART, graph


def test_the_order_of_the_quickstart() -> None:
    assert [str(key) for key in graph(QUICKSTART).resources] == [
        "file/support-train@sweden",
        "file/support-valid@sweden",
        "file/tone-train@sweden",
        "file/tone-valid@sweden",
        "file/triage-train@sweden",
        "file/triage-valid@sweden",
        "job/support",
        "job/assistant.triage",
        "job/assistant.tone",
        "copy/assistant-us",
        "deployment/assistant-eu",
        "deployment/assistant-us",
    ]


def test_what_needs_what() -> None:
    found = graph(QUICKSTART)
    needed_by = {str(key): [str(after) for after in afters] for key, afters in found.needed_by.items() if afters}

    assert needed_by == {
        "file/support-train@sweden": ["job/support"],
        "file/support-valid@sweden": ["job/support"],
        "file/tone-train@sweden": ["job/assistant.tone"],
        "file/tone-valid@sweden": ["job/assistant.tone"],
        "file/triage-train@sweden": ["job/assistant.triage"],
        "file/triage-valid@sweden": ["job/assistant.triage"],
        "job/support": ["job/assistant.triage"],
        "job/assistant.triage": ["job/assistant.tone"],
        "job/assistant.tone": ["copy/assistant-us", "deployment/assistant-eu"],
        "copy/assistant-us": ["deployment/assistant-us"],
    }


def test_the_longest_way_to_the_end_comes_first() -> None:
    found = {str(key): seconds for key, seconds in graph(QUICKSTART).seconds_to_end().items()}

    assert found["deployment/assistant-us"] == 300
    assert found["copy/assistant-us"] == 300 + 300
    assert found["job/assistant.tone"] == 3600 + 600
    assert found["file/support-train@sweden"] == 10 + 3 * 3600 + 600
    assert found["file/tone-train@sweden"] == 10 + 3600 + 600


def test_a_training_file_that_vanishes_after_loading(tmp_path: Path) -> None:
    for path in QUICKSTART.rglob("*.*"):
        target = tmp_path / path.relative_to(QUICKSTART)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    found = build(expand(load(tmp_path, discover())))
    for name in ("tone-train", "triage-train"):
        (tmp_path / "data" / f"{name}.jsonl").unlink()

    with pytest.raises(SpecsInvalid) as caught:
        with_revisions(found)

    assert [p.message.replace(str(tmp_path), "specs") for p in caught.value.problems] == [
        "cannot read specs/data/triage-train.jsonl: No such file or directory",
        "cannot read specs/data/tone-train.jsonl: No such file or directory",
    ]
    assert {p.place.path.name for p in caught.value.problems} == {"datasets.yaml"}
