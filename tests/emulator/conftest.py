from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulator_raw import Service

from ftops.emulator import World


@pytest.fixture
def world() -> Iterator[World]:
    world = World.open(":memory:")
    yield world
    world.close()


@pytest.fixture
def service(world: World) -> Service:
    return Service(world)
