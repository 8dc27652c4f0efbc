"""Copies: only the source knows of them, and one answer tells of all destinations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftops.errors import NotFound, Obstacle, ServiceError
from ftops.kinds.copy import Copy
from ftops.resource import Desired, Observed, Phase, ResourceKey, Unknown
from tests.specs import document, graph_of, job
from tests.test_transport import ARM_ID, Script, refusal, say, with_services

CHECKPOINT = "ftjob-1/checkpoints/ftchkpt-1"
PATH = f"/openai/v1/fine_tuning/jobs/{CHECKPOINT}/copy"
MODEL = "gpt-4.1-mini-2025-04-14.ft-1-demo-support-0123abcd"
KEY = ResourceKey("copy", "support-us")


def desired(root: Path, checkpoint: str | Unknown = CHECKPOINT) -> Desired[Any]:
    copy = document("Copy", "support-us", account="eastus2", model={"job": "support"})
    return Desired(graph_of(root, job("support"), copy).resources[KEY], "demo", {"model": checkpoint})


def details(account: str = "eastus2", status: Any = "Completed", base: str = ARM_ID) -> dict[str, Any]:
    return {"destinationResourceId": f"{base}/{account}", "region": account, "status": status}


def state(*found: dict[str, Any], model: str | None = MODEL) -> Any:
    return say(200, {"checkpointedModelName": model, "fineTuningJobId": "ftjob-1", "copiedAccountDetails": list(found)})


def look_up(root: Path, *answers: Any) -> Observed | None:
    wanted = desired(root)
    found = with_services(Script(*answers), lambda services: Copy().look_up(services, wanted))
    assert found is None or isinstance(found, Observed)
    return found


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Completed", Phase.READY),
        ("completed", Phase.READY),
        ("InProgress", Phase.PROGRESSING),
        ("Failed", Phase.FAILED),
        ("OfNextYear", Phase.PROGRESSING),
        ("", Phase.PROGRESSING),
        (None, Phase.PROGRESSING),
    ],
)
def test_phases(status: str | None, phase: Phase, tmp_path: Path) -> None:
    found = look_up(tmp_path, state(details(status=status)))
    assert found is not None
    assert (found.phase, found.message) == (phase, status or "")


def test_what_a_copy_is_in_our_words(tmp_path: Path) -> None:
    found = look_up(tmp_path, state(details()))
    assert found is not None
    assert (found.account, found.identity, found.owned) == ("eastus2", CHECKPOINT, True)
    assert found.fields == {"model": CHECKPOINT, "source": "sweden"}
    assert found.outputs == {"model": MODEL}


@pytest.mark.parametrize(
    "mine",
    [details(), details(base=ARM_ID.lower()), details(account="EASTUS2"), details(base=ARM_ID.upper())],
)
def test_our_destination_is_found_among_others(mine: dict[str, Any], tmp_path: Path) -> None:
    """ARM ids are the same in any case, and services write them differently."""
    others = [details("west", "Failed"), {"status": "Failed"}, details("eastus22", "Failed")]
    found = look_up(tmp_path, state(*others, mine))
    assert found is not None
    assert found.phase is Phase.READY


@pytest.mark.parametrize(
    "answer",
    [state(), state(details("west")), refusal(404, "notFound"), say(200, {}), say(200, {"copiedAccountDetails": None})],
)
def test_no_copy_yet(answer: Any, tmp_path: Path) -> None:
    trained = say(200, {"data": [{"id": "ftjob-9"}]})
    assert look_up(tmp_path, answer, trained) is None


def test_a_destination_that_has_never_trained_is_an_obstacle(tmp_path: Path) -> None:
    with pytest.raises(Obstacle) as caught:
        look_up(tmp_path, state(), say(200, {"data": []}))
    assert caught.value.message.startswith("account/eastus2 has never run a fine-tuning job")
    assert caught.value.hint == "run any small job there once"


@pytest.mark.parametrize("answer", [say(200, "<html>"), refusal(403)])
def test_an_unreadable_answer_is_not_taken_for_no_copy(answer: Any, tmp_path: Path) -> None:
    with pytest.raises(ServiceError):
        look_up(tmp_path, answer)


def test_a_poll_asks_the_source(tmp_path: Path) -> None:
    before = look_up(tmp_path, state(details(status="InProgress")))
    assert before is not None
    wire = Script(state(details()))

    after = with_services(wire, lambda services: Copy().poll(services, before, "demo"))
    assert after.phase is Phase.READY
    assert [(request.url.host, request.url.path) for request in wire.sent] == [("sweden.openai.azure.com", PATH)]


def test_a_copy_that_the_source_forgot_is_gone(tmp_path: Path) -> None:
    before = look_up(tmp_path, state(details()))
    assert before is not None

    with pytest.raises(NotFound):
        with_services(Script(state(details("west"))), lambda services: Copy().poll(services, before, "demo"))


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (state(details(status="InProgress")), Phase.PROGRESSING),
        (state(details()), Phase.READY),
        (state(details("west")), Phase.PROGRESSING),
        (say(202), Phase.PROGRESSING),
    ],
)
def test_a_create_asks_the_source_for_the_destination(answer: Any, phase: Phase, tmp_path: Path) -> None:
    wanted = desired(tmp_path)
    wire = Script(answer)

    found = with_services(wire, lambda services: Copy().create(services, wanted))
    assert (found.phase, found.identity, found.fields["source"]) == (phase, CHECKPOINT, "sweden")
    assert [(r.method, r.url.host, r.url.path) for r in wire.sent] == [("POST", "sweden.openai.azure.com", PATH)]
    assert wire.body() == {"destinationResourceId": f"{ARM_ID}/eastus2", "region": "eastus2"}


def test_before_its_checkpoint_exists_a_copy_is_known_by_its_revision(tmp_path: Path) -> None:
    wanted = desired(tmp_path, Unknown(ResourceKey("job", "support"), "checkpoint"))
    assert Copy().identity(wanted) == wanted.revision
    assert Copy().identity(desired(tmp_path)) == CHECKPOINT
