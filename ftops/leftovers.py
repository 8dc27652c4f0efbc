"""Objects of ours that no declared resource stands for: superseded runs, duplicates, orphans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ftops.errors import WrongUsage
from ftops.plan import Action, Change, FieldChange, Plan
from ftops.resource import Desired, Observed, Phase, ResourceKey

if TYPE_CHECKING:
    from ftops.kind import Managed
    from ftops.observe import Observation

#: How long what was made for something else is kept even though nothing is seen to use it: lists may lag.
YOUNG_SECONDS = 900.0

_UNFINISHED = (Phase.PROGRESSING, Phase.PAUSED)


@dataclass
class Leftovers:
    """What an observation holds beside the objects of declared resources."""

    observation: Observation

    def retirements(self, changes: Mapping[ResourceKey, Change]) -> Iterator[Change]:
        """Pause or cancel unfinished objects that were superseded (if their spec says so) or are duplicates.

        Each at most once, and a superseded one only when what replaces it is there or is sent in the same run.
        """
        retired: set[str] = set()
        for key, observed in self.observation.duplicates:
            reason = f"is a duplicate of {self.observation.found[key].id}"
            if observed.id not in retired:
                retired.add(observed.id)
                yield from self._retire(key, observed, None, reason)
        for key, desired in self.observation.desired.items():
            kind, action = self._kind(key.kind), changes[key].action
            if not kind.versioned or (key not in self.observation.found and action is not Action.CREATE):
                continue
            after = key if action is Action.CREATE else None
            for observed in self.by_label.get((key.kind, kind.label(desired)), ()):
                if not self._is_declared(observed) and observed.id not in retired:
                    reason = f"superseded by revision {desired.revision[:8]}"
                    yield from self._retire(key, observed, desired.spec, reason, after)

    def orphans(self) -> Iterator[Observed]:
        """Objects that nothing declares and nothing unfinished uses, those that cost most first."""
        for one in self._ours():
            kind = self._kind(one.kind)
            is_kept = self.is_protected(one) or self._may_be_in_use(one) or self._is_declared(one)
            if kind.prunable and not is_kept and self._is_readable(one.account):
                yield one

    def destruction(self, include: frozenset[str]) -> Plan:
        """Delete all that costs money while it idles, and the kinds in `include`. Raises WrongUsage."""
        known = sorted(kind.name() for kind in self.observation.graph.kinds.all_managed() if kind.destroyable)
        for name in include:
            if name not in known:
                raise WrongUsage(f"`{name}` cannot be destroyed", f"these can: {', '.join(known)}")
        changes, stays = [], []
        for one in self._ours():
            kind = self._kind(one.kind)
            is_meant = kind.destroyable and (kind.costs_while_idle or one.kind in include)
            is_over = kind.is_run and one.phase not in _UNFINISHED
            is_kept = self.is_protected(one) or self._may_be_in_use(one) or not self._is_readable(one.account)
            if not is_meant or is_over or is_kept:
                stays.append(one)
            else:
                changes.append(deletion(one, "is ours"))
        return Plan(tuple(changes), stays=tuple(stays), unreadable=self.observation.unreadable)

    def is_protected(self, one: Observed) -> bool:
        """Whether its tag or its document says that it stays."""
        return one.protected or (one.kind, one.account, one.identity) in self._protected

    @cached_property
    def by_label(self) -> Mapping[tuple[str, str], list[Observed]]:
        """Our objects by kind and the name they were made for, in whatever account."""
        found: dict[tuple[str, str], list[Observed]] = {}
        for one in self.observation.objects:
            if one.owned and one.label:
                found.setdefault((one.kind, one.label), []).append(one)
        return found

    def _ours(self) -> list[Observed]:
        ours = [one for one in self.observation.objects if one.owned]
        return sorted(ours, key=lambda one: not self._kind(one.kind).costs_while_idle)

    def _is_declared(self, one: Observed) -> bool:
        return (one.kind, one.account, one.identity) in self._declared

    @cached_property
    def _declared(self) -> set[tuple[str, str, str]]:
        """The identities that declared resources have or will have."""
        return {self._identity(desired) for desired in self.observation.desired.values()}

    @cached_property
    def _protected(self) -> set[tuple[str, str, str]]:
        return {self._identity(desired) for desired in self.observation.desired.values() if desired.resource.protect}

    def _identity(self, desired: Desired[Any]) -> tuple[str, str, str]:
        return (desired.key.kind, desired.account, self._kind(desired.key.kind).identity(desired))

    def _may_be_in_use(self, one: Observed) -> bool:
        """Whether something unfinished uses it, or it is so young that what uses it may not be listed yet."""
        is_young = self._kind(one.kind).on_demand and self.observation.at - one.created_at < YOUNG_SECONDS
        return one.id in self._in_use or is_young

    @cached_property
    def _in_use(self) -> set[str]:
        return {used for one in self.observation.objects if one.phase in _UNFINISHED for used in one.uses}

    def _is_readable(self, account: str) -> bool:
        """Whether all of the account was seen: what was not could be using anything."""
        return all(one != account for _, one in self.observation.unreadable)

    def _retire(
        self, key: ResourceKey, observed: Observed, spec: Any, reason: str, after: ResourceKey | None = None
    ) -> Iterator[Change]:
        fields = self._kind(key.kind).retired(spec, observed)
        changed = tuple(
            FieldChange(path, observed.fields.get(path), value)
            for path, value in fields.items()
            if observed.fields.get(path) != value
        )
        if observed.owned and observed.phase in _UNFINISHED and changed:
            name = ResourceKey(key.kind, f"{key.name}@{observed.id}")
            yield Change(name, Action.UPDATE, reason, observed.account, changed, observed=observed, after=after)

    def _kind(self, name: str) -> Managed[Any]:
        return self.observation.graph.kinds.managed(name)


def deletion(one: Observed, reason: str, needs: tuple[ResourceKey, ...] = ()) -> Change:
    """The change that deletes an object which nothing declares, once what it needs is ready."""
    name = one.account if one.identity == one.id.lower() else one.id
    key = ResourceKey(one.kind, f"{one.identity}@{name}")
    return Change(key, Action.DELETE, reason, one.account, needs=needs, observed=one)
