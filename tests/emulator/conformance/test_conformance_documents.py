"""Every answer of an emulated operation against the official API descriptions, with the list of known differences."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from conformance_documents import DOCUMENTS, Document, Violation
from conformance_run import load
from conformance_traffic import Spoken, operations, traffic

from ftops.emulator import routes

DIFFERENCES: list[dict[str, str]] = load("document_differences.yaml")


@functools.cache
def found(name: str) -> frozenset[Violation]:
    document = Document(name)
    return frozenset(violation for spoken in traffic() for violation in document.violations(spoken))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_answers_are_as_described(name: str) -> None:
    known = {line["what"] for line in DIFFERENCES if line["document"] == name}
    unknown = sorted(violation.what for violation in found(name) if violation.what not in known)
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("line", DIFFERENCES, ids=lambda line: f"{line['document']}/{line['what']}")
def test_every_difference_from_a_description_is_still_one(line: dict[str, str]) -> None:
    assert line.keys() == {"document", "what", "reason", "source"}
    assert Violation(line["document"], line["what"]) in found(line["document"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_enough_is_checked(name: str) -> None:
    """The answers must meet most of each description's operations, or the check above would be worth little."""
    document = Document(name)
    met = {operation["operation"] for spoken in traffic() if (operation := document.find(spoken))}
    assert len(met) >= {"arm.json": 5}.get(name, 11), met


def test_every_emulated_operation_is_in_the_traffic() -> None:
    tables = (routes.DATA, routes.DATED, routes.ARM)
    assert {operation.name for table in tables for _, operation in table} - operations() == set()


def job() -> dict[str, Any]:
    return next(dict(spoken.body) for spoken in traffic() if spoken.path.startswith("/fine_tuning/jobs/ftjob-"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"madeUp": 1}, "OpenAI.FineTuningJob: unknown madeUp"),
        ({"seed": "one"}, "OpenAI.FineTuningJob.seed: type one"),
        ({"object": "job"}, "OpenAI.FineTuningJob.object: enum job"),
        ({"seed": None}, "OpenAI.FineTuningJob.seed: type NoneType"),
    ],
)
def test_a_lie_about_a_job_is_caught(change: dict[str, Any], what: str) -> None:
    document = Document("azure-v1.json")
    spoken = Spoken("v1", "GET", "/fine_tuning/jobs/ftjob-1", 200, job() | change)
    assert what in {violation.what for violation in document.violations(spoken)}


def test_a_missing_key_and_a_wrong_status_are_caught() -> None:
    document = Document("azure-v1.json")
    body = job()
    del body["id"]
    caught = {
        violation.what for violation in document.violations(Spoken("v1", "GET", "/fine_tuning/jobs/x", 206, body))
    }
    assert {"OpenAI.FineTuningJob: required id", "retrieveFineTuningJob: status 206"} <= caught
