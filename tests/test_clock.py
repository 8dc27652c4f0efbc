"""The machine's clock: it waits for the first of several tasks, and not for ever."""

from __future__ import annotations

import asyncio
import time

import pytest

from ftops.cli.session import EmulatorClock
from ftops.clock import Clock, RealClock
from ftops.emulator import World


def test_it_tells_the_time_and_lets_it_pass() -> None:
    clock = RealClock()
    before = clock.now()

    asyncio.run(clock.sleep(0.01))
    assert 0.009 < clock.now() - before < 5
    assert abs(clock.now() - time.time()) < 5


def test_the_emulators_time_passes_at_once() -> None:
    world = World.open(":memory:")
    clock = EmulatorClock(world)
    before, started = clock.now(), time.monotonic()

    asyncio.run(clock.sleep(86400))
    assert clock.now() - before == 86400
    assert time.monotonic() - started < 5
    world.close()


@pytest.mark.parametrize("name", ["real", "emulator"])
def test_it_waits_for_the_first_task_to_end(name: str) -> None:
    world = World.open(":memory:")
    clock: Clock = RealClock() if name == "real" else EmulatorClock(world)

    async def go() -> list[bool]:
        never = asyncio.Event()
        tasks = [asyncio.ensure_future(never.wait()), asyncio.ensure_future(asyncio.sleep(0))]
        await clock.first_done(tasks, 60)
        done = [task.done() for task in tasks]
        tasks[0].cancel()
        return done

    assert asyncio.run(go()) == [False, True]
    world.close()


def test_it_does_not_wait_longer_than_it_is_told() -> None:
    async def go() -> bool:
        task = asyncio.ensure_future(asyncio.Event().wait())
        await RealClock().first_done([task], 0.01)
        done = task.done()
        task.cancel()
        return done

    assert asyncio.run(go()) is False
