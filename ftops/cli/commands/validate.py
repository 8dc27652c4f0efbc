"""`ftops validate`: check the specs without a network."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import graph_of, json_option, options, specs_argument


@click.command()
@options(specs_argument, json_option)
def command(specs: Path, as_json: bool) -> int:
    """Check the specs, offline: every problem of every file, with its place and what to do."""
    from ftops.errors import SpecsInvalid

    try:
        graph = graph_of(specs, revisions=False)
    except SpecsInvalid as error:
        if not as_json:
            raise
        from ftops.report.data import dumps, of_problem

        click.echo(dumps({"valid": False, "problems": [of_problem(p) for p in error.problems]}))
        return 3
    documents, resources = len(graph.workspace.documents), len(graph.resources)
    if as_json:
        from ftops.report.data import dumps

        click.echo(dumps({"valid": True, "documents": documents, "resources": resources, "problems": []}))
    else:
        click.echo(f"{documents} documents, {resources} resources: no problems")
    return 0
