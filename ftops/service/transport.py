"""One httpx2 client for everything: reads with retries, ARM writes without, and one translation of failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from ftops.errors import Conflict, Denied, FtopsError, NotFound, OutcomeUnknown, ServiceError, Throttled, Unreachable
from ftops.service.address import is_trusted

if TYPE_CHECKING:
    from ftops.clock import Clock

Headers = Callable[[], Awaitable[Mapping[str, str]]]

READ_ATTEMPTS = 5
_TRANSIENT = frozenset((408, 429, 500, 502, 503, 504))
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_LONGEST_WAIT = 120.0


@dataclass(frozen=True, slots=True)
class _Transient:
    """An answer after which asking again may help; `wait` is what the service asked for, in seconds."""

    error: FtopsError
    wait: float | None = None


class Transport:
    """Sends requests. Only reads are repeated: after an answer that says so, obeying Retry-After."""

    def __init__(self, clock: Clock, wire: object = None) -> None:
        self._clock = clock
        self.client = httpx2.AsyncClient(
            transport=wire,  # type: ignore[arg-type]
            timeout=httpx2.Timeout(60.0, connect=10.0),
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=100),
        )

    async def read(self, url: str, headers: Headers, params: Mapping[str, str] | None = None) -> Any:
        """The JSON behind `url`. Raises ServiceError or Unreachable once the attempts are used up."""
        if not is_trusted(url):
            raise ServiceError(0, "UntrustedHost", f"refusing to send a credential to {_bare(url)}")
        for attempt in range(1, READ_ATTEMPTS):
            found = await self._read_once(url, headers, params)
            if not isinstance(found, _Transient):
                return found
            await self._clock.sleep(_pause(attempt, found.wait))
        found = await self._read_once(url, headers, params)
        if isinstance(found, _Transient):
            raise found.error
        return found

    async def _read_once(self, url: str, headers: Headers, params: Mapping[str, str] | None) -> Any:
        """The JSON, or a `_Transient` if asking again may help. Raises ServiceError where it cannot."""
        try:
            response = await self.client.get(
                url, headers=dict(await headers()), params=dict(params) if params else None
            )
        except httpx2.RequestError as error:
            return _Transient(Unreachable(f"GET {_bare(url)}: {_cause(error)}", "check the endpoint and the network"))
        content = _decode(response.content) if response.is_success else None
        if content is not None:
            return content
        refusal = failure(response.status_code, response.content, response.headers)
        if response.is_success or response.status_code in _TRANSIENT:
            return _Transient(refusal, _retry_after(response))
        raise refusal

    async def write(self, method: str, url: str, headers: Headers, body: Any = None) -> tuple[int, Mapping[str, Any]]:
        """Send once. Raises OutcomeUnknown unless the answer proves what happened."""
        if not is_trusted(url):
            raise ServiceError(0, "UntrustedHost", f"refusing to send a credential to {_bare(url)}")
        try:
            response = await self.client.request(method, url, headers=dict(await headers()), json=body)
        except httpx2.RequestError as error:
            raise lost(f"{method} {_bare(url)}", error) from error
        return response.status_code, answer(response.status_code, response.content, response.headers)

    async def close(self) -> None:
        await self.client.aclose()


def lost(what: str, error: Exception) -> Unreachable | OutcomeUnknown:
    """What a transport error on a write means: never sent, or nobody knows."""
    if isinstance(error, _NEVER_SENT):
        return Unreachable(f"{what}: {_cause(error)}", "check the endpoint and the network")
    return OutcomeUnknown(f"{what}: the answer was lost ({_cause(error)})")


def answer(status: int, content: bytes, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON object that a write was answered with. Raises OutcomeUnknown where it proves nothing."""
    if not 200 <= status < 300:
        error = failure(status, content, headers)
        if status >= 500 or status == 408:
            raise OutcomeUnknown(f"the service failed while it answered: {error.message}")
        raise error
    if not content:
        return {}
    decoded = _decode(content)
    if not isinstance(decoded, dict):
        raise OutcomeUnknown(f"the service answered {status} with something that is not JSON")
    return decoded


def listed(page: Any, key: str, naming: str, path: str) -> list[Mapping[str, Any]]:
    """The items of a page, told apart by `naming`. What is no page is an error, never an empty list."""
    items = page.get(key) if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get(naming) for item in items):
        raise ServiceError(200, "UnreadableList", f"GET {path}: the answer holds no list of objects")
    return items


def endless(path: str) -> ServiceError:
    """The error for pages that lead back to one that was read already."""
    return ServiceError(200, "UnreadableList", f"GET {path}: more pages are promised than can be asked for")


def failure(status: int, content: bytes, headers: Mapping[str, str]) -> ServiceError:
    """The error in an answer: both planes and the gateway in front of them write `{"error": {code, message}}`."""
    decoded = _decode(content)
    error = decoded.get("error") if isinstance(decoded, dict) else None
    if not isinstance(error, dict):
        error = {}
    code = str(error.get("code") or "")
    default = "an answer that is not JSON" if decoded is None else "no message"
    message = str(error.get("message") or default)
    request_id = headers.get("apim-request-id") or headers.get("x-ms-request-id") or ""
    kind = {401: Denied, 403: Denied, 404: NotFound, 429: Throttled}.get(status, ServiceError)
    if status == 409 and code == "RequestConflict":
        kind = Conflict
    return kind(status, code, message, request_id)


def _decode(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None


def _pause(attempt: int, told: float | None) -> float:
    """Seconds to wait before the next attempt; the service's word counts, within reason."""
    return min(told if told is not None else 0.5 * 2**attempt, _LONGEST_WAIT)


def _retry_after(response: httpx2.Response) -> float | None:
    for header, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(response.headers[header]) / unit)
        except (KeyError, ValueError):
            continue
    return None


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__


def _bare(url: str) -> str:
    """The address without its query, which may hold a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
