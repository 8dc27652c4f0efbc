"""The graph as text, Mermaid or Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.resource import ResourceKey


def text(graph: Graph) -> str:
    """Each resource below what it needs, by account; what was drawn already is only named."""
    drawn: set[ResourceKey] = set()
    lines: list[str] = []

    def draw(key: ResourceKey, depth: int) -> None:
        again = key in drawn and bool(graph.needed_by[key])
        lines.append(f"{'  ' * depth}{key}  [{graph.resources[key].account}]{' (see above)' if again else ''}")
        if key not in drawn:
            drawn.add(key)
            for after in graph.needed_by[key]:
                draw(after, depth + 1)

    for key in graph.resources:
        if not graph.needs[key]:
            draw(key, 0)
    return "\n".join(lines)


def mermaid(graph: Graph) -> str:
    """A flowchart with one box per account, as GitHub renders it."""
    ids = _ids(graph)
    lines = ["flowchart LR"]
    for number, account in enumerate(sorted({r.account for r in graph.resources.values()})):
        lines.append(f"  subgraph a{number}[{account}]")
        members = [key for key, resource in graph.resources.items() if resource.account == account]
        lines += [f'    {ids[key]}["{key}"]' for key in members]
        lines.append("  end")
    lines += [f"  {ids[need]} --> {ids[key]}" for key, needs in graph.needs.items() for need in needs]
    return "\n".join(lines)


def dot(graph: Graph) -> str:
    """A digraph for Graphviz."""
    lines = ["digraph ftops {", "  rankdir=LR; node [shape=box];"]
    lines += [f'  "{key}";' for key in graph.resources]
    lines += [f'  "{need}" -> "{key}";' for key, needs in graph.needs.items() for need in needs]
    return "\n".join([*lines, "}"])


def _ids(graph: Graph) -> dict[ResourceKey, str]:
    return {key: f"n{number}" for number, key in enumerate(graph.resources)}
