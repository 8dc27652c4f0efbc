"""Every answer survives the models of the real `openai` and `azure-mgmt-cognitiveservices` packages."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from typing import Any

import pytest
from conformance_models import NO_MODEL, findings
from conformance_run import load
from conformance_traffic import Spoken, traffic

KNOWN: list[dict[str, str]] = load("model_differences.yaml")


@functools.cache
def found() -> dict[str, list[str]]:
    """Each finding, with the addresses whose answers have it."""
    seen: dict[str, list[str]] = defaultdict(list)
    for spoken in traffic():
        for what in findings(spoken) or ():
            seen[what].append(f"{spoken.method} {spoken.path}")
    return dict(seen)


def test_nothing_is_lost_and_nothing_is_unknown() -> None:
    known = {line["what"] for line in KNOWN}
    surprises = {what: where[:3] for what, where in found().items() if what not in known}
    assert not surprises


@pytest.mark.parametrize("line", KNOWN, ids=lambda line: line["what"])
def test_every_key_unknown_to_a_model_is_still_sent(line: dict[str, str]) -> None:
    assert line.keys() == {"what", "reason", "source"}
    assert line["what"] in found()


def test_every_answer_has_a_model() -> None:
    orphans = {
        f"{spoken.method} {spoken.path}"
        for spoken in traffic()
        if spoken.status < 300 and spoken.body is not None and findings(spoken) is None
        if not any(re.fullmatch(path, spoken.path) for path in NO_MODEL)
    }
    assert not orphans


def spoken(place: str, method: str, ending: str) -> Spoken:
    return next(
        each
        for each in traffic()
        if (each.place, each.method) == (place, method) and each.status < 300 and re.search(ending, each.path)
    )


def changed(original: Spoken, **change: Any) -> list[str]:
    return findings(original._replace(body=original.body | change)) or []


def test_a_made_up_key_is_caught_on_both_planes() -> None:
    deployment = spoken("arm", "PUT", "/deployments/")
    assert "lost Deployment.properties.madeUp" in changed(
        deployment, properties=deployment.body["properties"] | {"madeUp": 1}
    )
    assert "unknown FineTuningJob.madeUp" in changed(spoken("v1", "GET", "/jobs/ftjob-[0-9a-f]+$"), madeUp=1)
