"""Time as an argument: the real one here, the emulator's in its place when a command runs against the emulator."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection


class Clock(Protocol):
    """Seconds since the epoch, and ways to let them pass."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...

    async def first_done(self, tasks: Collection[asyncio.Task[Any]], seconds: float) -> None:
        """Return when one of the tasks has ended, or after `seconds`."""


class RealClock:
    """The machine's."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def first_done(self, tasks: Collection[asyncio.Task[Any]], seconds: float) -> None:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
