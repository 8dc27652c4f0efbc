"""What happens when an event falls due. An event without a row here only changes the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftops.emulator import auto_deployment, copying, files, imports, jobs, leases, models, runs, uploads
from ftops.emulator.clock import timestamp
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


def arrive(world: World, copy: Document) -> str | None:
    """The model keeps its name and is in no list of the destination (documented)."""
    if copying.fails(world, copy):
        return "Failed"
    harms = models.harms(world, copy.account, copy.hidden["model"])
    models.publish(world, copy.hidden["destination"], copy.hidden["model"], copy.hidden["base"], harms=harms)
    return None


def finish(world: World, operation: Document) -> None:
    operation.wire["endTime"] = timestamp(world.time)
    operation.hidden["ended"] = world.time
    deployment = world.store.get("deployment", operation.account, operation.parent)
    assert deployment, "the account was locked for this operation"
    if operation.hidden["action"] == "delete":
        leases.remove(world, deployment)
    else:
        deployment.wire["properties"]["provisioningState"] = "Succeeded"
        world.store.save(deployment)
        leases.begin(world, deployment, created=operation.hidden["action"] == "create")


def operation_seconds(world: World, operation: Document) -> float:
    return world.delay(f"deployment.{operation.hidden['action']}")


Effect = Callable[["World", Document], str | None]
"""May change the object, and may name a state other than the regular next one."""

EFFECTS: dict[tuple[str, str], Effect] = {
    ("job", "start"): jobs.start,
    ("job", "train"): runs.train,
    ("job", "tick"): runs.tick,
    ("job", "succeed"): jobs.succeed,
    ("job", "pause"): jobs.pause,
    ("job", "continue"): jobs.proceed,
    ("copy", "arrive"): arrive,
    ("auto_deployment", "deploy"): auto_deployment.deploy,
    ("expiry", "expire"): files.expire,
    ("file", "import"): imports.fetch,
    ("upload", "expire"): uploads.expire,
    ("operation", "finish"): finish,
    ("lease", "expire"): leases.expire,
}

Wait = Callable[["World", Document], float]
"""Seconds until an event whose moment depends on more than the state."""

WAITS: dict[tuple[str, str], Wait] = {
    ("expiry", "expire"): files.seconds_to_expiry,
    ("job", "tick"): runs.seconds_to_mark,
    ("job", "pause"): runs.seconds_to_pause,
    ("operation", "finish"): operation_seconds,
    ("lease", "expire"): leases.seconds_to_end,
}
