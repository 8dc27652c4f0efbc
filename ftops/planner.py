"""Desired and observed in, changes out. Pure: no request, no clock, no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ftops.leftovers import Leftovers, deletion
from ftops.plan import Action, Change, FieldChange, Plan
from ftops.resource import Desired, Observed, Phase, ResourceKey

if TYPE_CHECKING:
    from ftops.kind import Managed
    from ftops.observe import Observation


def make_plan(observation: Observation, *, prune: bool = False) -> Plan:
    """Compare what is declared with what exists."""
    return _Planner(observation, Leftovers(observation)).plan(prune=prune)


@dataclass
class _Planner:
    observation: Observation
    leftovers: Leftovers
    changes: dict[ResourceKey, Change] = field(default_factory=dict)
    #: Why a resource will not become ready, whatever is applied.
    stuck: dict[ResourceKey, str] = field(default_factory=dict)
    #: Resources that get another object in place of an earlier one.
    renewed: set[ResourceKey] = field(default_factory=set)
    #: The first resource of each identity that is about to be made: the others share it.
    makers: dict[tuple[str, str, str], ResourceKey] = field(default_factory=dict)

    def plan(self, *, prune: bool) -> Plan:
        for key in self.observation.graph.resources:
            self._decide(key)
        retired = list(self.leftovers.retirements(self.changes))
        orphans = list(self.leftovers.orphans())
        deletions = [self._deletion(orphan) for orphan in orphans] if prune else []
        costly = [o for o in orphans if self._kind(o.kind).costs_while_idle and not prune]
        changes = (*self.changes.values(), *retired, *deletions)
        return Plan(changes, tuple(costly), unreadable=self.observation.unreadable)

    def _deletion(self, orphan: Observed) -> Change:
        """Nothing is taken down before what is still to be made in its account is there."""
        unsettled = [c for c in self.changes.values() if c.account == orphan.account and c.action is not Action.NOOP]
        return deletion(orphan, "not declared in the specs", tuple(change.key for change in unsettled))

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
            if before is not None:
                self.renewed.add(key)
            fields = self._differences(before.fields if before else {}, kind.declared(desired))
            self._add(desired, None, Action.CREATE, self._why_new(key, before, fields), fields)

    def _why_new(self, key: ResourceKey, before: Observed | None, fields: tuple[FieldChange, ...]) -> str:
        if before is None:
            renewed = [need for need in self.observation.graph.needs[key] if need in self.renewed]
            return f"does not exist; {', '.join(map(str, renewed))} changed" if renewed else "does not exist"
        if fields:
            return f"new revision: {', '.join(f.path for f in fields)} changed"
        return f"new revision: differs from {before.id} in what the service does not report"

    def _decide_present(self, desired: Desired[Any], observed: Observed) -> None:
        key, kind = desired.key, self._kind(desired.key.kind)
        fields = self._differences(observed.fields, kind.compared(desired, observed))
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
            self._add(desired, observed, Action.NOOP, "paused; `state: running` resumes it")
            self.stuck[key] = "is paused"
        else:
            self._add(desired, observed, Action.NOOP, "")

    def _decide_failed(self, desired: Desired[Any], observed: Observed, fields: tuple[FieldChange, ...]) -> None:
        kind = self._kind(desired.key.kind)
        if kind.on_demand and not self._is_wanted(desired.key):
            self._add(desired, observed, Action.NOOP, "not needed: every run that learns from it exists")
            return
        message = "was cancelled" if observed.message == "cancelled" else f"failed: {observed.message}"
        if kind.repairable:
            action = Action.CREATE if kind.versioned else Action.UPDATE
            wanted = self._differences({}, kind.compared(desired, observed)) if not kind.versioned else fields
            self._add(desired, observed, action, f"the last attempt {message}", wanted)
        elif kind.compared(desired, observed) and not fields:
            self._add(desired, observed, Action.NOOP, message)
            self.stuck[desired.key] = message
        else:
            self._stop(desired, observed, message, kind.remedy, short=message)

    def _is_wanted(self, key: ResourceKey) -> bool:
        """Whether anything that needs this resource is itself still to be made."""
        return any(self._is_to_be_made(after) for after in self.observation.graph.needed_by[key])

    def _is_to_be_made(self, key: ResourceKey) -> bool:
        resource = self.observation.graph.resources[key]
        is_readable = (key.kind, resource.account) not in self.observation.unreadable
        return is_readable and key not in self.observation.found and not self._kind(key.kind).withheld(resource.spec)

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
            for o in self.leftovers.by_label.get((desired.key.kind, label), ())
            if label and o.account == desired.account and o.identity != kind.identity(desired)
        ]
        return max(mine, key=lambda o: o.created_at, default=None)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Names to show instead of ids: a file's id says nothing to a reader."""
        return {o.id: o.identity for o in self.observation.objects if self._kind(o.kind).on_demand}

    def _differences(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
        """The fields of `after` that `before` does not have so. An unknown value differs from everything."""
        return tuple(
            FieldChange(path, self._readable(before.get(path)), self._readable(value))
            for path, value in after.items()
            if before.get(path) != value
        )

    def _readable(self, value: Any) -> Any:
        return self._names.get(value, value) if isinstance(value, str) else value

    def _stop(
        self,
        desired: Desired[Any],
        observed: Observed | None,
        reason: str,
        hint: str = "",
        *,
        short: str = "is blocked",
    ) -> None:
        self.stuck[desired.key] = short
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
        self.changes[key] = Change(key, action, reason, desired.account, fields, needs, desired, observed, hint, is_run)

    def _kind(self, name: str) -> Managed[Any]:
        return self.observation.graph.kinds.managed(name)
