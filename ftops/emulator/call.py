"""One request on its way to a route, and what the routes have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from starlette.responses import JSONResponse, Response

from ftops.emulator.errors import invalid
from ftops.emulator.store import CHUNK, Account
from ftops.emulator.surfaces import Surface
from ftops.emulator.world import World


class Upload(NamedTuple):
    """A multipart form; `file` is spooled to disk when it is large."""

    fields: dict[str, str]
    filename: str
    file: BinaryIO
    size: int
    part: str = "file"
    """The name of the part that holds the file."""

    def pieces(self) -> Iterator[bytes]:
        self.file.seek(0)
        while piece := self.file.read(CHUNK):
            yield piece


@dataclass(frozen=True)
class Call:
    """`path` is the path within its plane, `base` what links begin with: scheme, host, perhaps a prefix.

    `principal` is who calls, as far as the token says. `parts` are the path's variable parts.
    """

    world: World
    path: str
    base: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    upload: Upload | None = None
    principal: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    data_account: Account | None = None
    surface: Surface = field(default_factory=Surface)

    @property
    def account(self) -> Account:
        """The account whose data plane is addressed."""
        assert self.data_account
        return self.data_account

    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise invalid("The request body is not valid JSON.") from error
        if not isinstance(value, dict):
            raise invalid("The request body is not an object.")
        return value

    def limit(self, default: int, most: int) -> int:
        text = self.query.get("limit", str(default))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise invalid(f"The value of 'limit' is not a number from 1 to {most}.")
        return int(text)


class Operation(NamedTuple):
    """A row of a route table. The name goes to the journal."""

    name: str
    method: str
    path: str
    handler: Callable[[Call], Response]


def page(items: list[dict[str, Any]], call: Call, *, default: int) -> JSONResponse:
    """A list as jobs, events and checkpoints have it: `after` is exclusive (recorded)."""
    limit = call.limit(default, most=1000)
    start = 0
    if after := call.query.get("after"):
        ids = [item["id"] for item in items]
        if after not in ids:
            raise invalid(f"There is no '{after}' in this list.")
        start = ids.index(after) + 1
    chosen = items[start : start + limit]
    return JSONResponse({"has_more": start + limit < len(items), "data": chosen, "object": "list"})
