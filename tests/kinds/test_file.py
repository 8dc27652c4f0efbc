"""Files: the name is the only mark, and the bytes arrive as they count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftops.errors import Obstacle, OutcomeUnknown, ServiceError
from ftops.kinds.file import File
from ftops.resource import Desired, Observed, Phase, ResourceKey
from tests.specs import dataset, graph_of, job
from tests.test_transport import Script, say, with_services

NAME = "demo-support-train-0123456789ab.jsonl"
RECORDED: dict[str, Any] = {
    "id": "file-8289de70b4af4de98f2136dcd694e0ec",
    "bytes": 120909,
    "created_at": 1765377614,
    "filename": NAME,
    "object": "file",
    "purpose": "fine-tune",
    "status": "processed",
}


def observed(**item: Any) -> Observed:
    async def observe(services: Any) -> list[Observed]:
        return [one async for one in File().observe(services, "sweden", "demo")]

    (found,) = with_services(Script(say(200, {"object": "list", "data": [RECORDED | item]})), observe)
    assert isinstance(found, Observed)
    return found


def desired(root: Path, **spec: Any) -> Desired[Any]:
    documents = [dataset("rows", **spec or {"path": "rows.jsonl"}), job("support", training="rows")]
    return Desired(graph_of(root, *documents).resources[ResourceKey("file", "rows@sweden")], "demo")


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("processed", Phase.READY),
        ("pending", Phase.PROGRESSING),
        ("running", Phase.PROGRESSING),
        ("uploaded", Phase.PROGRESSING),
        ("notRunning", Phase.PROGRESSING),
        ("of next year", Phase.PROGRESSING),
        (None, Phase.PROGRESSING),
        ("error", Phase.FAILED),
    ],
)
def test_phases(status: str | None, phase: Phase) -> None:
    found = observed(status=status)
    assert found.phase is phase
    assert phase is Phase.FAILED or found.message == (status or "")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"status_details": "line 3 is no JSON"}, "line 3 is no JSON"),
        ({"status_details": None}, "no reason given"),
        ({}, "no reason given"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(item: dict[str, Any], reason: str) -> None:
    assert observed(status="error", **item).message == f"the service could not read the file: {reason}"


@pytest.mark.parametrize(
    ("filename", "owned"),
    [
        (NAME, True),
        ("demo-train.jsonl", False),
        ("demo-train-0123456789.jsonl", False),
        ("demo-train-0123456789ab.json", False),
        ("shop-train-0123456789ab.jsonl", False),
        ("demos-train-0123456789ab.jsonl", False),
        ("sarcasm-training-90f2f57b.jsonl", False),
        ("demo-final-presentation.jsonl", False),  # somebody's own, which happens to be built like ours
        ("", False),
        (None, False),
    ],
)
def test_a_file_is_ours_by_its_name(filename: str | None, owned: bool) -> None:
    assert observed(filename=filename).owned == owned


def test_what_a_file_is_in_our_words() -> None:
    found = observed()
    assert (found.identity, found.label, found.revision) == (NAME, "demo-support-train-", "0123456789ab")
    assert found.fields == {"filename": NAME}
    assert found.outputs == {"id": RECORDED["id"]}
    assert found.created_at == 1765377614


def test_a_poll_sees_what_a_listing_shows() -> None:
    before, wire = observed(status="pending"), Script(say(200, RECORDED))

    assert with_services(wire, lambda services: File().poll(services, before, "demo")) == observed()
    assert wire.lines == [f"GET /openai/v1/files/{RECORDED['id']}"]


@pytest.mark.parametrize("answer", [say(200, {}), say(200, {"data": []})])
def test_an_answer_that_is_no_file_is_an_error(answer: Any) -> None:
    file = observed()
    with pytest.raises(ServiceError):
        with_services(Script(answer), lambda services: File().poll(services, file, "demo"))


def test_an_upload_has_the_name_of_its_content_and_the_bytes_that_were_hashed(tmp_path: Path) -> None:
    """A byte-order mark and Windows line ends are neither hashed nor sent."""
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')
    wanted = desired(tmp_path)
    wire = Script(say(201, RECORDED | {"status": "pending"}))

    found = with_services(wire, lambda services: File().create(services, wanted))
    assert found.phase is Phase.PROGRESSING
    name = f"demo-rows-{wanted.revision[:12]}.jsonl"
    assert f'filename="{name}"'.encode() in wire.sent[0].content
    assert b'\r\n\r\n{"a": 1}\n{"a": 2}\n\r\n--' in wire.sent[0].content

    rows.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    assert desired(tmp_path).revision == wanted.revision


def test_an_upload_that_is_answered_without_an_id_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    with pytest.raises(OutcomeUnknown):
        with_services(Script(say(200, {})), lambda services: File().create(services, desired(tmp_path)))


def test_an_import_says_what_to_do_instead(tmp_path: Path) -> None:
    wanted = desired(tmp_path, url="https://example.com/rows.jsonl", sha256="ab" * 32)
    wire = Script(say(500))

    with pytest.raises(Obstacle, match=f"upload the file as `demo-rows-{wanted.revision[:12]}.jsonl`"):
        with_services(wire, lambda services: File().create(services, wanted))
    assert wire.sent == []


@pytest.mark.parametrize("answer", [say(200, {"id": "x", "object": "file", "deleted": True}), say(204)])
def test_a_deletion(answer: Any) -> None:
    """204 was recorded with older versions."""
    file, wire = observed(), Script(answer)

    with_services(wire, lambda services: File().delete(services, file, "demo"))
    assert wire.lines == [f"DELETE /openai/v1/files/{RECORDED['id']}"]
