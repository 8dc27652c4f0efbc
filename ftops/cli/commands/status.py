"""`ftops status`: the phase of every resource."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import emulator_option, graph_of, json_option, options, planned, specs_argument


@click.command()
@options(specs_argument, emulator_option, json_option)
def command(specs: Path, emulator: str | None, as_json: bool) -> int:
    """Show the phase of every resource, why, and what it waits for."""
    from ftops.report import data, status

    plan, observation = planned(graph_of(specs), emulator)
    rows = status.rows(plan, observation)
    if as_json:
        click.echo(data.dumps(status.data(rows)))
    else:
        click.echo(status.text(rows, observation.unreadable))
    return 1 if observation.unreadable else 0
