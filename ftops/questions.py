"""Questions about the graph, answered by networkx, which is imported when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftops.graph import Graph

if TYPE_CHECKING:
    from ftops.resource import ResourceKey


def around(graph: Graph, key: ResourceKey) -> Graph:
    """The part of the graph that a resource needs or that needs it, at whatever distance."""
    import networkx

    whole = _directed(graph)
    kept = {key} | networkx.ancestors(whole, key) | networkx.descendants(whole, key)
    return Graph(
        graph.workspace,
        {one: resource for one, resource in graph.resources.items() if one in kept},
        {one: tuple(need for need in graph.needs[one] if need in kept) for one in graph.resources if one in kept},
    )


def critical_path(graph: Graph) -> list[tuple[ResourceKey, float]]:
    """The path that usually takes longest, and how long each resource on it usually takes, in seconds."""
    import networkx

    path = networkx.dag_longest_path(_directed(graph), weight="seconds")
    return [(key, _seconds(graph, key)) for key in path]


def _directed(graph: Graph) -> Any:
    """Edges lead from what is needed to what needs it, weighted by the time that the latter usually takes."""
    import networkx

    found: networkx.DiGraph[ResourceKey] = networkx.DiGraph()
    found.add_nodes_from(graph.resources)
    for key, needs in graph.needs.items():
        found.add_edges_from(((need, key) for need in needs), seconds=_seconds(graph, key))
    return found


def _seconds(graph: Graph, key: ResourceKey) -> float:
    return graph.kinds.managed(key.kind).typical_seconds
