"""Puts the parts together for one command: specs, kinds, services, clock, and the emulator in place of the network."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from ftops.errors import FtopsError, WrongUsage

if TYPE_CHECKING:
    from ftops.clock import Clock
    from ftops.emulator import World
    from ftops.graph import Graph
    from ftops.observe import Observation
    from ftops.plan import Plan
    from ftops.service import Services
    from ftops.service.address import Address

F = TypeVar("F", bound=Callable[..., Any])

specs_argument = click.argument("specs", type=click.Path(path_type=Path), default="specs")
specs_option = click.option(
    "--specs", type=click.Path(path_type=Path), default="specs", show_default=True, help="Folder of specs."
)
emulator_option = click.option(
    "--emulator",
    metavar="[=FILE]",
    help="Work on an emulated world kept in FILE (.ftops/emulator.db) instead of Azure.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
wait_option = click.option(
    "--wait", metavar="[=DURATION]", help="Poll until everything is ready, or for so long (30s, 10m, 2h)."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
detailed_option = click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 if changes are pending, 5 if work is in progress."
)
prune_option = click.option("--prune", is_flag=True, help="Delete what is ours and not declared any more.")


def options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def graph_of(specs: Path, *, revisions: bool = True) -> Graph:
    """The declared side. Raises SpecsInvalid with every problem."""
    if not specs.exists() and re.fullmatch(r"[0-9.]+[smhd]|.*\.db", str(specs)):
        raise WrongUsage(f"there is no folder `{specs}`", f"an option takes its value after `=`: `--wait={specs}`")
    from ftops.expand import expand
    from ftops.graph import build, with_revisions
    from ftops.kinds import discover
    from ftops.load import load

    graph = build(expand(load(specs, discover())))
    for note in graph.notes:
        click.echo(f"note: {note}", err=True)
    return with_revisions(graph) if revisions else graph


@dataclass(slots=True)
class Session(AbstractAsyncContextManager["Session"]):
    """The live side: services and clock, real or emulated."""

    services: Services
    clock: Clock
    world: World | None = None

    @classmethod
    def open(cls, graph: Graph, emulator: str | None) -> Session:
        """Connect to the accounts of the graph, or to a world in the file `emulator`."""
        from ftops.clock import RealClock
        from ftops.service import Services

        addresses = {name: spec.address(name) for name, spec in graph.workspace.accounts.items()}
        if emulator is None:
            clock: Clock = RealClock()
            return cls(Services.connect(addresses, clock), clock)
        import httpx2

        world = open_world(emulator)
        for address in addresses.values():
            _add_account(world, address)
        from ftops.emulator import create_app

        clock = EmulatorClock(world)
        wire = httpx2.ASGITransport(app=create_app(world))
        return cls(Services.connect(addresses, clock, wire), clock, world)

    async def __aexit__(self, *_: object) -> None:
        await self.services.__aexit__(None, None, None)
        if self.world is not None:
            self.world.close()


def planned(graph: Graph, emulator: str | None, *, prune: bool = False) -> tuple[Plan, Observation]:
    """Observe and plan, and nothing else: sends only GET requests."""
    import asyncio

    from ftops.observe import observe
    from ftops.planner import make_plan

    async def look() -> Observation:
        async with Session.open(graph, emulator) as session:
            return await observe(graph, session.services, session.clock, all_kinds=prune)

    observation = asyncio.run(look())
    return make_plan(observation, prune=prune), observation


def something_happens_soon(world: World) -> bool:
    """Whether anything is due within a day. What is due later is the removal of what nobody uses."""
    due = world.next_due()
    return due is not None and due - world.now() <= 86400.0


@dataclass(slots=True)
class EmulatorClock:
    """The emulator's time: sleeping advances it, so hours of training pass while nothing else does."""

    world: World
    idle: float = 0.0

    def now(self) -> float:
        return self.world.now()

    async def sleep(self, seconds: float) -> None:
        """Let time pass. Raises FtopsError after a day in which nothing could have happened."""
        self.idle = 0.0 if something_happens_soon(self.world) else self.idle + seconds
        if self.idle > 86400.0:
            raise FtopsError("nothing in the emulated world will ever end by itself", "see `ftops status --emulator`")
        self.world.advance(seconds)

    async def first_done(self, tasks: Any, seconds: float) -> None:
        import asyncio

        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _add_account(world: World, address: Address) -> None:
    """Let the world hold an account of the specs. Raises WrongUsage if it has another one at that address."""
    from ftops.emulator import EmulatorError

    host = urlsplit(address.endpoint).hostname or address.name
    try:
        world.ensure_account(name=address.name, region=address.region, resource_id=address.resource_id, host=host)
    except EmulatorError as error:
        raise WrongUsage(
            f"account/{address.name}: {error}", "give it the resource id that this host has there"
        ) from error


def open_world(file: str, seed: Path | None = None) -> World:
    """The emulated world in a file; a new one begins with the `world.yaml` in `seed`. Raises WrongUsage."""
    try:
        from ftops.emulator import EmulatorError, World
    except ModuleNotFoundError as error:
        raise WrongUsage(f"the emulator needs {error.name}", "pip install 'ftops[emulator]'") from error
    try:
        return World.open(file, seed_file=seed)
    except EmulatorError as error:
        raise WrongUsage(str(error), "name another file") from error


def seconds(text: str | None) -> float:
    """`30s`, `10m`, `2h`, `1d`, or `forever`; None is 0. Raises WrongUsage."""
    if text is None:
        return 0.0
    if text == "forever":
        return float("inf")
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise WrongUsage(f"`{text}` is no duration", "write 30s, 10m, 2h or 1d")
    return float(number) * units[unit]


def span(text: str) -> float:
    """A duration that ends, and not at once. Raises WrongUsage."""
    found = seconds(text)
    if not 0 < found < float("inf"):
        raise WrongUsage(f"`{text}` is no duration above 0 that ends", "write 30s, 10m, 2h or 1d")
    return found
