"""Where an account is reached, and which hosts may be sent a credential."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Ends of the host names that Azure serves OpenAI and Foundry accounts under, in all its clouds.
_ACCOUNTS = (
    ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com",
    ".openai.azure.us", ".services.ai.azure.us", ".cognitiveservices.azure.us",
    ".openai.azure.cn", ".services.ai.azure.cn", ".cognitiveservices.azure.cn",
)  # fmt: skip
_MANAGEMENT = frozenset(("management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn"))
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "[::1]"))
#: Scheme, host and port, without anything that two readers of an address may understand in two ways.
_PLAIN = re.compile(r"(https?)://(\[::1\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?(?:[/?#].*)?", re.I | re.S)

PUBLIC_MANAGEMENT = "https://management.azure.com"


@dataclass(frozen=True, slots=True)
class Address:
    """One account: its data-plane endpoint, ARM id, region, and the variable that holds its key, if it uses one."""

    name: str
    endpoint: str
    resource_id: str
    region: str
    management: str = PUBLIC_MANAGEMENT
    key_variable: str | None = None

    @property
    def data_url(self) -> str:
        return f"{self.endpoint.rstrip('/')}/openai/v1"

    @property
    def is_loopback(self) -> bool:
        """Whether either plane is on this machine: the other then gets no real credential either."""
        return is_loopback(self.endpoint) or is_loopback(self.management)


def is_loopback(url: str) -> bool:
    """Whether the address is this machine, where only an emulator can be."""
    plain = _PLAIN.fullmatch(url)
    return plain is not None and plain[2].lower() in _LOOPBACK and int(plain[3] or 0) < 65536


def is_trusted(url: str) -> bool:
    """Whether a credential may be sent there: https to one of Azure's own hosts, or an emulator on this machine."""
    plain = _PLAIN.fullmatch(url)
    if plain is None or is_loopback(url):
        return plain is not None
    scheme, host, port = plain[1].lower(), plain[2].lower(), plain[3]
    return scheme == "https" and port in (None, "443") and (host in _MANAGEMENT or host.endswith(_ACCOUNTS))
