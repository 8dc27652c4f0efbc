"""The least time in which a graph can be made on the emulator, whatever the order of the work.

Two things bound it from below: the longest path through the graph, and the work that one account can only do so much
of at once. What each object took is read from the service's own records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftops.emulator.catalogue import MAX_RUNNING
from ftops.emulator.stages import PROFILES

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.observe import Observation
    from ftops.resource import Resource, ResourceKey
    from ftops.service import Services

_DELAYS = PROFILES["azure"]
_SECONDS = {
    "file": _DELAYS["file.import"],
    "copy": _DELAYS["copy.arrive"],
    "deployment": _DELAYS["deployment.create"],
}
#: How many objects of a kind an account works on at once.
_AT_ONCE = {"job": MAX_RUNNING["standard"], "deployment": 1}


@dataclass(frozen=True, slots=True)
class Span:
    """What one object takes: seconds before its account begins to work on it, and seconds of that work."""

    before: float
    work: float

    @property
    def whole(self) -> float:
        return self.before + self.work


@dataclass(frozen=True, slots=True)
class Bound:
    """Seconds of the critical path, and the greatest load of one account with what must come before and after it."""

    critical_path: float
    load: float

    @property
    def seconds(self) -> float:
        return max(self.critical_path, self.load)


async def spans(observation: Observation, services: Services) -> dict[ResourceKey, Span]:
    """What each object of the graph took, from the service's records; all of them have to be finished."""
    found = {}
    for key, resource in observation.graph.resources.items():
        if key.kind == "job":
            found[key] = await _span_of_job(services, resource, observation.found[key].id)
        else:
            found[key] = Span(0.0, _SECONDS[key.kind])
    return found


async def _span_of_job(services: Services, resource: Resource, job: str) -> Span:
    """A job waits a fixed time in the queue and then for a place among the running ones; its work ends with it.

    The wait for a place is no property of the job, so only the fixed time counts.
    """
    data = services[resource.account].data
    wire = await data.job(job)
    started = [event["created_at"] async for event in data.events(job) if event["message"] == "Job started."]
    return Span(_DELAYS["job.start"], wire["finished_at"] - started[0])


def bound(graph: Graph, spans: Mapping[ResourceKey, Span]) -> Bound:
    """No apply can be faster than this."""
    heads: dict[ResourceKey, float] = {}
    for key in graph.resources:
        heads[key] = max((heads[need] + spans[need].whole for need in graph.needs[key]), default=0.0)
    tails: dict[ResourceKey, float] = {}
    for key in reversed(graph.resources):
        tails[key] = max((spans[after].whole + tails[after] for after in graph.needed_by[key]), default=0.0)
    critical = max(heads[key] + spans[key].whole + tails[key] for key in graph.resources)
    lanes: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for key, resource in graph.resources.items():
        if key.kind in _AT_ONCE:
            span = spans[key]
            lanes.setdefault((key.kind, resource.account), []).append((heads[key] + span.before, span.work, tails[key]))
    return Bound(critical, max((_load(lane, _AT_ONCE[kind]) for (kind, _), lane in lanes.items()), default=0.0))


def _load(lane: Collection[tuple[float, float, float]], at_once: int) -> float:
    """The bound by one account's places: (earliest begin, work, least time from its end to the end of all).

    Of those that begin no earlier than some moment and leave no less than some time to the end, all the work fits
    between the two.
    """
    found = 0.0
    for begin in {head for head, _, _ in lane}:
        for end in {tail for _, _, tail in lane}:
            works = [work for head, work, tail in lane if head >= begin and tail >= end]
            if works:
                found = max(found, begin + sum(works) / at_once + end)
    return found
