"""`ftops schema`: the JSON Schema of the documents."""

from __future__ import annotations

import click


@click.command()
def command() -> int:
    """Print the JSON Schema of the documents, for editors."""
    from ftops.kinds import discover
    from ftops.report.data import dumps
    from ftops.report.docs import schema

    click.echo(dumps(schema(discover())))
    return 0
