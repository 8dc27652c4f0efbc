"""Letting time pass until something is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator.errors import EmulatorError
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


def until(world: World, job: str, status: str, limit: float) -> float:
    """Event by event until the job shows this status; the new time. Raises EmulatorError if it does not in time."""
    end = world.store.clock().now() + limit
    world.settle()
    while (now := _find(world, job).wire["status"]) != status:
        due = world.store.next_due()
        if due is None or due > end:
            raise EmulatorError(f"job `{job}` is {now}, and does not become {status} in {limit:g} seconds")
        world.move_to(max(due, world.store.clock().now()))
    return world.store.clock().now()


def _find(world: World, id: str) -> Document:
    for account in world.store.accounts():
        if job := world.store.get("job", account.name, id):
            return job
    raise EmulatorError(f"there is no job `{id}`")
