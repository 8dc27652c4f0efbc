"""When each change may start, in which order, and when to turn to which again. Knows names and times, nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from ftops.resource import ResourceKey


@dataclass(frozen=True, slots=True)
class Lane:
    """Something that keys go through, at most `places` of them at a time."""

    name: Hashable
    places: int = 1


class Schedule:
    """Starts a key when all it needs is ready, the beginning of the longest remaining path first.

    Keys that share a lane go as many at a time as it has places. Each operation costs O(log n) for a key it concerns.
    """

    def __init__(
        self,
        needs: Mapping[ResourceKey, Iterable[ResourceKey]],
        priority: Mapping[ResourceKey, float],
        lanes: Mapping[ResourceKey, Lane],
    ) -> None:
        self._priority = priority
        self._lanes = lanes
        self._missing = {key: set(needed) for key, needed in needs.items()}
        self._dependents: dict[ResourceKey, list[ResourceKey]] = {}
        for key, needed in self._missing.items():
            for need in needed:
                self._dependents.setdefault(need, []).append(key)
        self._order = {key: number for number, key in enumerate(needs)}
        self._ready: list[tuple[float, int, ResourceKey]] = []
        self._holders: dict[Lane, set[ResourceKey]] = {}
        self._queues: dict[Lane, list[tuple[float, int, ResourceKey]]] = {}
        self._due: list[tuple[float, int, ResourceKey]] = []
        self._waiting = dict.fromkeys(needs)

    def open(self, keys: Iterable[ResourceKey]) -> None:
        """Let those of the keys start that need nothing any more."""
        for key in keys:
            if key in self._waiting and not self._missing[key]:
                heappush(self._ready, self._rank(key))

    def ready(self, key: ResourceKey) -> None:
        """What needs this key may go on."""
        for dependent in self._dependents.get(key, ()):
            self._missing[dependent].discard(key)
            self.open((dependent,))

    def waiting_for(self, key: ResourceKey) -> list[ResourceKey]:
        """The keys that have not started and need this one."""
        dependents = self._dependents.get(key, ())
        return [one for one in dependents if one in self._waiting and key in self._missing[one]]

    def drop(self, key: ResourceKey) -> None:
        """This key never starts, or has started by itself."""
        self._waiting.pop(key, None)

    def take(self) -> ResourceKey | None:
        """The next key to start, which then holds its lane; None if none can."""
        while self._ready:
            rank = heappop(self._ready)
            key = rank[2]
            lane = self._lanes.get(key)
            if key not in self._waiting:
                continue
            if lane is not None and len(self._holders.get(lane, ())) >= lane.places:
                heappush(self._queues.setdefault(lane, []), rank)
                continue
            self.hold(key)
            self.drop(key)
            return key
        return None

    def hold(self, key: ResourceKey) -> None:
        """This key has one of the places in its lane."""
        lane = self._lanes.get(key)
        if lane is not None:
            self._holders.setdefault(lane, set()).add(key)

    def leave(self, key: ResourceKey) -> None:
        """Give the place to the next that queues for the lane."""
        lane = self._lanes.get(key)
        if lane is not None and key in self._holders.get(lane, ()):
            self._holders[lane].remove(key)
            if self._queues.get(lane):
                heappush(self._ready, heappop(self._queues[lane]))

    def again(self, key: ResourceKey) -> None:
        """This key was refused for the time being: it is to start anew."""
        self._waiting[key] = None
        self.open((key,))

    def turn_to(self, key: ResourceKey, at: float) -> None:
        """Come back to this key at a time."""
        heappush(self._due, (at, self._order[key], key))

    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def due(self, now: float) -> list[ResourceKey]:
        """The keys whose time has come, each once."""
        found = []
        while self._due and self._due[0][0] <= now:
            found.append(heappop(self._due)[2])
        return found

    def missing(self, key: ResourceKey) -> list[ResourceKey]:
        """What this key still waits for."""
        return sorted(self._missing[key])

    def _rank(self, key: ResourceKey) -> tuple[float, int, ResourceKey]:
        return (-self._priority.get(key, 0.0), self._order[key], key)
