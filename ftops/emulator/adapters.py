"""Ways into a world without a socket: for httpx2 (`openai`), for requests, and for Microsoft's azure-core.

The services' real host names are kept, so clients need no other setting than their transport. What the emulator
does to an answer on its way (see `faults.py`) arrives as the exception that a real transport would raise.
Nothing here is imported before it is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from ftops.emulator import create_app
from ftops.emulator.world import World

if TYPE_CHECKING:
    import httpx2
    import requests
    from azure.core.credentials import AccessToken
    from azure.core.pipeline import PipelineRequest
    from azure.core.pipeline.policies import SansIOHTTPPolicy
    from azure.core.pipeline.transport import AsyncioRequestsTransport, RequestsTransport

T = TypeVar("T")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FOR_EVER = 4_102_444_800
"""When emulator tokens end, as wall time: clients compare it with the wall clock."""


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def transport(world: World) -> httpx2.BaseTransport:
    """For `httpx2.Client` and `httpx2.AsyncClient` alike."""
    import httpx2

    way = _Way(world)

    class Transport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = way.ask(request.method, str(request.url), request.headers.multi_items(), request.read())
            return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            body = await request.aread()
            answer = await way.asked(request.method, str(request.url), request.headers.multi_items(), body)
            return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)

    return Transport()


def requests_session(world: World) -> requests.Session:
    """A session whose https addresses all lead into this world."""
    import httpx2
    import requests
    import urllib3
    from requests.adapters import BaseAdapter, HTTPAdapter

    way, real = _Way(world), HTTPAdapter()

    class Adapter(BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            headers = [(name, _text(value)) for name, value in (request.headers or {}).items()]
            try:
                answer = way.ask(str(request.method), str(request.url), headers, _content(request.body))
            except httpx2.TransportError as error:
                raise _as_requests(error, request) from error
            raw = urllib3.HTTPResponse(
                body=BytesIO(answer.body),
                headers=urllib3.HTTPHeaderDict(answer.headers),
                status=answer.status,
                reason=_reason(answer.status),
                preload_content=False,
                request_method=request.method,
            )
            return real.build_response(request, raw)

        def close(self) -> None:
            real.close()

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Adapter())
    return session


def arm_transport(world: World) -> RequestsTransport:
    """For synchronous clients of azure-core. Where they wait, the world's time passes instead."""
    from azure.core.pipeline.transport import RequestsTransport

    class Transport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its class behind __getattr__
        def sleep(self, duration: float) -> None:
            world.advance(duration)

    return Transport(session=requests_session(world), session_owner=False)


def arm_transport_async(world: World) -> AsyncioRequestsTransport:
    """The same for asynchronous clients; no aiohttp is needed."""
    from azure.core.pipeline.transport import AsyncioRequestsTransport

    class Transport(AsyncioRequestsTransport):  # type: ignore[misc]  # as above
        async def sleep(self, duration: float) -> None:
            world.advance(duration)

    return Transport(session=requests_session(world), session_owner=False)


def loopback_policy() -> SansIOHTTPPolicy[Any, Any]:
    """Lets azure-core send a token over plain http to this machine, and nowhere else (`per_call_policies`)."""
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    class AllowLoopback(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: PipelineRequest[Any]) -> None:
            address = urlsplit(request.http_request.url)
            if address.scheme == "http" and address.hostname in LOOPBACK:
                request.context.options["enforce_https"] = False

    return AllowLoopback()


class Credential:
    """Tokens of one principal, for whichever plane is asked. They mean something to the emulator only."""

    def __init__(self, principal: str) -> None:
        self.principal = principal

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        from azure.core.credentials import AccessToken

        audience = "management" if any("management." in scope for scope in scopes) else "data"
        return AccessToken(f"emu.{audience}.{self.principal}", FOR_EVER)


class AsyncCredential:
    """The same for asynchronous clients."""

    def __init__(self, principal: str) -> None:
        self._inner = Credential(principal)

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._inner.get_token(*scopes, **options)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> AsyncCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class _Way:
    """Calls of a world's application."""

    def __init__(self, world: World) -> None:
        import httpx2

        self._request = httpx2.Request
        self._inner = httpx2.ASGITransport(app=create_app(world))

    async def asked(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        request = self._request(method, url, headers=headers, content=body)
        answer = await self._inner.handle_async_request(request)
        return Answer(answer.status_code, answer.headers.multi_items(), await answer.aread())

    def ask(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        return _run(self.asked(method, url, headers, body))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """To its end, also where an event loop is already at work in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def _content(body: Any) -> bytes:
    """The forms a body of requests can have."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _content(body.read())
    assert isinstance(body, Iterable)
    return b"".join(_content(piece) for piece in body)


def _as_requests(error: httpx2.TransportError, request: requests.PreparedRequest) -> Exception:
    import httpx2
    import requests

    if isinstance(error, httpx2.TimeoutException):
        return requests.ReadTimeout(str(error), request=request)
    if isinstance(error, httpx2.RemoteProtocolError) and "complete message body" in str(error):
        return requests.exceptions.ChunkedEncodingError(str(error), request=request)
    return requests.ConnectionError(str(error), request=request)
