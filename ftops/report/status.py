"""How every resource is: its phase, why, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftops.errors import printable
from ftops.plan import Action, Change, Plan
from ftops.resource import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftops.observe import Observation
    from ftops.resource import ResourceKey

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Row:
    """One resource: `phase` is one of the four phases or absent, `waits_for` what must be ready before it moves on."""

    key: ResourceKey
    account: str
    phase: str
    reason: str
    waits_for: tuple[ResourceKey, ...] = ()
    id: str = ""


def rows(plan: Plan, observation: Observation) -> list[Row]:
    """A row for each declared resource, in the order of the graph."""
    changes = {change.key: change for change in plan.changes}
    return [_row(changes[key], observation) for key in observation.graph.resources]


def _row(change: Change, observation: Observation) -> Row:
    observed = change.observed
    phase = observed.phase.value if observed else ABSENT
    waits = tuple(need for need in change.needs if change.action is not Action.NOOP and not _ready(need, observation))
    return Row(change.key, change.account, phase, _reason(change), waits, observed.id if observed else "")


def _reason(change: Change) -> str:
    if change.action is Action.UPDATE and change.observed is not None:
        return f"out of date: {change.reason}"
    if change.action is Action.CREATE:
        return change.reason if change.reason != "does not exist" else "to be created"
    return change.reason


def _ready(key: ResourceKey, observation: Observation) -> bool:
    found = observation.found.get(key)
    return found is not None and found.phase is Phase.READY


def text(found: list[Row], unreadable: Mapping[tuple[str, str], Any]) -> str:
    """A table, and a line for each account that could not be read."""
    width = max((len(str(row.key)) for row in found), default=0)
    lines = []
    for row in found:
        waits = f"waits for {', '.join(map(str, row.waits_for))}" if row.waits_for else ""
        why = "; ".join(part for part in (printable(row.reason), waits) if part)
        lines.append(f"{row.key!s:<{width}}  {row.phase:<11}  {row.account:<12}  {why}".rstrip())
    ready = sum(row.phase == Phase.READY.value for row in found)
    lines += ["", f"{ready} of {len(found)} ready"]
    lines += [
        f"cannot list {kind} in account/{account}: {printable(e.message)}" for (kind, account), e in unreadable.items()
    ]
    return "\n".join(lines)


def data(found: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "resource": str(row.key),
            "account": row.account,
            "phase": row.phase,
            "reason": row.reason,
            "waits_for": [str(key) for key in row.waits_for],
            "id": row.id,
        }
        for row in found
    ]
