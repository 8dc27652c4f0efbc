"""`ftops plan`: what would change, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftops.cli import CHANGES, FAILED, IN_PROGRESS, OK, wants_color
from ftops.cli.session import (
    detailed_option,
    emulator_option,
    graph_of,
    json_option,
    options,
    planned,
    prune_option,
    specs_argument,
)

if TYPE_CHECKING:
    from ftops.plan import Plan


@click.command()
@options(specs_argument, emulator_option, prune_option, detailed_option, json_option)
def command(specs: Path, emulator: str | None, prune: bool, detailed_exitcode: bool, as_json: bool) -> int:
    """Show what would change, and why. Sends only GET requests. Fails if an account cannot be read."""

    plan, observation = planned(graph_of(specs), emulator, prune=prune)
    if as_json:
        from ftops.report import data

        click.echo(data.dumps(data.of_plan(plan)))
    else:
        from ftops.report import text

        click.echo(text.plan(plan, color=wants_color()), nl=False)
    if observation.unreadable:
        return FAILED
    return _code(plan) if detailed_exitcode else OK


def _code(plan: Plan) -> int:
    from ftops.plan import Action

    if not plan.is_empty:
        return CHANGES
    if plan.of(Action.BLOCKED):
        return FAILED
    return IN_PROGRESS if plan.of(Action.WAIT) else OK
