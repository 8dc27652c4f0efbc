"""Where an account is reached, and which hosts may be sent a credential."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

#: Ends of the host names that Azure serves OpenAI and Foundry accounts and ARM under, in all its clouds.
_TRUSTED = (
    ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com",
    ".openai.azure.us", ".services.ai.azure.us", ".cognitiveservices.azure.us",
    ".openai.azure.cn", ".services.ai.azure.cn", ".cognitiveservices.azure.cn",
    "management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn",
)  # fmt: skip
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))

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
        return is_loopback(self.endpoint)


def is_loopback(url: str) -> bool:
    """Whether the address is this machine, where only an emulator can be."""
    return urlsplit(url).hostname in _LOOPBACK


def is_trusted(url: str) -> bool:
    """Whether a credential may be sent there: https to one of Azure's own hosts, or an emulator on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _LOOPBACK:
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and any(host == end or host.endswith(end) for end in _TRUSTED if host != end[1:])
