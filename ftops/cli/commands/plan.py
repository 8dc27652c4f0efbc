"""`ftops plan`: what would change, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftops.cli import CHANGES, FAILED, IN_PROGRESS, OK, stdout_is_terminal
from ftops.cli.session import (
    Session,
    detailed_option,
    emulator_option,
    graph_of,
    json_option,
    options,
    prune_option,
    specs_argument,
)

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.plan import Plan


@click.command()
@options(specs_argument, emulator_option, prune_option, detailed_option, json_option)
def command(specs: Path, emulator: str | None, prune: bool, detailed_exitcode: bool, as_json: bool) -> int:
    """Show what would change, and why. Sends only GET requests."""
    import asyncio

    plan = asyncio.run(_plan(graph_of(specs), emulator, prune))
    if as_json:
        from ftops.report import data

        click.echo(data.dumps(data.of_plan(plan)))
    else:
        from ftops.report import text

        click.echo(text.plan(plan, color=stdout_is_terminal()), nl=False)
    return _code(plan) if detailed_exitcode else OK


async def _plan(graph: Graph, emulator: str | None, prune: bool) -> Plan:
    from ftops.observe import observe
    from ftops.plan import make_plan

    async with Session.open(graph, emulator) as session:
        return make_plan(await observe(graph, session.services, session.clock, all_kinds=prune), prune=prune)


def _code(plan: Plan) -> int:
    from ftops.plan import Action

    if not plan.is_empty:
        return CHANGES
    if plan.of(Action.BLOCKED):
        return FAILED
    return IN_PROGRESS if plan.of(Action.WAIT) else OK
