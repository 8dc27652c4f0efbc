"""Which resource needs which. Sorted by graphlib; networkx is imported only for questions about the graph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from ftops.errors import Problem, SpecsInvalid
from ftops.revision import LENGTH, revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ftops.expand import Expansion
    from ftops.kind import Kinds
    from ftops.load import Workspace
    from ftops.resource import Resource, ResourceKey


@dataclass(repr=False)
class Graph:
    """Resources in an order in which each comes after what it needs."""

    workspace: Workspace
    resources: dict[ResourceKey, Resource[Any]]
    needs: Mapping[ResourceKey, tuple[ResourceKey, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> Kinds:
        return self.workspace.kinds

    @cached_property
    def needed_by(self) -> Mapping[ResourceKey, list[ResourceKey]]:
        """The direct dependents of each resource, in order."""
        found: dict[ResourceKey, list[ResourceKey]] = {key: [] for key in self.resources}
        for key, needs in self.needs.items():
            for need in needs:
                found[need].append(key)
        return found

    def seconds_to_end(self) -> Mapping[ResourceKey, float]:
        """For each resource, how long it and the longest path behind it usually take: what to start first."""
        found: dict[ResourceKey, float] = {}
        for key in reversed(self.resources):
            own = self.kinds.managed(key.kind).typical_seconds
            found[key] = own + max((found[after] for after in self.needed_by[key]), default=0.0)
        return found


def build(expansion: Expansion) -> Graph:
    """The graph of an expansion. Raises SpecsInvalid with every problem found so far, cycles included."""
    resources = expansion.resources
    needs = {key: _needs(resource) for key, resource in resources.items()}
    order, rings = _sorted(needs)
    problems = [*expansion.problems, *(_cycle(resources, ring) for ring in rings)]
    if problems:
        raise SpecsInvalid(problems)
    return Graph(
        expansion.workspace,
        {key: resources[key] for key in order},
        {key: needs[key] for key in order},
        expansion.notes,
    )


def with_revisions(graph: Graph) -> Graph:
    """The same graph, each resource with its revision. Reads the training files.

    Raises SpecsInvalid if one of them cannot be read.
    """
    revisions: dict[ResourceKey, str] = {}
    problems: list[Problem] = []
    for key, resource in graph.resources.items():
        try:
            content = graph.kinds.managed(key.kind).content(resource.spec)
        except OSError as error:
            place = resource.place()
            problems.append(Problem("FT301", f"cannot read {error.filename}: {error.strerror}", place))
            content = ""
        revisions[key] = content[:LENGTH] if content else revision(resource, revisions)
    problems += _quarrels(graph, revisions)
    if problems:
        raise SpecsInvalid(problems)
    resources = {key: replace(r, revision=revisions[key]) for key, r in graph.resources.items()}
    return Graph(graph.workspace, resources, graph.needs, graph.notes)


def _quarrels(graph: Graph, revisions: Mapping[ResourceKey, str]) -> Iterator[Problem]:
    """Resources that share one object and want it in different ways."""
    seen: dict[tuple[str, str, str], ResourceKey] = {}
    for key, resource in graph.resources.items():
        kind = graph.kinds.managed(key.kind)
        other = seen.setdefault((key.kind, resource.account, revisions[key]), key)
        policies = [kind.policy(graph.resources[one].spec) for one in (other, key)]
        if other != key and kind.versioned and policies[0] != policies[1]:
            message = f"{other} and {key} are one run, and want it in different ways: {', '.join(policies)}"
            yield Problem("FT205", message, resource.place(), "declare the same, or change what one of them learns")


def _needs(resource: Resource[Any]) -> tuple[ResourceKey, ...]:
    return tuple(dict.fromkeys(link.target for link in resource.links))


def _sorted(
    needs: Mapping[ResourceKey, tuple[ResourceKey, ...]],
) -> tuple[list[ResourceKey], list[list[ResourceKey]]]:
    """The order, and the rings of resources that stand in its way, each in the direction of need."""
    rings: list[list[ResourceKey]] = []
    while True:
        try:
            return list(TopologicalSorter(needs).static_order()), rings
        except CycleError as error:
            ring = error.args[1][:0:-1]  # graphlib gives the path against the direction of need
            rings.append(ring)
            needs = {k: tuple(n for n in of if n not in ring) for k, of in needs.items() if k not in ring}


def _cycle(resources: Mapping[ResourceKey, Resource[Any]], ring: list[ResourceKey]) -> Problem:
    """The path begins at the first in the alphabet."""
    start = ring.index(min(ring))
    path = [*ring[start:], *ring[: start + 1]]
    steps = " -> ".join(map(str, path))
    resource = resources[path[0]]
    place = resource.place(next((link.field,) for link in resource.links if link.target == path[1]))
    return Problem("FT202", f"a resource needs itself: {steps}", place, "remove one of the references")
