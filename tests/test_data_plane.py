"""Files, jobs, checkpoints and copies: pages to their end, and one request for each write."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from ftops.errors import FtopsError, OutcomeUnknown, ServiceError
from ftops.service.address import Address
from ftops.service.data_plane import DataPlane
from ftops.service.tokens import Tokens
from ftops.service.transport import Transport
from tests.test_transport import REFUSED, UNKNOWN, Clock, Say, Script, say

V1 = "/openai/v1"
SWEDEN = Address("sweden", "https://sweden.openai.azure.com", "/subscriptions/0/accounts/sweden", "swedencentral")


def run(
    wire: Script, call: Callable[[DataPlane], Awaitable[Any]], address: Address = SWEDEN, *, emulated: bool = True
) -> Any:
    async def go() -> Any:
        clock = Clock()
        transport = Transport(clock, wire)
        try:
            return await call(DataPlane(address, transport, Tokens(clock, emulated=emulated)))
        finally:
            await transport.close()

    return asyncio.run(go())


def listed(wire: Script, pages: Callable[[DataPlane], AsyncIterator[Any]] = lambda data: data.jobs()) -> list[Any]:
    async def collect(data: DataPlane) -> list[Any]:
        return [item async for item in pages(data)]

    found: list[Any] = run(wire, collect)
    return found


def page(*ids: str, **more: Any) -> Say:
    return say(200, {"object": "list", "data": [{"id": id} for id in ids], **more})


def test_a_list_is_read_to_its_end() -> None:
    wire = Script(page("a", "b", has_more=True), page("c", has_more=True), page("d", has_more=False))

    assert [item["id"] for item in listed(wire)] == ["a", "b", "c", "d"]
    assert [dict(request.url.params) for request in wire.sent] == [
        {"limit": "100"},
        {"limit": "100", "after": "b"},
        {"limit": "100", "after": "c"},
    ]


def test_a_list_without_has_more_is_one_page() -> None:
    """Older versions send only `object` and `data`."""
    wire = Script(page("a"))

    assert len(listed(wire)) == 1
    assert len(wire.sent) == 1


def test_an_empty_list_is_a_list() -> None:
    assert listed(Script(page(has_more=False))) == []


@pytest.mark.parametrize(
    ("pages", "path", "params"),
    [
        (lambda data: data.files(), "/files", {"purpose": "fine-tune", "limit": "10000"}),
        (lambda data: data.jobs(limit=1), "/fine_tuning/jobs", {"limit": "1"}),
        (lambda data: data.checkpoints("ftjob-1"), "/fine_tuning/jobs/ftjob-1/checkpoints", {"limit": "100"}),
        (lambda data: data.events("ftjob-1"), "/fine_tuning/jobs/ftjob-1/events", {"limit": "100"}),
    ],
)
def test_where_lists_are(pages: Any, path: str, params: dict[str, str]) -> None:
    wire = Script(page("a"))

    listed(wire, pages)
    assert wire.lines == [f"GET {V1}{path}"]
    assert dict(wire.sent[0].url.params) == params


@pytest.mark.parametrize(
    "answers",
    [
        (say(200, "<html>sign in</html>"),),
        (say(200, {"data": None}),),
        (say(200, {"object": "list"}),),
        (say(200, {"data": {}}),),
        (say(200, []),),
        (say(200, {"data": ["a"]}),),
        (say(200, {"data": [None]}),),
        (say(200, {"data": [{"id": None}]}),),
        (say(200, {"data": [{}], "has_more": True}),),
        (page("a", has_more=True), say(200, {"data": None})),  # half a list is no list either
    ],
)
def test_what_is_no_page_is_an_error_and_never_an_empty_list(answers: tuple[Say, ...]) -> None:
    """An empty list means that nothing exists, and ftops then creates what it pays for."""
    with pytest.raises(ServiceError):
        listed(Script(*answers))


@pytest.mark.parametrize(
    "answers",
    [
        (page(has_more=True),),
        (page("a", has_more=True),),
        (page("a", has_more=True), page("b", has_more=True), page("a", has_more=True), page("b", has_more=True)),
    ],
    ids=["empty page", "same page again", "two pages in turn"],
)
def test_pages_without_an_end_are_an_error(answers: tuple[Say, ...]) -> None:
    with pytest.raises(ServiceError, match="more pages are promised than can be asked for"):
        listed(Script(*answers))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda data: data.file("file-1"), f"GET {V1}/files/file-1"),
        (lambda data: data.job("ftjob-1"), f"GET {V1}/fine_tuning/jobs/ftjob-1"),
    ],
)
def test_one_object_is_read(call: Any, line: str) -> None:
    wire = Script(say(200, {"id": "x"}))

    assert run(wire, call) == {"id": "x"}
    assert wire.lines == [line]


def test_the_state_of_a_copy_is_asked_with_the_preview_header() -> None:
    wire = Script(say(200, {"copiedAccountDetails": []}))

    run(wire, lambda data: data.copies("ftjob-1/checkpoints/ftchkpt-1"))
    assert wire.lines == [f"GET {V1}/fine_tuning/jobs/ftjob-1/checkpoints/ftchkpt-1/copy"]
    assert wire.sent[0].headers["aoai-copy-ft-checkpoints"] == "preview"


BODY = {
    "model": "gpt-4.1-mini-2025-04-14",
    "training_file": "file-1",
    "validation_file": "file-2",
    "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
    "suffix": "demo-support-0123abcd",
    "seed": 7,
    "trainingType": "GlobalStandard",
    "metadata": {"ftops-project": "demo"},
}

WRITES: dict[str, Callable[[DataPlane], Awaitable[Any]]] = {
    "upload": lambda data: data.upload("demo-train-0123456789ab.jsonl", io.BytesIO(b"{}\n")),
    "delete file": lambda data: data.delete_file("file-1"),
    "create job": lambda data: data.create_job(BODY),
    "cancel": lambda data: data.cancel("ftjob-1"),
    "pause": lambda data: data.pause("ftjob-1"),
    "resume": lambda data: data.resume("ftjob-1"),
    "copy": lambda data: data.copy("ftjob-1/checkpoints/ftchkpt-1", "/subscriptions/0/accounts/us", "eastus2"),
}

LINES = {
    "upload": f"POST {V1}/files",
    "delete file": f"DELETE {V1}/files/file-1",
    "create job": f"POST {V1}/fine_tuning/jobs",
    "cancel": f"POST {V1}/fine_tuning/jobs/ftjob-1/cancel",
    "pause": f"POST {V1}/fine_tuning/jobs/ftjob-1/pause",
    "resume": f"POST {V1}/fine_tuning/jobs/ftjob-1/resume",
    "copy": f"POST {V1}/fine_tuning/jobs/ftjob-1/checkpoints/ftchkpt-1/copy",
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_one_request(name: str) -> None:
    for answer in (say(200, {"id": "x"}), say(201, {"id": "x"})):
        wire = Script(answer)
        assert run(wire, WRITES[name]) == {"id": "x"}
        assert wire.lines == [LINES[name]]


@pytest.mark.parametrize("failure", UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_may_have_happened_is_never_sent_again(name: str, failure: Say | Exception) -> None:
    wire = Script(failure, say(200, {"id": "second"}))

    with pytest.raises(OutcomeUnknown):
        run(wire, WRITES[name])
    assert wire.lines == [LINES[name]]


@pytest.mark.parametrize(("failure", "error"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("name", WRITES)
def test_a_refused_write_is_never_sent_again(name: str, failure: Say | Exception, error: type[FtopsError]) -> None:
    wire = Script(failure, say(200, {"id": "second"}))

    with pytest.raises(FtopsError) as caught:
        run(wire, WRITES[name])
    assert type(caught.value) is error
    assert wire.lines == [LINES[name]]


def test_a_service_that_asks_for_a_retry_gets_none() -> None:
    """The SDK obeys this header even where it would not repeat by itself."""
    wire = Script(say(409, {"error": {}}, x_should_retry="true", retry_after_ms="1"), say(200, {"id": "second"}))

    with pytest.raises(ServiceError):
        run(wire, WRITES["create job"])
    assert len(wire.sent) == 1


def test_a_redirect_of_a_write_is_not_followed() -> None:
    wire = Script(say(307, "", location="https://evil.com/"), say(200, {"id": "x"}))

    with pytest.raises(ServiceError, match="307"):
        run(wire, WRITES["create job"])
    assert [request.url.host for request in wire.sent] == ["sweden.openai.azure.com"]


def test_a_job_is_created_with_exactly_the_given_body() -> None:
    """`trainingType` is no parameter of the SDK, and left out it trains somewhere else at another price."""
    wire = Script(say(201, {"id": "ftjob-1"}))

    run(wire, WRITES["create job"])
    assert wire.body() == BODY


def test_a_file_arrives_as_it_is() -> None:
    content = '{"messages": [{"role": "user", "content": "Grüße\u2028\\r\\n"}]}\n'.encode() * 1000 + b"\x00no newline"
    wire = Script(say(201, {"id": "file-1"}))

    run(wire, lambda data: data.upload("demo-train-0123456789ab.jsonl", io.BytesIO(content)))
    request = wire.sent[0]
    boundary = request.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    parts = [part for part in request.content.split(f"--{boundary}".encode()) if part.strip(b"-\r\n")]
    purpose, file = sorted(parts, key=len)
    assert purpose == b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    head, _, body = file.partition(b"\r\n\r\n")
    assert b'name="file"; filename="demo-train-0123456789ab.jsonl"' in head
    assert b"Content-Type: application/octet-stream" in head
    assert body == content + b"\r\n"


def test_a_copy_is_asked_for_with_the_preview_header() -> None:
    wire = Script(say(200, {}))

    run(wire, WRITES["copy"])
    assert wire.sent[0].headers["aoai-copy-ft-checkpoints"] == "preview"
    assert wire.body() == {"destinationResourceId": "/subscriptions/0/accounts/us", "region": "eastus2"}


def test_a_token_goes_as_bearer_on_reads_and_writes() -> None:
    wire = Script(page("a"), say(200, {"id": "x"}))

    async def both(data: DataPlane) -> None:
        assert [item async for item in data.jobs()]
        await data.cancel("ftjob-1")

    run(wire, both)
    assert [request.headers["authorization"] for request in wire.sent] == ["Bearer emu.data.ftops"] * 2
    assert not any("api-key" in request.headers for request in wire.sent)


def test_a_key_goes_as_api_key_on_reads_and_as_bearer_on_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The v1 API takes a key in either place; the SDK knows only the second."""
    monkeypatch.setenv("SWEDEN_KEY", "secret")
    keyed = Address(SWEDEN.name, SWEDEN.endpoint, SWEDEN.resource_id, SWEDEN.region, key_variable="SWEDEN_KEY")
    wire = Script(page("a"), say(200, {"id": "x"}))

    async def both(data: DataPlane) -> None:
        assert [item async for item in data.jobs()]
        await data.cancel("ftjob-1")

    run(wire, both, keyed, emulated=False)
    reading, writing = wire.sent
    assert reading.headers["api-key"] == "secret"
    assert "authorization" not in reading.headers
    assert writing.headers["authorization"] == "Bearer secret"


def test_the_wire_sees_the_address_of_the_account() -> None:
    wire = Script(httpx2.ConnectError("refused"))

    with pytest.raises(FtopsError) as caught:
        listed(wire)
    assert caught.value.message == "GET https://sweden.openai.azure.com/openai/v1/fine_tuning/jobs: refused"
    assert caught.value.hint == "check the endpoint and the network"
