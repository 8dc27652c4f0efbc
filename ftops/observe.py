"""What exists: one listing per kind and account, all at once, and then the object of each resource among it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ftops.errors import FtopsError
from ftops.resource import Desired, Link, Observed, Phase, Resource, ResourceKey, Spec, Unknown, reference_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ftops.clock import Clock
    from ftops.graph import Graph
    from ftops.service import Services

Listing = tuple[str, str]


@dataclass(slots=True, repr=False)
class Observation:
    """The live side of a graph.

    `found` holds the object of each resource that has one, `desired` every resource with its references resolved as
    far as they can be. `unreadable` says why a (kind, account) could not be listed: its absence proves nothing.
    """

    graph: Graph
    at: float = 0.0
    objects: list[Observed] = field(default_factory=list)
    found: dict[ResourceKey, Observed] = field(default_factory=dict)
    desired: dict[ResourceKey, Desired[Any]] = field(default_factory=dict)
    duplicates: list[tuple[ResourceKey, Observed]] = field(default_factory=list)
    unreadable: dict[Listing, FtopsError] = field(default_factory=dict)
    obstacles: dict[ResourceKey, FtopsError] = field(default_factory=dict)


async def observe(graph: Graph, services: Services, clock: Clock, *, all_kinds: bool = False) -> Observation:
    """Ask the live accounts what exists. Sends only GET requests.

    With `all_kinds` every kind is listed in every account, so that what nothing declares any more is seen too.
    """
    observation = Observation(graph, clock.now())
    used = {(key.kind, resource.account) for key, resource in graph.resources.items()}
    listings = _listings(graph, services, used, all_kinds=all_kinds)
    found = await asyncio.gather(*(_list(graph, services, *one) for one in listings))
    by_identity: dict[tuple[str, str, str], list[Observed]] = {}
    for listing, objects in zip(listings, found, strict=True):
        if isinstance(objects, FtopsError):
            if all_kinds or listing in used:
                observation.unreadable[listing] = objects
            continue
        observation.objects += objects
        for one in objects:
            by_identity.setdefault((one.kind, one.account, one.identity), []).append(one)
    await _settle(observation, services, by_identity)
    return observation


def _listings(graph: Graph, services: Services, used: set[Listing], *, all_kinds: bool) -> list[Listing]:
    """The (kind, account) pairs to list, in a fixed order.

    What costs money while it idles is looked for where nothing declares it too, unless an account is used with a key:
    its user may well have no token for ARM.
    """
    sought = [kind.name() for kind in graph.kinds.all_managed() if all_kinds or kind.costs_while_idle]
    accounts = [name for name, service in services.items() if all_kinds or not service.address.key_variable]
    wanted = used | {(kind, account) for account in accounts for kind in sought}
    return sorted(one for one in wanted if graph.kinds.managed(one[0]).listed)


async def _list(graph: Graph, services: Services, kind: str, account: str) -> list[Observed] | FtopsError:
    marker = graph.workspace.project.marker
    try:
        return [o async for o in graph.kinds.managed(kind).observe(services, account, marker)]
    except FtopsError as error:
        return error


async def _settle(
    observation: Observation, services: Services, by_identity: Mapping[tuple[str, str, str], list[Observed]]
) -> None:
    """Find each resource's object, after those of what it needs; requests that do not wait for others go together."""
    resolver = Resolver(observation.graph, services, observation.found)
    remaining = list(observation.graph.resources.values())
    while remaining:
        unsettled: set[ResourceKey] = set()
        later, asking = [], []
        for resource in remaining:
            if any(need in unsettled for need in observation.graph.needs[resource.key]):
                later.append(resource)
            elif resolver.needs_request(resource):
                asking.append(resource)
            else:
                _match(observation, resolver.desired_at_once(resource), by_identity)
                continue
            unsettled.add(resource.key)
        await asyncio.gather(*(_ask(observation, resolver, services, resource) for resource in asking))
        for resource in asking:
            _match(observation, observation.desired[resource.key], by_identity)
        remaining = later


def _match(
    observation: Observation, desired: Desired[Any], by_identity: Mapping[tuple[str, str, str], list[Observed]]
) -> None:
    observation.desired[desired.key] = desired
    kind = observation.graph.kinds.managed(desired.key.kind)
    if not kind.listed:
        return
    objects = by_identity.get((desired.key.kind, desired.account, kind.identity(desired)), [])
    if objects:
        kept, *others = sorted(objects, key=_seniority)
        observation.found[desired.key] = kept
        observation.duplicates += [(desired.key, other) for other in others]


def _seniority(observed: Observed) -> tuple[bool, bool, float, str]:
    """Of several objects of one identity the oldest is kept, but ours before others' and none that failed."""
    return (not observed.owned, observed.phase is Phase.FAILED, observed.created_at, observed.id)


async def _ask(observation: Observation, resolver: Resolver, services: Services, resource: Resource[Any]) -> None:
    """Settle a resource that takes requests of its own: to resolve a reference, or to look it up."""
    key, kind = resource.key, observation.graph.kinds.managed(resource.key.kind)
    try:
        desired = observation.desired[key] = await resolver.desired(resource)
        if not kind.listed and not desired.is_known:
            await kind.precheck(services, desired)
        elif not kind.listed and (found := await kind.look_up(services, desired)) is not None:
            observation.found[key] = found
    except FtopsError as error:
        observation.obstacles[key] = error
        observation.desired.setdefault(key, resolver.desired_at_once(resource))


@dataclass(slots=True)
class Resolver:
    """Turns references into values, as far as the objects behind them are ready."""

    graph: Graph
    services: Services
    found: Mapping[ResourceKey, Observed]

    def needs_request(self, resource: Resource[Any]) -> bool:
        """Whether settling this resource takes a request of its own."""
        is_listed = self.graph.kinds.managed(resource.key.kind).listed
        return not is_listed or any(self._ready(link) and self._at_hand(link) is None for link in resource.links)

    def desired_at_once(self, resource: Resource[Any]) -> Desired[Any]:
        """The resource with the values that are at hand, and an Unknown for the rest."""
        inputs: dict[str, str | Unknown] = dict(_constants(resource.spec))
        for link in resource.links:
            inputs[link.field] = (self._at_hand(link) if self._ready(link) else None) or link.unknown
        return Desired(resource, self.graph.workspace.project.marker, inputs)

    async def desired(self, resource: Resource[Any]) -> Desired[Any]:
        """The resource with every value that can be had. Raises Obstacle if a chosen checkpoint does not exist."""
        desired = self.desired_at_once(resource)
        inputs = dict(desired.inputs)
        for link in resource.links:
            if isinstance(inputs[link.field], Unknown) and self._ready(link):
                kind = self.graph.kinds.managed(link.target.kind)
                observed = self.found[link.target]
                inputs[link.field] = await kind.output(self.services, observed, link.output, link.choice)
        return Desired(resource, desired.project, inputs)

    def _ready(self, link: Link) -> bool:
        observed = self.found.get(link.target)
        return observed is not None and observed.phase is Phase.READY

    def _at_hand(self, link: Link) -> str | None:
        if link.choice not in ("", "final"):
            return None
        return self.found[link.target].outputs.get(link.output)


def _constants(spec: Spec) -> Iterable[tuple[str, str]]:
    """(field, value) of the mappings that stand for a value without naming a resource."""
    for name, key, mark in reference_fields(type(spec)):
        value = getattr(spec, name) if mark is None else None
        constant = value.constant() if isinstance(value, Spec) else None
        if constant is not None:
            yield key, constant


def relist_finds(objects: Iterable[Observed], identity: str) -> Observed | None:
    """The object of this identity that is ours, if a listing holds it."""
    ours = [one for one in objects if one.identity == identity and one.owned]
    return min(ours, key=_seniority) if ours else None
