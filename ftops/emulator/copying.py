"""Copies of checkpoints: what must hold at both ends (documented), and when a copy fails on its way (invented)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator import conditions
from ftops.emulator.store import Account, Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


def obstacle(world: World, source: Account, destination: Account) -> str:
    """Why nothing can be copied between these two, empty if it can. The words are inferred."""
    if destination == source:
        return "The destination is the resource of the checkpoint itself."
    if conditions.read(world, source.name, "tenant") != conditions.read(world, destination.name, "tenant"):
        return "The destination resource belongs to another tenant."
    if conditions.read(world, destination.name, "publicNetworkAccess") != "Enabled":
        return "The destination resource must allow public network access."
    if not world.store.documents("job", destination.name, limit=1):
        return "The destination resource must have had at least one fine-tuning job."
    return ""


def fails(world: World, copy: Document) -> bool:
    """At the end of the way: told so, the destination was closed meanwhile, or the model was deleted."""
    if conditions.read(world, copy.account, "copyFails"):
        return True
    if conditions.read(world, copy.hidden["destination"], "publicNetworkAccess") != "Enabled":
        return True
    return world.store.get("model", copy.account, copy.hidden["model"]) is None
