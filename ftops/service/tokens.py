"""Tokens for both planes. azure-identity is imported when the first real token is needed."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ftops.errors import CredentialMissing

if TYPE_CHECKING:
    from ftops.clock import Clock
    from ftops.service.address import Address

#: Both scopes are in use on account endpoints; the specifications name this one. Sovereign clouds have their own.
DATA_SCOPE = "https://cognitiveservices.azure.com/.default"
_SOVEREIGN_SCOPES = {
    ".us": "https://cognitiveservices.azure.us/.default",
    ".cn": "https://cognitiveservices.azure.cn/.default",
}

#: Seconds before its end at which a token is no longer used.
_MARGIN = 300.0


@dataclass(slots=True)
class Tokens:
    """Fetches and keeps tokens. An emulator gets readable ones of its own; a real token never goes to it."""

    clock: Clock
    emulated: bool = False
    _kept: dict[str, tuple[str, float]] = field(default_factory=dict)
    _credential: Any = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_for_emulator(self, address: Address) -> bool:
        """Whether an emulator stands for this account: in this process, or on this machine."""
        return self.emulated or address.is_loopback

    async def data(self, address: Address) -> str:
        """The key or token for the data plane of an account. Raises CredentialMissing."""
        if self.is_for_emulator(address):
            return "emu.data.ftops"
        return _key(address) if address.key_variable else await self._token(data_scope(address))

    async def management(self, address: Address) -> str:
        """The token for ARM. Raises CredentialMissing."""
        if self.is_for_emulator(address):
            return "emu.management.ftops"
        return await self._token(f"{address.management.rstrip('/')}/.default")

    async def _token(self, scope: str) -> str:
        async with self._lock:
            token, expires = self._kept.get(scope, ("", 0.0))
            if expires - _MARGIN < self.clock.now():
                token, expires = await asyncio.to_thread(self._fetch, scope)
                self._kept[scope] = (token, expires)
            return token

    def _fetch(self, scope: str) -> tuple[str, float]:
        import logging

        logging.getLogger("azure").setLevel(logging.CRITICAL)  # what went wrong is in our own message
        from azure.core.exceptions import ClientAuthenticationError
        from azure.identity import CredentialUnavailableError, DefaultAzureCredential

        if self._credential is None:
            self._credential = DefaultAzureCredential()
        try:
            found = self._credential.get_token(scope)
        except (CredentialUnavailableError, ClientAuthenticationError) as error:
            first = str(error).strip().splitlines()[0]
            hint = "sign in with `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret or federated token"
            raise CredentialMissing(f"no token for {scope}: {first}", hint) from error
        return found.token, float(found.expires_on)


def data_scope(address: Address) -> str:
    """What a token for the data plane of this account is asked for."""
    host = urlsplit(address.endpoint).hostname or ""
    return next((scope for end, scope in _SOVEREIGN_SCOPES.items() if host.endswith(end)), DATA_SCOPE)


def _key(address: Address) -> str:
    assert address.key_variable is not None
    key = os.environ.get(address.key_variable, "").strip()
    if not re.fullmatch(r"[!-~]+", key):  # anything else breaks the header, and lands in the message about it
        hint = f"export {address.key_variable}, or set `auth: {{type: entra}}` on the account"
        raise CredentialMissing(f"account/{address.name}: the variable {address.key_variable} holds no key", hint)
    return key
