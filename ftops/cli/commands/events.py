"""`ftops events`: what the service logged about a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftops.cli.session import Session, emulator_option, graph_of, json_option, options, specs_option
from ftops.errors import FtopsError, WrongUsage

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.kind import LogEntry
    from ftops.resource import ResourceKey


@click.command()
@click.argument("name")
@options(specs_option, emulator_option, json_option)
def command(name: str, specs: Path, emulator: str | None, as_json: bool) -> int:
    """Show the events of a training run, oldest first: `support`, `job/support` or `assistant.tone`."""
    import asyncio
    from dataclasses import asdict

    from ftops.errors import printable
    from ftops.report.data import dumps

    graph = graph_of(specs)
    entries = asyncio.run(_entries(graph, _key(graph, name), emulator))
    if as_json:
        click.echo(dumps([asdict(entry) for entry in entries]))
        return 0
    for entry in entries:
        moment = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"{moment}  {printable(entry.level):<7}  {printable(entry.message)}")
    return 0


def _key(graph: Graph, name: str) -> ResourceKey:
    """The resource that is meant. Raises WrongUsage."""
    from ftops.kind import Managed
    from ftops.validation import nearest

    logged = [k for k in graph.resources if type(graph.kinds.managed(k.kind)).events is not Managed.events]
    found = [key for key in logged if name in (str(key), key.name)]
    if not found:
        raise WrongUsage(f"no run is called `{name}`", nearest(name, [key.name for key in logged]))
    return found[0]


async def _entries(graph: Graph, key: ResourceKey, emulator: str | None) -> list[LogEntry]:
    from ftops.observe import observe

    async with Session.open(graph, emulator) as session:
        observation = await observe(graph, session.services, session.clock)
        found = observation.found.get(key)
        unreadable = observation.unreadable.get((key.kind, graph.resources[key].account))
        if unreadable is not None:
            where = f"{key.kind} in account/{graph.resources[key].account}"
            raise FtopsError(f"cannot list {where}: {unreadable.message}", unreadable.hint)
        if found is None:
            raise FtopsError(f"{key} has no run yet", "`ftops status` says what it waits for")
        entries = [entry async for entry in graph.kinds.managed(key.kind).events(session.services, found)]
    return entries[::-1]
