"""`ftops reconcile`: plan and apply without questions, once or again and again."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli import told
from ftops.cli.session import (
    detailed_option,
    emulator_option,
    graph_of,
    json_option,
    options,
    prune_option,
    span,
    specs_argument,
)


@click.command()
@options(specs_argument, emulator_option, prune_option, detailed_option, json_option)
@click.option("--every", metavar="DURATION", help="Go on for ever, with a pause of so long (10m) in between.")
def command(
    specs: Path, emulator: str | None, prune: bool, detailed_exitcode: bool, as_json: bool, every: str | None
) -> int:
    """Plan and apply without questions: one tick, or with --every again and again.

    The specs are read anew at every tick. On the emulator the pause advances its clock, and the command ends
    when nothing is under way any more.
    """
    from ftops.cli.tick import Tick
    from ftops.errors import FtopsError

    pause_seconds = span(every) if every is not None else 0.0
    while True:
        try:
            tick = Tick(graph_of(specs), emulator, prune=prune, ask=False, as_json=as_json).run()
            code = tick.code(detailed=detailed_exitcode)
        except FtopsError as error:
            if every is None or emulator is not None:
                raise
            code, tick = told(error), None
        if every is None or (emulator is not None and (tick is None or not tick.is_in_progress)):
            return code
        if not _rest(pause_seconds, emulator):
            return code


def _rest(seconds: float, emulator: str | None) -> bool:
    """Let time pass; false if nothing can happen in it."""
    if emulator is None:
        import time

        time.sleep(seconds)
        return True
    from ftops.cli.session import open_world, something_happens_soon

    world = open_world(emulator)
    can_happen = something_happens_soon(world)
    world.advance(seconds)
    world.close()
    return can_happen
