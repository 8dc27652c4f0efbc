"""The same for machines: plain JSON with one version of its form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ftops.plan import CHANGING, Action
from ftops.resource import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftops.apply import Result
    from ftops.errors import Problem
    from ftops.plan import Change, Plan

FORMAT = 1


def dumps(value: Any) -> str:
    return json.dumps(value, indent=2)


def of_problem(found: Problem) -> dict[str, Any]:
    place = found.place
    return {
        "code": found.code,
        "message": found.message,
        "hint": found.hint,
        "file": str(place.path),
        "line": place.line,
        "column": place.column,
    }


def of_plan(plan: Plan) -> dict[str, Any]:
    """The plan: every change in order, what is known of it, and what was left alone."""
    return {
        "format": FORMAT,
        "digest": plan.digest,
        "changes_pending": any(change.action in CHANGING for change in plan.changes),
        "changes": [_change(change) for change in plan.changes],
        "unreadable": [
            {"kind": kind, "account": account, "message": error.message}
            for (kind, account), error in plan.unreadable.items()
        ],
        "orphans": [{"kind": o.kind, "name": o.identity, "account": o.account} for o in plan.orphans],
    }


def of_results(plan: Plan, found: Iterable[Result]) -> dict[str, Any]:
    """A plan together with what became of it."""
    outcomes = [
        {"outcome": result.outcome.value, "message": result.message, "id": result.observed and result.observed.id}
        for result in found
    ]
    whole = of_plan(plan)
    whole["changes"] = [{**change, **outcome} for change, outcome in zip(whole["changes"], outcomes, strict=True)]
    return whole


def _change(change: Change) -> dict[str, Any]:
    phase = change.observed.phase.value if change.observed else None
    return {
        "resource": str(change.key),
        "action": change.action.value,
        "reason": change.reason,
        "hint": change.hint,
        "account": change.account,
        "revision": change.desired.revision if change.desired else None,
        "phase": phase,
        "needs": [str(need) for need in change.needs],
        "fields": [{"path": f.path, "before": f.before, **_after(f.after)} for f in change.fields],
        "trains": change.is_run and change.action is Action.CREATE,
    }


def _after(value: Any) -> dict[str, Any]:
    if isinstance(value, Unknown):
        return {"after": None, "known_after": str(value.key)}
    return {"after": value}
