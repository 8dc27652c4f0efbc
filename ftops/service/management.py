"""Deployments of one account, through Azure Resource Manager.

Plain requests on the shared client: azure-core repeats a PUT or POST up to four times, and its models cost sixteen
times the CPU of the JSON they hold.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ftops.errors import ServiceError
from ftops.service.address import is_trusted
from ftops.service.transport import endless, listed

if TYPE_CHECKING:
    from ftops.service.address import Address
    from ftops.service.tokens import Tokens
    from ftops.service.transport import Transport

Json = Mapping[str, Any]

#: The first stable version whose deployments carry tags.
API_VERSION = "2024-10-01"


class Management:
    """`…/accounts/<account>/deployments` of one account."""

    def __init__(self, address: Address, transport: Transport, tokens: Tokens) -> None:
        self._address = address
        self._transport = transport
        self._tokens = tokens

    async def deployments(self) -> AsyncIterator[Json]:
        """Every deployment of the account; the server chooses the size of its pages."""
        url, seen = self._url(), set[str]()
        while url:
            seen.add(url)
            page = await self._transport.read(url, self._headers)
            for item in listed(page, "value", "name", "deployments"):
                yield item
            url = page.get("nextLink") or ""
            if url and not self._is_here(url):
                raise ServiceError(200, "UntrustedHost", "GET deployments: the next page is on another host")
            if url in seen:
                raise endless("deployments")

    async def deployment(self, name: str) -> Json:
        found = await self._transport.read(self._url(name), self._headers)
        if not isinstance(found, dict) or not found.get("name"):
            raise ServiceError(200, "Unreadable", f"GET deployments/{name}: the answer has no name")
        return found

    async def put(self, name: str, body: Json) -> Json:
        """Create or replace a deployment."""
        return (await self._transport.write("PUT", self._url(name), self._headers, body))[1]

    async def patch(self, name: str, body: Json) -> Json:
        """Change `tags` or `sku`; ARM takes nothing else here."""
        return (await self._transport.write("PATCH", self._url(name), self._headers, body))[1]

    async def delete(self, name: str) -> None:
        await self._transport.write("DELETE", self._url(name), self._headers)

    def _is_here(self, url: Any) -> bool:
        """Whether a link leads to where the first page came from."""
        return isinstance(url, str) and is_trusted(url) and urlsplit(url)[:2] == urlsplit(self._address.management)[:2]

    def _url(self, name: str = "") -> str:
        path = f"{self._address.management.rstrip('/')}{self._address.resource_id}/deployments"
        return f"{path}{'/' + quote(name, safe='') if name else ''}?api-version={API_VERSION}"

    async def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {await self._tokens.management(self._address)}"}
