"""How an answer is spoilt after it was made: replaced, cut, lost, late.

In process a lost answer raises what httpx2 raises for it; on a socket (`sockets.py`) the connection is reset, held
or cut. So one rule tests the same code of a client in both places.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from ftops.emulator.errors import ApiError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ftops.emulator.faults import Rule

TRANSPORT = "ftops.transport"
"""The key of an ASGI scope under which the server hands over the connection."""
HTML = "<html><head><title>Service is warming up</title></head><body>Please try again in a moment.</body></html>"
LONGEST_HOLD = 600.0
"""Seconds of wall time after which a held connection is reset."""


class Lost(Response):
    """An answer that never arrives whole: `reset`, `timeout`, `truncate`, or `refuse` for no connection at all."""

    def __init__(self, how: str, whole: Response | None = None) -> None:
        super().__init__(whole.body if whole else b"", whole.status_code if whole else 200)
        if whole:
            self.raw_headers = list(whole.raw_headers)
        self.how = how

    @property
    def arrives(self) -> bool:
        """Whether a status line gets to the client."""
        return self.how == "truncate"

    def error(self) -> Exception:
        """What httpx2 raises where the other side does this."""
        import httpx2

        match self.how:
            case "timeout":
                return httpx2.ReadTimeout("The read operation timed out")
            case "refuse":
                return httpx2.ConnectError("All connection attempts failed")
            case "truncate":
                sent, total = len(self.body) // 2, len(self.body)
                cut = "peer closed connection without sending complete message body"
                return httpx2.RemoteProtocolError(f"{cut} (received {sent} bytes, expected {total})")
        return httpx2.RemoteProtocolError("Server disconnected without sending a response.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if TRANSPORT not in scope:
            raise self.error()
        connection = scope[TRANSPORT]
        if self.how == "truncate":
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            half = self.body[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            connection.cut()
        elif self.how != "timeout":
            connection.reset()
        try:
            await asyncio.wait_for(_gone(receive), LONGEST_HOLD)
        except TimeoutError:
            connection.reset()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Late(Response):
    """An answer that is held back for so many seconds of wall time."""

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(status_code=answer.status_code)
        self.raw_headers, self._answer, self._seconds = answer.raw_headers, answer, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._seconds)
        await self._answer(scope, receive, send)


def spoil(rule: Rule, answer: Response) -> Response:
    """The answer as the rule leaves it; all that happened stays as it is."""
    do = rule.do
    if how := do.get("lose"):
        return HTMLResponse(HTML) if how == "html" else Lost(how, answer)
    if "status" in do:
        error = refusal(do)
        return JSONResponse(error.body, error.status, error.headers)
    return answer


def instead(rule: Rule) -> Response | None:
    """The answer of a rule that keeps the request from the service; None if it lets it through."""
    if rule.when == "after" or not {"lose", "status"} & set(rule.do):
        return None
    return spoil(rule, JSONResponse({}))


def refusal(do: Any) -> ApiError:
    """Code and message as clients of the service know them, unless the rule has its own."""
    status = do["status"]
    headers = {name: str(value) for name, value in (do.get("headers") or {}).items()}
    return ApiError(status, str(do.get("code") or status), str(do.get("message") or "Injected by a fault."), headers)


def body_fields(content: bytes) -> dict[str, Any]:
    """The request's JSON object, or nothing."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
