"""The requests that one change takes: the write itself, looks at its object, and the search after a lost answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ftops.errors import Obstacle
from ftops.observe import Resolver, relist_finds
from ftops.plan import Action, Change
from ftops.resource import Desired, Observed, Phase, ResourceKey

if TYPE_CHECKING:
    from ftops.clock import Clock
    from ftops.kind import Managed
    from ftops.observe import Observation
    from ftops.service import Services

#: A listing older than this is read again before something versioned is made, in seconds; before a run, always.
STALE_SECONDS = 60.0


@dataclass(slots=True)
class Work:
    """Speaks to the kinds on behalf of a run. `found` is shared with the run: what exists by now."""

    observation: Observation
    services: Services
    clock: Clock
    found: Mapping[ResourceKey, Observed]
    _sent: dict[ResourceKey, Mapping[str, Any]] = field(default_factory=dict)

    async def write(self, change: Change) -> Observed | None:
        """Send the write of a change, once. None means that nothing is left of its object."""
        kind = self._kind(change)
        if change.action is Action.DELETE:
            assert change.observed is not None
            await kind.delete(self.services, change.observed, self._marker)
            return change.observed if kind.one_writer else None
        if change.action is Action.ADOPT:
            return self.found[change.needs[0]]
        desired = await self._desired(change)
        if change.action is Action.UPDATE:
            assert change.observed is not None
            values = self._sent[change.key] = self._values(change, desired)
            return await kind.update(self.services, change.observed, values, desired)
        assert desired is not None
        return await self._look_before(kind, desired) or await kind.create(self.services, desired)

    async def see(self, change: Change, observed: Observed) -> Observed:
        """The object as it is now. Raises NotFound if it is gone."""
        return await self._kind(change).poll(self.services, observed, self._marker)

    async def search(self, change: Change) -> Observed:
        """After a lost answer: the object, if the write took effect. Raises Obstacle while nothing shows that."""
        if change.observed is not None and change.action is not Action.CREATE:
            seen = await self.see(change, change.observed)
            if change.action is Action.DELETE or not self.took_effect(change, seen):
                raise Obstacle("the answer was lost, and the object is as it was before")
            return seen
        desired = await self._desired(change)
        assert desired is not None
        kind = self._kind(change)
        found = await (self._relist(kind, desired) if kind.listed else kind.look_up(self.services, desired))
        if found is None:
            raise Obstacle("the answer was lost, and no listing shows the object")
        return found

    def took_effect(self, change: Change, observed: Observed) -> bool:
        """Whether an update that was sent has brought its fields about."""
        values = self._sent.get(change.key, {})
        return bool(values) and all(observed.fields.get(path) == value for path, value in values.items())

    def _values(self, change: Change, desired: Desired[Any] | None) -> Mapping[str, Any]:
        """The values that an update sets, with what became known since the plan."""
        if desired is None or change.observed is None:
            return {field.path: field.after for field in change.fields}
        compared = self._kind(change).compared(desired, change.observed)
        return {field.path: compared[field.path] for field in change.fields}

    async def _desired(self, change: Change) -> Desired[Any] | None:
        if change.desired is None:
            return None
        resolver = Resolver(self.observation.graph, self.services, self.found)
        return await resolver.desired(change.desired.resource)

    async def _look_before(self, kind: Managed[Any], desired: Desired[Any]) -> Observed | None:
        """Somebody else may have made it since the plan: look before creating."""
        if not kind.listed:
            found = await kind.look_up(self.services, desired)
            return None if found is not None and found.phase is Phase.FAILED else found
        is_fresh = self.clock.now() - self.observation.at <= STALE_SECONDS
        if not kind.versioned or (is_fresh and not kind.is_run):
            return None
        return await self._relist(kind, desired)

    async def _relist(self, kind: Managed[Any], desired: Desired[Any]) -> Observed | None:
        objects = [one async for one in kind.observe(self.services, desired.account, desired.project)]
        return relist_finds(objects, kind.identity(desired))

    def _kind(self, change: Change) -> Managed[Any]:
        return self.observation.graph.kinds.managed(change.key.kind)

    @property
    def _marker(self) -> str:
        return str(self.observation.graph.workspace.project.marker)
