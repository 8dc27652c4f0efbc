"""What only a server can do to an answer: reset, hold or cut the connection it belongs to."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

from ftops.emulator.spoil import TRANSPORT

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

LINGER_RESET = struct.pack("ii", 1, 0)
"""On, for no time: closing sends RST instead of FIN."""


class Connection(NamedTuple):
    transport: asyncio.Transport

    def reset(self) -> None:
        found: socket.socket | None = self.transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.transport.abort()

    def cut(self) -> None:
        """Send what was written, then close."""
        self.transport.close()


def breakable(app: ASGIApp) -> ASGIApp:
    """The application under uvicorn, with the connection of each request in its scope."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn offers no other way to it; `send` is a method of the object that owns the connection.
        if transport := getattr(getattr(send, "__self__", None), "transport", None):
            scope[TRANSPORT] = Connection(transport)
        await app(scope, receive, send)

    return serve
