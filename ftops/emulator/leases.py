"""How long a deployment stands: when it answers, when it is paused, and when the service removes it.

A deployment of a fine-tuned model goes after 15 days without a call, one of the developer tier 24 hours after its
creation whatever its use (both documented; that calls are counted to the second is inferred). The model stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator import quota
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

IDLE_SECONDS = 15 * 86_400.0
DEVELOPER_SECONDS = 86_400.0
IDLE_SKUS = ("standard", "globalstandard", "datazonestandard")
"""Provisioned deployments are not removed."""
BUSY_SECONDS = 60.0
"""How much later a removal is tried again while an operation works on the deployment (invented)."""


def is_ready(world: World, deployment: Document) -> bool:
    """Whether inference finds it: some time after `Succeeded` (recorded sessions wait ten minutes to be safe)."""
    if deployment.wire["properties"]["provisioningState"] in ("Failed", "Deleting", "Disabled", "Canceled"):
        return False
    ready: float | None = deployment.hidden.get("ready_at", None if deployment.hidden["custom"] else 0.0)
    return ready is not None and world.time >= ready


def is_paused(deployment: Document) -> bool:
    """Inference on it answers 423 (documented)."""
    return bool(deployment.wire["properties"].get("deploymentState") == "Paused")


def begin(world: World, deployment: Document, *, created: bool) -> None:
    """A deployment of a fine-tuned model is up, or has another size. A base model's stands for ever."""
    if created:
        ready = world.time + world.delay("deployment.ready")
        deployment.hidden |= {"deployed_at": world.time, "ready_at": ready}
        deployment.hidden.pop("last_used", None)
        world.store.save(deployment)
    if _end(deployment) is not None:
        lease = _lease(world, deployment) or Document("lease", deployment.account, deployment.id, {})
        world.enter(lease, "idle")
    else:
        _drop(world, deployment)


def remove(world: World, deployment: Document) -> None:
    """A deployment is gone, by whoever's wish."""
    quota.release(world, deployment)
    _drop(world, deployment)
    world.store.remove(deployment)


def seconds_to_end(world: World, lease: Document) -> float:
    deployment = world.store.get("deployment", lease.account, lease.id)
    end = _end(deployment) if deployment else None
    if end is None:
        return BUSY_SECONDS
    return end - world.time if end > world.time else BUSY_SECONDS


def expire(world: World, lease: Document) -> str | None:
    """Remove what was not used, look again later at what was, or is being worked on."""
    deployment = world.store.get("deployment", lease.account, lease.id)
    end = _end(deployment) if deployment else None
    if deployment is None or end is None:
        return None
    busy = deployment.wire["properties"]["provisioningState"] != "Succeeded"
    if busy or end > world.time:
        return "idle"
    quota.release(world, deployment)
    world.store.remove(deployment)
    return None


def _end(deployment: Document) -> float | None:
    deployed: float | None = deployment.hidden.get("deployed_at")
    sku = deployment.wire["sku"]["name"].lower()
    if deployed is None:
        return None
    if sku == "developertier":
        return deployed + DEVELOPER_SECONDS
    if sku not in IDLE_SKUS:
        return None
    return max(deployed, float(deployment.hidden.get("last_used") or 0)) + IDLE_SECONDS


def _lease(world: World, deployment: Document) -> Document | None:
    return world.store.get("lease", deployment.account, deployment.id)


def _drop(world: World, deployment: Document) -> None:
    if lease := _lease(world, deployment):
        world.store.remove(lease)
