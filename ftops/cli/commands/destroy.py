"""`ftops destroy`: delete what costs money."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import emulator_option, graph_of, json_option, options, specs_argument, wait_option, yes_option


@click.command()
@options(specs_argument, emulator_option)
@click.option(
    "--include", multiple=True, metavar="KIND", help="Also `file` (delete) or `job` (cancel what is unfinished)."
)
@options(wait_option, yes_option, json_option)
def command(
    specs: Path, emulator: str | None, include: tuple[str, ...], wait: str | None, yes: bool, as_json: bool
) -> int:
    """Delete the deployments of this project, declared or not: they cost money while they idle.

    Protected ones stay, and so do models, files and finished runs. Asks first, prints what stays, and waits until
    they are gone (10 minutes, unless --wait says otherwise).
    """
    from ftops.cli.session import seconds
    from ftops.cli.tick import Destruction

    destruction = Destruction(
        graph_of(specs), emulator, wait=seconds(wait or "10m"), ask=not yes, as_json=as_json, include=frozenset(include)
    )
    return destruction.run().code(detailed=False)
