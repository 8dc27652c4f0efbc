"""Desired and observed in, changes out. Pure: no request, no clock, no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ftops.errors import UnsafePlan
from ftops.resource import Desired, Observed, Phase, ResourceKey

if TYPE_CHECKING:
    from ftops.kind import Managed
    from ftops.observe import Observation


class Action(StrEnum):
    """What happens to one resource."""

    NOOP = "noop"
    WAIT = "wait"
    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DELETE = "delete"
    BLOCKED = "blocked"


#: Actions that write.
CHANGING = frozenset((Action.CREATE, Action.UPDATE, Action.DELETE))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `after` is an Unknown if the value exists only later."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource, and why.

    `needs` are the resources that must be ready first. `desired` is None for objects that nothing declares,
    `observed` for resources that do not exist.
    """

    key: ResourceKey
    action: Action
    reason: str
    account: str
    fields: tuple[FieldChange, ...] = ()
    needs: tuple[ResourceKey, ...] = ()
    desired: Desired[Any] | None = None
    observed: Observed | None = None
    hint: str = ""
    is_run: bool = False


@dataclass(frozen=True)
class Plan:
    """All changes, in an order in which they can be made.

    `orphans` are objects of ours that nothing declares and that cost money; they are named, never touched unasked.
    """

    changes: tuple[Change, ...]
    orphans: tuple[Observed, ...] = ()

    def of(self, *actions: Action) -> list[Change]:
        return [change for change in self.changes if change.action in actions]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(change.action in CHANGING for change in self.changes)

    @property
    def runs(self) -> int:
        """How many training runs it starts."""
        return sum(change.action is Action.CREATE and change.is_run for change in self.changes)

    @cached_property
    def digest(self) -> str:
        """What was reviewed, as 16 hex digits: keys, actions, revisions and the names of changed fields.

        Values are left out: a training that ends between review and apply makes a value known and changes nothing.
        """
        lines = [
            [str(c.key), c.action, c.desired.revision if c.desired else "", *(f.path for f in c.fields)]
            for c in self.changes
            if c.action in CHANGING
        ]
        return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:16]

    def guard(self, limits: Any) -> None:
        """Raise UnsafePlan if the plan does more than the project allows in one apply."""
        deletions = len(self.of(Action.DELETE))
        if deletions > limits.deletions:
            hint = "raise `limits.deletions` of the Project, or prune less at a time"
            raise UnsafePlan(f"the plan deletes {deletions} objects; the project allows {limits.deletions}", hint)
        if self.runs > limits.runs:
            hint = "raise `limits.runs` of the Project, or declare fewer at a time"
            raise UnsafePlan(f"the plan starts {self.runs} training runs; the project allows {limits.runs}", hint)


def make_plan(observation: Observation, *, prune: bool = False) -> Plan:
    """Compare what is declared with what exists."""
    return _Planner(observation).plan(prune=prune)


@dataclass
class _Planner:
    observation: Observation
    changes: dict[ResourceKey, Change] = field(default_factory=dict)
    #: Why a resource will not become ready, whatever is applied.
    stuck: dict[ResourceKey, str] = field(default_factory=dict)
    #: The first resource of each identity that is about to be made: the others share it.
    makers: dict[tuple[str, str, str], ResourceKey] = field(default_factory=dict)

    def plan(self, *, prune: bool) -> Plan:
        for key in self.observation.graph.resources:
            self._decide(key)
        retired = list(self._retired())
        orphans = list(self._orphans())
        deletions = [self._deletion(orphan) for orphan in orphans] if prune else []
        costly = [o for o in orphans if self._kind(o.kind).costs_while_idle and not prune]
        return Plan((*self.changes.values(), *retired, *deletions), tuple(costly))

    def _decide(self, key: ResourceKey) -> None:
        desired, observed = self.observation.desired[key], self.observation.found.get(key)
        obstacle = self.observation.obstacles.get(key) or self.observation.unreadable.get((key.kind, desired.account))
        if obstacle is not None:
            self._stop(desired, observed, obstacle.message, obstacle.hint)
        elif observed is None:
            self._decide_absent(desired)
        elif not observed.owned:
            hint = f"rename the {key.kind}, or tag it `ftops-project={desired.project}` to hand it over"
            self._stop(desired, observed, "exists and is not marked as ours", hint)
        else:
            self._decide_present(desired, observed)

    def _decide_absent(self, desired: Desired[Any]) -> None:
        key, kind = desired.key, self._kind(desired.key.kind)
        identity = (key.kind, desired.account, kind.identity(desired))
        if kind.on_demand and not self._is_wanted(key):
            self._add(desired, None, Action.NOOP, "not needed: every run that learns from it exists")
        elif reason := kind.withheld(desired.spec):
            self._add(desired, None, Action.NOOP, reason)
            self.stuck[key] = reason
        elif reason := self._stuck_need(key):
            self._stop(desired, None, reason)
        elif identity in self.makers:
            maker = self.makers[identity]
            self._add(desired, None, Action.ADOPT, f"is the same as {maker} and shares it", needs=(maker,))
        else:
            self.makers[identity] = key
            before = self._predecessor(desired, kind)
            fields = self._differences(before.fields if before else {}, kind.declared(desired))
            self._add(desired, None, Action.CREATE, self._why_new(key, before, fields), fields)

    def _why_new(self, key: ResourceKey, before: Observed | None, fields: tuple[FieldChange, ...]) -> str:
        if before is None:
            return "does not exist"
        if fields:
            return f"new revision: {', '.join(f.path for f in fields)} changed"
        return f"new revision: differs from {before.id} in what the service does not report"

    def _decide_present(self, desired: Desired[Any], observed: Observed) -> None:
        key, kind = desired.key, self._kind(desired.key.kind)
        fields = self._differences(observed.fields, kind.compared(desired))
        if observed.phase is Phase.FAILED:
            self._decide_failed(desired, observed, fields)
        elif fields and (reason := self._stuck_need(key)):
            self._stop(desired, observed, reason)
        elif fields and not (kind.one_writer and observed.phase is Phase.PROGRESSING):
            reason = f"{', '.join(f.path for f in fields)} {'differ' if len(fields) > 1 else 'differs'}"
            self._add(desired, observed, Action.UPDATE, reason, fields)
        elif observed.phase is Phase.PROGRESSING:
            self._add(desired, observed, Action.WAIT, observed.message or "under way")
        elif observed.phase is Phase.PAUSED:
            self._add(desired, observed, Action.NOOP, observed.message or "paused")
            self.stuck[key] = "is paused"
        else:
            self._add(desired, observed, Action.NOOP, "")

    def _decide_failed(
        self, desired: Desired[Any], observed: Observed, fields: tuple[FieldChange, ...]
    ) -> None:
        kind = self._kind(desired.key.kind)
        message = observed.message if observed.message == "cancelled" else f"failed: {observed.message}"
        if kind.repairable:
            action = Action.CREATE if kind.versioned else Action.UPDATE
            wanted = self._differences({}, kind.compared(desired)) if not kind.versioned else fields
            self._add(desired, observed, action, f"the last attempt {message}", wanted)
        elif kind.compared(desired) and not fields:
            self._add(desired, observed, Action.NOOP, message)
            self.stuck[desired.key] = message
        else:
            self._stop(desired, observed, message, kind.remedy)

    def _is_wanted(self, key: ResourceKey) -> bool:
        """Whether anything that needs this resource is itself still to be made."""
        return any(self._is_to_be_made(after) for after in self.observation.graph.needed_by[key])

    def _is_to_be_made(self, key: ResourceKey) -> bool:
        resource = self.observation.graph.resources[key]
        is_readable = (key.kind, resource.account) not in self.observation.unreadable
        return (
            is_readable
            and key not in self.observation.found
            and not self._kind(key.kind).withheld(resource.spec)
        )

    def _stuck_need(self, key: ResourceKey) -> str:
        for need in self.observation.graph.needs[key]:
            if need in self.stuck:
                return f"needs {need}, which {self.stuck[need]}"
        return ""

    def _predecessor(self, desired: Desired[Any], kind: Managed[Any]) -> Observed | None:
        """The newest object of ours that was made for this resource by an earlier revision."""
        label = kind.label(desired)
        mine = [
            o
            for o in self._by_label.get((desired.key.kind, desired.account, label), ())
            if label and o.identity != kind.identity(desired)
        ]
        return max(mine, key=lambda o: o.created_at, default=None)

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str, str], list[Observed]]:
        found: dict[tuple[str, str, str], list[Observed]] = {}
        for one in self.observation.objects:
            if one.owned and one.label:
                found.setdefault((one.kind, one.account, one.label), []).append(one)
        return found

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Names to show instead of ids: a file's id says nothing to a reader."""
        return {o.id: o.identity for o in self.observation.objects if self._kind(o.kind).on_demand}

    def _differences(
        self, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> tuple[FieldChange, ...]:
        """The fields of `after` that `before` does not have so. An unknown value differs from everything."""
        return tuple(
            FieldChange(path, self._readable(before.get(path)), self._readable(value))
            for path, value in after.items()
            if before.get(path) != value
        )

    def _readable(self, value: Any) -> Any:
        return self._names.get(value, value) if isinstance(value, str) else value

    def _stop(self, desired: Desired[Any], observed: Observed | None, reason: str, hint: str = "") -> None:
        self.stuck[desired.key] = "is blocked" if reason.startswith("needs ") else reason
        self._add(desired, observed, Action.BLOCKED, reason, hint=hint)

    def _add(
        self,
        desired: Desired[Any],
        observed: Observed | None,
        action: Action,
        reason: str,
        fields: tuple[FieldChange, ...] = (),
        needs: tuple[ResourceKey, ...] | None = None,
        hint: str = "",
    ) -> None:
        key = desired.key
        needs = self.observation.graph.needs[key] if needs is None else needs
        is_run = self._kind(key.kind).is_run
        self.changes[key] = Change(
            key, action, reason, desired.account, fields, needs, desired, observed, hint, is_run
        )

    def _retired(self) -> Iterator[Change]:
        """Unfinished objects that were superseded or are duplicates, and what becomes of them."""
        for key, observed in self.observation.duplicates:
            reason = f"is a duplicate of {self.observation.found[key].id}"
            yield from self._retire(key, observed, self._kind(key.kind).retired(None), reason)
        taken = self._taken
        for key, desired in self.observation.desired.items():
            kind = self._kind(key.kind)
            for observed in self._by_label.get((key.kind, desired.account, kind.label(desired)), ()):
                if kind.versioned and (observed.kind, observed.account, observed.identity) not in taken:
                    fields = kind.retired(desired.spec)
                    yield from self._retire(key, observed, fields, f"superseded by revision {desired.revision[:8]}")

    def _retire(
        self, key: ResourceKey, observed: Observed, fields: Mapping[str, Any], reason: str
    ) -> Iterator[Change]:
        unfinished = observed.phase in (Phase.PROGRESSING, Phase.PAUSED)
        changed = self._differences(observed.fields, fields)
        if observed.owned and unfinished and changed:
            name = ResourceKey(key.kind, f"{key.name}@{observed.id}")
            yield Change(name, Action.UPDATE, reason, observed.account, changed, observed=observed)

    @cached_property
    def _taken(self) -> set[tuple[str, str, str]]:
        """The identities that declared resources have or will have."""
        return {
            (key.kind, desired.account, self._kind(key.kind).identity(desired))
            for key, desired in self.observation.desired.items()
        }

    def _orphans(self) -> Iterator[Observed]:
        """Objects of ours that nothing declares or uses, those that cost most first."""
        unfinished = (Phase.PROGRESSING, Phase.PAUSED)
        in_use = {used for o in self.observation.objects if o.phase in unfinished for used in o.uses}
        objects = sorted(self.observation.objects, key=lambda o: not self._kind(o.kind).costs_while_idle)
        for one in objects:
            kind = self._kind(one.kind)
            is_free = one.owned and not one.protected and one.id not in in_use
            if is_free and kind.prunable and (one.kind, one.account, one.identity) not in self._taken:
                yield one

    def _deletion(self, orphan: Observed) -> Change:
        key = ResourceKey(orphan.kind, f"{orphan.identity}@{orphan.account}")
        return Change(key, Action.DELETE, "not declared in the specs", orphan.account, observed=orphan)

    def _kind(self, name: str) -> Managed[Any]:
        return self.observation.graph.kinds.managed(name)

