"""`ftops emulator`: the stand-in for the service, on a socket or as a file."""

from __future__ import annotations

from pathlib import Path

import click

from ftops.cli.session import open_world, span

_file = click.option(
    "--file", default=".ftops/emulator.db", show_default=True, type=click.Path(path_type=Path), help="The world."
)


@click.group(name="emulator")
def command() -> None:
    """Serve, reset or advance the emulator: a stand-in for the service that keeps its world in a file."""


@command.command()
@_file
@click.option("--port", default=8080, show_default=True, help="Port on 127.0.0.1; 0 takes any that is free.")
@click.option("--rate", type=float, help="How many times faster than ours its time passes.")
@click.option("--seed", type=click.Path(path_type=Path), help="A `world.yaml` that a new world begins with.")
def serve(file: Path, port: int, rate: float | None, seed: Path | None) -> int:
    """Serve the world on this machine until interrupted; its time passes like ours."""
    from ftops.emulator.server import serve as run

    open_world(str(file), seed).close()

    def tell(url: str) -> None:
        click.echo(f"data plane {url}/a/<account>/openai/v1/  ARM {url}/subscriptions/…", err=True)

    run(file, port=port, rate=rate, seed_file=seed, on_ready=tell)
    return 0


@command.command()
def about() -> int:
    """Say what the emulator reproduces, how far each behaviour is known, and what is invented."""
    from ftops.emulator.about import text

    click.echo(text(), nl=False)
    return 0


@command.command()
@_file
def reset(file: Path) -> int:
    """Make the world new: two accounts that have trained once, and nothing of ours."""
    world = open_world(str(file))
    world.reset()
    world.close()
    click.echo(f"{file} is as new")
    return 0


@command.command()
@_file
@click.argument("duration", required=False)
def advance(file: Path, duration: str | None) -> int:
    """Let DURATION (30s, 10m, 2h) pass in the world; without it, until the next thing happens."""
    from datetime import UTC, datetime

    length = span(duration) if duration else None
    world = open_world(str(file))
    now = world.advance(length) if length else world.advance_to_next()
    world.close()
    if now is None:
        click.echo("nothing is under way, so nothing will happen")
    else:
        click.echo(f"it is {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} in {file}")
    return 0
