"""Objects of ours that no declared resource stands for: superseded runs, duplicates, orphans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ftops.errors import WrongUsage
from ftops.plan import Action, Change, FieldChange, Plan
from ftops.resource import Observed, Phase, ResourceKey

if TYPE_CHECKING:
    from ftops.kind import Managed
    from ftops.observe import Observation

_UNFINISHED = (Phase.PROGRESSING, Phase.PAUSED)


@dataclass
class Leftovers:
    """What an observation holds beside the objects of declared resources."""

    observation: Observation

    def retirements(self) -> Iterator[Change]:
        """Pause or cancel unfinished objects that were superseded (if their spec says so) or are duplicates."""
        for key, observed in self.observation.duplicates:
            reason = f"is a duplicate of {self.observation.found[key].id}"
            yield from _retire(key, observed, self._kind(key.kind).retired(None), reason)
        for key, desired in self.observation.desired.items():
            kind = self._kind(key.kind)
            if not kind.versioned or not self._is_readable(key.kind, desired.account):
                continue
            for observed in self.by_label.get((key.kind, desired.account, kind.label(desired)), ()):
                if not self._is_declared(observed):
                    reason = f"superseded by revision {desired.revision[:8]}"
                    yield from _retire(key, observed, kind.retired(desired.spec), reason)

    def orphans(self) -> Iterator[Observed]:
        """Objects that nothing declares and nothing unfinished uses, those that cost most first."""
        for one in self._ours():
            kind = self._kind(one.kind)
            if kind.prunable and not one.protected and one.id not in self._in_use and not self._is_declared(one):
                yield one

    def destruction(self, include: frozenset[str]) -> Plan:
        """Delete all that costs money while it idles, and the kinds in `include`. Raises WrongUsage."""
        for name in include:
            if name not in {kind.name() for kind in self.observation.graph.kinds.all_managed() if kind.destroyable}:
                raise WrongUsage(f"`{name}` cannot be destroyed", "name `file` or `job`, or nothing")
        changes, stays = [], []
        for one in self._ours():
            kind = self._kind(one.kind)
            is_meant = kind.destroyable and (kind.costs_while_idle or one.kind in include)
            is_over = kind.is_run and one.phase not in _UNFINISHED
            if not is_meant or is_over or one.protected or one.id in self._in_use:
                stays.append(one)
            else:
                changes.append(deletion(one, "is ours"))
        return Plan(tuple(changes), stays=tuple(stays))

    @cached_property
    def by_label(self) -> Mapping[tuple[str, str, str], list[Observed]]:
        """Our objects by kind, account and the name they were made for."""
        found: dict[tuple[str, str, str], list[Observed]] = {}
        for one in self.observation.objects:
            if one.owned and one.label:
                found.setdefault((one.kind, one.account, one.label), []).append(one)
        return found

    def _ours(self) -> list[Observed]:
        ours = [one for one in self.observation.objects if one.owned]
        return sorted(ours, key=lambda one: not self._kind(one.kind).costs_while_idle)

    def _is_declared(self, one: Observed) -> bool:
        return (one.kind, one.account, one.identity) in self._declared

    @cached_property
    def _declared(self) -> set[tuple[str, str, str]]:
        """The identities that declared resources have or will have."""
        desired = self.observation.desired
        return {(key.kind, d.account, self._kind(key.kind).identity(d)) for key, d in desired.items()}

    @cached_property
    def _in_use(self) -> set[str]:
        return {used for one in self.observation.objects if one.phase in _UNFINISHED for used in one.uses}

    def _is_readable(self, kind: str, account: str) -> bool:
        return (kind, account) not in self.observation.unreadable

    def _kind(self, name: str) -> Managed[Any]:
        return self.observation.graph.kinds.managed(name)


def deletion(one: Observed, reason: str) -> Change:
    """The change that deletes an object which nothing declares."""
    key = ResourceKey(one.kind, f"{one.identity}@{one.account}")
    return Change(key, Action.DELETE, reason, one.account, observed=one)


def _retire(key: ResourceKey, observed: Observed, fields: Mapping[str, Any], reason: str) -> Iterator[Change]:
    changed = tuple(
        FieldChange(path, observed.fields.get(path), value)
        for path, value in fields.items()
        if observed.fields.get(path) != value
    )
    if observed.owned and observed.phase in _UNFINISHED and changed:
        name = ResourceKey(key.kind, f"{key.name}@{observed.id}")
        yield Change(name, Action.UPDATE, reason, observed.account, changed, observed=observed)
