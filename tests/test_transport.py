"""One client for everything: what is repeated, what is never repeated, and who may see a credential."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2
import pytest

from ftops.errors import (
    Conflict,
    Denied,
    FtopsError,
    NotFound,
    OutcomeUnknown,
    ServiceError,
    Throttled,
    Unreachable,
)
from ftops.service import Services
from ftops.service.address import Address, is_loopback, is_trusted
from ftops.service.transport import READ_ATTEMPTS, Transport

URL = "https://sweden.openai.azure.com/openai/v1/files"
Say = Callable[[httpx2.Request], httpx2.Response]


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    async def first_done(self, tasks: Any, seconds: float) -> None:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


class Script(httpx2.AsyncBaseTransport):
    """Answers requests in turn, and the last answer for ever; keeps what was sent."""

    def __init__(self, *answers: Say | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.sent.append(request)
        assert len(self.sent) < 100, "asked for ever"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request)

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.sent]

    def body(self, number: int = -1) -> Any:
        return json.loads(self.sent[number].content)


def say(status: int, body: Any = None, **headers: str) -> Say:
    """An answer; text and bytes go as they are, everything else as JSON. `_` in a header's name stands for `-`."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx2.Response(status, content=b"" if body is None else content, headers=names)


def refusal(status: int, code: str = "", message: str = "") -> Say:
    return say(status, {"error": {"code": code, "message": message}}, apim_request_id=f"request-{status}")


ARM_ID = "/subscriptions/0/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts"


def with_services(wire: Script, call: Callable[[Services], Awaitable[Any]]) -> Any:
    """What a kind makes of these answers: a call with the services of the accounts `sweden` and `eastus2`."""

    async def go() -> Any:
        names = {"sweden": "swedencentral", "eastus2": "eastus2"}
        addresses = {
            name: Address(name, f"https://{name}.openai.azure.com", f"{ARM_ID}/{name}", region)
            for name, region in names.items()
        }
        async with Services.connect(addresses, Clock(), wire) as services:
            return await call(services)

    return asyncio.run(go())


async def _credential() -> Mapping[str, str]:
    return {"Authorization": "Bearer secret"}


def run(wire: Script, call: Callable[[Transport], Awaitable[Any]], clock: Clock | None = None) -> Any:
    async def go() -> Any:
        transport = Transport(clock or Clock(), wire)
        try:
            return await call(transport)
        finally:
            await transport.close()

    return asyncio.run(go())


def read(wire: Script, clock: Clock | None = None, url: str = URL) -> Any:
    return run(wire, lambda transport: transport.read(url, _credential), clock)


def write(wire: Script, clock: Clock | None = None, url: str = URL) -> Any:
    return run(wire, lambda transport: transport.write("PUT", url, _credential, {"a": 1}), clock)


TRANSIENT: dict[str, Say | Exception] = {
    **{str(status): refusal(status) for status in (408, 429, 500, 502, 503, 504)},
    "reset": httpx2.ReadError("reset by peer"),
    "timeout": httpx2.ReadTimeout("too slow"),
    "no connection": httpx2.ConnectError("refused"),
    "HTML with 200": say(200, "<html>sign in</html>"),
    "truncated JSON": say(200, '{"data": [{"id": '),
    "empty 200": say(200, ""),
    "broken compression": say(200, b"no gzip", content_encoding="gzip"),
}


@pytest.mark.parametrize("failure", TRANSIENT.values(), ids=TRANSIENT)
def test_a_read_is_repeated_until_it_succeeds(failure: Say | Exception) -> None:
    wire, clock = Script(failure, failure, say(200, {"ok": 1})), Clock()

    assert read(wire, clock) == {"ok": 1}
    assert len(wire.sent) == 3
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (refusal(408), ServiceError),
        (refusal(429), Throttled),
        (refusal(500), ServiceError),
        (refusal(503), ServiceError),
        (say(200, "<html>"), ServiceError),
        (httpx2.ConnectError("refused"), Unreachable),
        (httpx2.ReadTimeout("too slow"), Unreachable),
        (say(200, b"no gzip", content_encoding="gzip"), Unreachable),
    ],
)
def test_a_read_gives_up_after_its_attempts(failure: Say | Exception, error: type[FtopsError]) -> None:
    wire, clock = Script(failure), Clock()

    with pytest.raises(FtopsError) as caught:
        read(wire, clock)
    assert type(caught.value) is error
    assert len(wire.sent) == READ_ATTEMPTS == len(clock.slept) + 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ServiceError), (401, Denied), (403, Denied), (404, NotFound), (409, ServiceError), (422, ServiceError)],
)
def test_a_clear_no_is_not_asked_again(status: int, error: type[FtopsError]) -> None:
    wire = Script(refusal(status, "someCode", "because"))

    with pytest.raises(ServiceError) as caught:
        read(wire)
    assert type(caught.value) is error
    assert len(wire.sent) == 1
    assert caught.value.message == f"because ({status} someCode)"
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (
        status,
        "someCode",
        f"request-{status}",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html>", "an answer that is not JSON (404)"),
        ({"error": "text"}, "no message (404)"),
        ({"error": {"code": None, "message": None}}, "no message (404)"),
        (["a list"], "no message (404)"),
    ],
)
def test_an_error_of_any_form_is_told(body: Any, message: str) -> None:
    with pytest.raises(NotFound) as caught:
        read(Script(say(404, body, x_ms_request_id="arm")))
    assert caught.value.message == message
    assert caught.value.request_id == "arm"


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after": "9", "retry_after_ms": "250"}, 0.25),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "86400"}, 120.0),  # nobody waits for a day within one command
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1.0),  # a date: our own pause
        ({"retry_after": "soon"}, 1.0),
    ],
)
def test_the_service_says_how_long_to_wait(headers: dict[str, str], slept: float) -> None:
    clock = Clock()

    read(Script(say(429, "", **headers), say(200, {})), clock)
    assert clock.slept == [slept]


@pytest.mark.parametrize("url", ["http://sweden.openai.azure.com/x", "https://evil.com/x"])
def test_nothing_goes_to_a_foreign_host(url: str) -> None:
    wire = Script(say(200, {}))

    for send in (read, write):
        with pytest.raises(ServiceError, match="refusing to send a credential"):
            send(wire, url=url)
    assert wire.sent == []


def test_a_redirect_is_not_followed() -> None:
    """The credential would travel to wherever the answer points."""
    wire = Script(say(302, "", location="https://evil.com/"), say(200, {}))

    for send in (read, write):
        wire.answers.insert(0, say(302, "", location="https://evil.com/"))
        with pytest.raises(ServiceError, match="302"):
            send(wire)
    assert {request.url.host for request in wire.sent} == {"sweden.openai.azure.com"}


UNKNOWN: dict[str, Say | Exception] = {
    "reset": httpx2.ReadError("reset by peer"),
    "write failed": httpx2.WriteError("broken pipe"),
    "closed": httpx2.RemoteProtocolError("closed without an answer"),
    "timeout": httpx2.ReadTimeout("too slow"),
    "408": refusal(408),
    "500": refusal(500),
    "503": refusal(503),
    "HTML with 200": say(200, "<html>"),
    "truncated JSON": say(201, '{"id": '),
    "a list": say(200, []),
    "broken compression": say(200, b"no gzip", content_encoding="gzip"),
}

REFUSED: dict[str, tuple[Say | Exception, type[FtopsError]]] = {
    "400": (refusal(400, "InsufficientQuota", "too much"), ServiceError),
    "401": (refusal(401), Denied),
    "403": (refusal(403), Denied),
    "404": (refusal(404), NotFound),
    "409": (refusal(409), ServiceError),
    "409 for now": (refusal(409, "RequestConflict"), Conflict),
    "429": (refusal(429), Throttled),
    "no connection": (httpx2.ConnectError("refused"), Unreachable),
    "connect timeout": (httpx2.ConnectTimeout("too slow"), Unreachable),
    "no free connection": (httpx2.PoolTimeout("busy"), Unreachable),
}


@pytest.mark.parametrize("failure", UNKNOWN.values(), ids=UNKNOWN)
def test_a_write_that_may_have_happened_is_sent_once_and_unknown(failure: Say | Exception) -> None:
    wire, clock = Script(failure, say(200, {})), Clock()

    with pytest.raises(OutcomeUnknown):
        write(wire, clock)
    assert (len(wire.sent), clock.slept) == (1, [])


@pytest.mark.parametrize(("failure", "error"), REFUSED.values(), ids=REFUSED)
def test_a_write_that_did_not_happen_is_sent_once_and_refused(
    failure: Say | Exception, error: type[FtopsError]
) -> None:
    wire, clock = Script(failure, say(200, {})), Clock()

    with pytest.raises(FtopsError) as caught:
        write(wire, clock)
    assert type(caught.value) is error
    assert (len(wire.sent), clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (say(200, {"a": 1}), (200, {"a": 1})),
        (say(201, {"a": 1}), (201, {"a": 1})),
        (say(202), (202, {})),
        (say(204), (204, {})),
    ],
)
def test_a_write_that_happened_gives_its_answer(answer: Say, expected: tuple[int, dict[str, Any]]) -> None:
    assert write(Script(answer)) == expected


def test_a_message_shows_no_query() -> None:
    """A query may hold a signature."""
    with pytest.raises(Unreachable) as caught:
        read(Script(httpx2.ConnectError("refused")), url=f"{URL}?sig=secret")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://sweden.openai.azure.com",
        "https://sweden.openai.azure.com/openai/v1",
        "https://sweden.openai.azure.com:443",
        "https://Sweden.OpenAI.Azure.com/",
        "https://sweden.services.ai.azure.com/api/projects/p",
        "https://sweden.cognitiveservices.azure.com",
        "https://sweden.openai.azure.us",
        "https://management.azure.com",
        "https://management.chinacloudapi.cn",
        "http://127.0.0.1:8080/a/sweden",
        "http://localhost:8080",
        "https://[::1]:8080",
    ],
)
def test_a_credential_may_go_to_azure_and_to_this_machine(url: str) -> None:
    assert is_trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sweden.openai.azure.com",
        "//sweden.openai.azure.com",
        "https:sweden.openai.azure.com",
        "http://sweden.openai.azure.com",
        "ftp://sweden.openai.azure.com",
        "ftp://localhost",
        "https://openai.azure.com",
        "https://.openai.azure.com",
        "https://swedenopenai.azure.com",
        "https://openai.azure.com.evil",
        "https://sweden.openai.azure.com.evil.com",
        "https://management.azure.com.evil.com",
        "https://evilmanagement.azure.com",
        "https://evil.management.azure.com",
        "https://sweden.openai.azure.com.",
        "https://sweden.openai.azure.com@evil.com",
        "https://sweden.openai.azure.com:443@evil.com",
        "https://user:password@sweden.openai.azure.com",  # it would be printed in messages
        "https://evil.com@sweden.openai.azure.com",
        "https://evil.com\\@sweden.openai.azure.com",
        "https://evil.com\\.openai.azure.com",
        "https://evil.com%2f.openai.azure.com",
        "https://evil.com\n.openai.azure.com",
        "https://evil.com\t.openai.azure.com",
        "https://evil.com/.openai.azure.com",
        "https://evil.com?.openai.azure.com",
        "https://evil.com#.openai.azure.com",
        "https://evil.com\uff0f.openai.azure.com",  # a full-width slash
        "https://sweden\u3002openai.azure.com",
        "https://sw\u0435den.openai.azure.com",  # a Cyrillic letter
        "https://sweden.openai.azure.com:evil",
        "https://sweden.openai.azure.com:99999",
        "https://[::1",
        "http://localhost.evil.com",
        "http://localhost@evil.com",
        "http://127.0.0.1.evil.com",
        "http://127.1",
    ],
)
def test_a_credential_goes_nowhere_else(url: str) -> None:
    assert not is_trusted(url)
    if url.startswith("http") and "evil" in url:
        assert not is_loopback(url)
