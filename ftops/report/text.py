"""A plan, its results, and problems, as text: clear without colour, and nothing foreign reaches the terminal raw."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ftops.errors import printable
from ftops.plan import Action, Change, FieldChange, Plan
from ftops.resource import Observed, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ftops.apply import Result
    from ftops.errors import Problem

_SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.ADOPT: "=",
    Action.WAIT: ".",
    Action.BLOCKED: "!",
    Action.NOOP: " ",
}
_COLORS = {
    Action.CREATE: "\x1b[32m",
    Action.UPDATE: "\x1b[33m",
    Action.DELETE: "\x1b[31m",
    Action.BLOCKED: "\x1b[31m",
    Action.ADOPT: "\x1b[36m",
    Action.WAIT: "\x1b[36m",
}
_COUNTED = (
    (Action.CREATE, "to create"),
    (Action.UPDATE, "to update"),
    (Action.DELETE, "to delete"),
    (Action.ADOPT, "to share"),
    (Action.WAIT, "in progress"),
    (Action.BLOCKED, "blocked"),
)


def problems(found: Sequence[Problem]) -> str:
    """Every problem with its place, and how many there are."""
    count = f"{len(found)} problem{'s' * (len(found) != 1)} in the specs; nothing was sent"
    return "\n\n".join([*(str(problem) for problem in found), count])


def plan(plan: Plan, *, color: bool = False) -> str:
    """What would change and why, in the order in which it would be done."""
    shown = [change for change in plan.changes if change.action is not Action.NOOP]
    lines = [line for change in shown for line in _change(change, color)]
    for orphan in plan.orphans:
        lines.append(f"  ? {_orphan(orphan)}")
    for (kind, account), error in plan.unreadable.items():
        lines.append(f"  ! cannot list {kind}s in account/{account}: {printable(error.message)}")
    if lines:
        lines.append("")
    lines += _staying(plan.stays)
    lines.append(summary(plan))
    if not plan.is_empty:
        lines.append(f"Digest: {plan.digest}")
    return "\n".join(lines) + "\n"


def summary(plan: Plan) -> str:
    """One line: how much of what."""
    counts = Counter(change.action for change in plan.changes)
    runs = f" ({plan.runs} training run{'s' * (plan.runs != 1)})" if plan.runs else ""
    parts = [
        f"{counts[action]} {words}{runs if action is Action.CREATE else ''}"
        for action, words in _COUNTED
        if counts[action]
    ]
    unchanged = counts[Action.NOOP]
    if not parts and plan.unreadable:
        return f"Plan: nothing can be said for sure, {unchanged} unchanged."
    if not parts:
        return f"Plan: nothing to do, {unchanged} resource{'s are' if unchanged != 1 else ' is'} as declared."
    return f"Plan: {', '.join(parts)}, {unchanged} unchanged."


def results(found: Iterable[Result]) -> str:
    """What became of the changes: those that did not end well with their reason, then one line."""
    found = list(found)
    lines = [
        f"  {result.outcome.value:<8} {result.change.key}  {printable(result.message)}".rstrip()
        for result in found
        if result.outcome.value not in ("done",)
    ]
    changed = [r for r in found if r.change.action not in (Action.NOOP,)]
    counts = Counter(result.outcome.value for result in changed)
    kept = [result for result in found if result.change.action is not Action.DELETE]
    ready = sum(result.outcome.value == "done" for result in kept)
    parts = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    lines.append(f"Apply: {parts or 'nothing to do'}{f'; {ready} of {len(kept)} resources ready' if kept else ''}.")
    return "\n".join(lines) + "\n"


def _change(change: Change, color: bool) -> list[str]:
    symbol, key = _SYMBOLS[change.action], f"{change.key}"
    head = f"  {symbol} {key}"
    if color and change.action in _COLORS:
        head = f"  {_COLORS[change.action]}{symbol} {key}\x1b[0m"
    pad = " " * max(1, 34 - len(key))
    lines = [f"{head}{pad}{change.action.value}: {printable(change.reason)}"]
    lines += [f"      {_field(field)}" for field in change.fields]
    if change.hint:
        lines.append(f"      hint: {printable(change.hint)}")
    return lines


def _field(field: FieldChange) -> str:
    after = _value(field.after)
    return f"{field.path}: {after}" if field.before is None else f"{field.path}: {_value(field.before)} -> {after}"


def _value(value: Any) -> str:
    if isinstance(value, Unknown):
        return f"({value})"
    if isinstance(value, bool):
        return str(value).lower()
    return printable(value)


def _staying(stays: Iterable[Observed]) -> list[str]:
    """What a destruction leaves, counted by kind; protected objects by name."""
    stays = list(stays)
    counts = Counter(one.kind for one in stays if not one.protected)
    words = [f"{count} {word}{'s' * (count != 1)}" for word, count in sorted(counts.items())]
    words += [f"{printable(f'{one.kind}/{one.identity}')} (protected)" for one in stays if one.protected]
    return [f"Stays: {', '.join(words)}."] if words else []


def _orphan(observed: Observed) -> str:
    where = f"{observed.kind}/{observed.identity} in account/{observed.account}"
    return f"{printable(where)} is ours, costs money and is not declared; --prune deletes it"
