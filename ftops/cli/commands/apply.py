"""`ftops apply`: make the changes of a plan."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import (
    detailed_option,
    emulator_option,
    graph_of,
    json_option,
    options,
    prune_option,
    seconds,
    specs_argument,
    wait_option,
    yes_option,
)


@click.command()
@options(specs_argument, emulator_option, wait_option, prune_option, yes_option, detailed_option, json_option)
def command(
    specs: Path,
    emulator: str | None,
    wait: str | None,
    prune: bool,
    yes: bool,
    detailed_exitcode: bool,
    as_json: bool,
) -> int:
    """Make the changes of a plan: submit what is ready, and return. Later runs go on from there.

    Shows the plan and asks first. With --wait it polls until everything is ready.
    """
    from ftops.cli.tick import Tick

    tick = Tick(graph_of(specs), emulator, wait=seconds(wait), prune=prune, ask=not yes, as_json=as_json)
    return tick.run().code(detailed=detailed_exitcode)
