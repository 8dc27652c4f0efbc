"""`ftops graph`: what needs what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftops.cli.session import graph_of, options, specs_argument
from ftops.errors import WrongUsage

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.resource import ResourceKey


@click.command()
@options(specs_argument)
@click.option(
    "--format", "form", type=click.Choice(["text", "mermaid", "dot"]), default="text", show_default=True, help="Form."
)
@click.option("--around", metavar="KIND/NAME", help="Only what this resource needs and what needs it.")
@click.option("--critical-path", is_flag=True, help="Instead, the path that usually takes longest.")
def command(specs: Path, form: str, around: str | None, critical_path: bool) -> int:
    """Draw what needs what. Offline."""
    from ftops.report import drawing

    graph = graph_of(specs, revisions=False)
    if around is not None:
        from ftops.questions import around as part_around

        graph = part_around(graph, _key(graph, around))
    click.echo(_path(graph) if critical_path else getattr(drawing, form)(graph))
    return 0


def _key(graph: Graph, name: str) -> ResourceKey:
    """The resource that is meant. Raises WrongUsage."""
    from ftops.validation import nearest

    found = next((key for key in graph.resources if str(key) == name), None)
    if found is None:
        raise WrongUsage(f"there is no resource `{name}`", nearest(name, map(str, graph.resources)))
    return found


def _path(graph: Graph) -> str:
    from ftops.questions import critical_path

    path = critical_path(graph)
    lines = [f"{key}  about {seconds / 60:.0f} min" for key, seconds in path]
    return "\n".join([*lines, f"in all about {sum(seconds for _, seconds in path) / 60:.0f} min"])
