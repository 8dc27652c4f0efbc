"""A stand-in of the service on this machine: prepared lists, served with a fixed latency, every request counted.

It is a process of its own, so that the CPU it uses is not part of what is measured, and it speaks just enough HTTP/1.1:
keep-alive and GET. The emulator would be truer and a hundred times slower.

Usage: python standin.py SOCKET-FD LISTS.json LATENCY; it serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Path of a list -> its items, in the order in which the service shows them.
Lists = dict[str, list[dict[str, Any]]]

FILE_PAGE, JOB_PAGE, DEPLOYMENT_PAGE = 10_000, 100, 100
_CONTROL = "/_counts"


def page_size(path: str) -> int:
    """The most items that the service puts on one page of this list."""
    if path.endswith("/files"):
        return FILE_PAGE
    return DEPLOYMENT_PAGE if path.endswith("/deployments") else JOB_PAGE


def fewest_requests(lists: Lists) -> int:
    """How many requests it takes to read every list once."""
    return sum(max(1, -(-len(items) // page_size(path))) for path, items in lists.items())


class StandIn(AbstractContextManager["StandIn"]):
    """The stand-in as its user sees it. The address is known at once; it answers after `serve`."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(256)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._process: subprocess.Popen[bytes] | None = None

    def serve(self, lists: Lists, file: Path) -> None:
        """Start answering; the lists travel in `file`."""
        file.write_text(json.dumps(lists))
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._socket.fileno()), str(file), str(self.latency)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self._socket.fileno()],
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def counts(self) -> dict[str, Any]:
        """What was asked since the last call: `requests`, those by `methods`, and the `depth` of dependent pages."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + _CONTROL) as answer:
            return dict(json.load(answer))

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        if self._process is not None:
            self._process.communicate()  # closes its input, upon which it ends


@dataclass(slots=True)
class _Counts:
    """What was asked. `pages` maps each list to the number of the last of its pages: pages depend on each other."""

    methods: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def shown(self) -> dict[str, Any]:
        depth = max(self.pages.values(), default=0)
        whole = {"methods": self.methods, "pages": self.pages, "unknown": self.unknown}
        return {"requests": self.methods.total(), "depth": depth, **whole}


class _Server:
    """Answers requests from rendered pages."""

    def __init__(self, lists: Lists, latency: float) -> None:
        self.latency = latency
        self.counts = _Counts()
        self._items = {path: [json.dumps(item).encode() for item in items] for path, items in lists.items()}
        self._places = {
            path: {str(item.get("id")): place for place, item in enumerate(items, start=1)}
            for path, items in lists.items()
        }
        self.page = lru_cache(maxsize=None)(self._page)

    def answer(self, method: str, target: str, host: str) -> tuple[bytes, float]:
        """The whole answer, and seconds after which to send it."""
        if target == _CONTROL:
            body, self.counts = json.dumps(self.counts.shown()).encode(), _Counts()
            return _rendered("200 OK", body), 0.0
        self.counts.methods[method] += 1
        parts = urlsplit(target)
        if method != "GET":
            return _rendered("405 Method Not Allowed", b"{}"), self.latency
        if parts.path not in self._items:
            self.counts.unknown[parts.path] += 1
            return _rendered("404 Not Found", b"{}"), self.latency
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        size = min(int(query.get("limit", page_size(parts.path))), page_size(parts.path))
        start = int(query.get("$skipToken") or self._places[parts.path].get(query.get("after", ""), 0))
        self.counts.pages[parts.path] = max(self.counts.pages[parts.path], start // size + 1)
        return self.page(parts.path, start, size, host), self.latency

    def _page(self, path: str, start: int, size: int, host: str) -> bytes:
        """`size` items after the first `start`, in the envelope of their plane."""
        items, end = self._items[path], start + size
        listed, is_more = b",".join(items[start:end]), end < len(items)
        if not path.endswith("/deployments"):
            return _rendered("200 OK", b'{"object":"list","data":[%b],"has_more":%b}' % (listed, _json(is_more)))
        following = f"http://{host}{path}?api-version=2024-10-01&$skipToken={end}" if is_more else None
        return _rendered("200 OK", b'{"value":[%b],"nextLink":%b}' % (listed, _json(following)))


class _Connection(asyncio.Protocol):
    """One client, one request at a time."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, self._pending = self._pending[:end].decode("latin-1"), self._pending[end + 4 :]
            first, *lines = head.split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            method, target, _ = first.split(" ")
            answer, seconds = self._server.answer(method, target, headers["host"])
            asyncio.get_running_loop().call_later(seconds, self._transport.write, answer)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _rendered(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(descriptor: int, lists: Lists, latency: float) -> None:
    server, loop, ended = _Server(lists, latency), asyncio.get_running_loop(), asyncio.Event()
    listening = socket.socket(fileno=descriptor)
    listening.setblocking(False)
    await loop.create_server(lambda: _Connection(server), sock=listening)
    loop.add_reader(sys.stdin, ended.set)
    print("ready", flush=True)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), float(sys.argv[3])))
