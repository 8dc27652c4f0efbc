"""A hand in the portal: an object edited or deleted behind everybody's back, at once and without any check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftops.emulator import jobs, journal, leases
from ftops.emulator.errors import EmulatorError
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

KINDS = ("file", "job", "checkpoint", "model", "deployment")


def apply(world: World, data: Mapping[str, Any]) -> None:
    """`{who, kind, account, name, change}` or `{…, delete: true}`; `name` is the id, or a deployment's name.

    `change` is laid over what clients see, object by object; null takes a field away.
    """
    unknown = set(data) - {"who", "kind", "account", "name", "change", "delete"}
    kind, account, name = (str(data.get(key, "")) for key in ("kind", "account", "name"))
    change, deleting = data.get("change"), data.get("delete") is True
    if unknown or kind not in KINDS or deleting == isinstance(change, Mapping):
        raise EmulatorError(
            f"drift has who, kind (one of {', '.join(KINDS)}), account, name, and either `change` or `delete: true`"
        )
    with world.transaction():
        world.settle()
        found = world.store.get(kind, account, name.lower() if kind == "deployment" else name)
        if found is None:
            raise EmulatorError(f"there is no {kind} `{name}` in account `{account}`")
        if deleting:
            _delete(world, found)
        else:
            assert isinstance(change, Mapping)
            _change(world, found, change)
        verb = "DELETE" if deleting else "PATCH"
        who = str(data.get("who") or "portal")
        journal.add(world, journal.Entry(world.time, verb, f"/{kind}/{name}", "drift", account, who, 200, "", True))


def _delete(world: World, found: Document) -> None:
    if found.kind == "job" and found.state not in jobs.TERMINAL:
        jobs.cancel(world, found)
    for operation in world.store.documents("operation", found.account, parent=found.id, states=("Running",)):
        world.store.remove(operation)
    if found.kind == "file":
        world.store.drop_content(found.id)
    if found.kind == "deployment":
        leases.remove(world, found)
    else:
        world.store.remove(found)


def _change(world: World, found: Document, change: Mapping[str, Any]) -> None:
    found.wire = _merged(found.wire, change)
    if declared := found.hidden.get("declared"):
        # A later PUT is compared with what the deployment is now.
        now = found.wire | found.wire["properties"]
        found.hidden["declared"] = {name: now[name] for name in declared.keys() | {"tags"} if name in now}
        found.hidden["declared"] = json.loads(json.dumps(found.hidden["declared"]))
    world.store.save(found)


def _merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """By RFC 7396."""
    after = {name: value for name, value in before.items() if change.get(name, 0) is not None}
    for name, value in change.items():
        if isinstance(value, Mapping):
            old = before.get(name)
            after[name] = _merged(old if isinstance(old, Mapping) else {}, value)
        elif value is not None:
            after[name] = value
    return after
