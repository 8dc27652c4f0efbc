"""A stand-in for the fine-tuning part of Azure OpenAI: both planes, own storage, own clock.

It is a stranger to the rest of ftops: it imports nothing from it, so that the two cannot agree by accident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator.errors import EmulatorError
from ftops.emulator.world import World

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["EmulatorError", "World", "create_app"]


def create_app(world: World) -> Starlette:
    """The service over this world as an ASGI application, under the real host names or by path prefix."""
    # Starlette takes most of the import time and is of no use to those who only look at a world.
    from ftops.emulator import app

    return app.create_app(world)
