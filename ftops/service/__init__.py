"""The only place that speaks HTTP: one shared client for reads and ARM, the openai SDK for data-plane writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from ftops.clock import Clock
    from ftops.service.address import Address
    from ftops.service.data_plane import DataPlane
    from ftops.service.management import Management
    from ftops.service.transport import Transport


@dataclass(frozen=True, slots=True)
class Service:
    """Both planes of one account."""

    address: Address
    data: DataPlane
    management: Management


class Services(Mapping[str, Service]):
    """The services of all declared accounts, by the account's name. Use as an async context manager."""

    def __init__(self, services: Mapping[str, Service], transport: Transport) -> None:
        self._services = services
        self._transport = transport

    @classmethod
    def connect(cls, addresses: Mapping[str, Address], clock: Clock, wire: object = None) -> Services:
        """Prepare the clients; nothing is sent. `wire` replaces the network: an httpx2 async transport."""
        from ftops.service.data_plane import DataPlane
        from ftops.service.management import Management
        from ftops.service.tokens import Tokens
        from ftops.service.transport import Transport

        transport = Transport(clock, wire)
        tokens = Tokens(clock, emulated=wire is not None)
        return cls(
            {
                name: Service(address, DataPlane(address, transport, tokens), Management(address, transport, tokens))
                for name, address in addresses.items()
            },
            transport,
        )

    def __getitem__(self, name: str) -> Service:
        return self._services[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._services)

    def __len__(self) -> int:
        return len(self._services)

    async def __aenter__(self) -> Services:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()
