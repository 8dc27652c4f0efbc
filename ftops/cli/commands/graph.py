"""`ftops graph`: what needs what."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import graph_of, options, specs_argument


@click.command()
@options(specs_argument)
@click.option(
    "--format", "form", type=click.Choice(["text", "mermaid", "dot"]), default="text", show_default=True, help="Form."
)
def command(specs: Path, form: str) -> int:
    """Draw what needs what. Offline."""
    from ftops.report import drawing

    graph = graph_of(specs, revisions=False)
    click.echo(getattr(drawing, form)(graph))
    return 0
