"""`ftops init`: a project to begin with."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from ftops.errors import FtopsError, WrongUsage


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--marker", help="2-8 of a-z and 0-9 that mark what is ours; made from the folder's name, if left out.")
def command(folder: Path, marker: str | None) -> int:
    """Write a small project that works on the emulator. Never overwrites a file."""
    marker = marker or _marker(folder)
    if not re.fullmatch(r"[a-z0-9]{2,8}", marker):
        raise WrongUsage(f"`{marker}` is no marker", "use 2-8 of a-z and 0-9")
    files = {folder / path: content for path, content in _files(marker).items()}
    ignored = folder / ".gitignore"
    if ignored.exists():
        del files[ignored]
        click.echo(f"note: add `.ftops/` to {ignored}: the emulator keeps its world there", err=True)
    existing = [str(path) for path in files if path.exists()]
    if existing:
        raise FtopsError(f"these files exist already: {', '.join(existing)}", "name an empty folder")
    for path, content in files.items():
        _write(path, content)
        click.echo(f"wrote {path}")
    there = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"\nNext:\n  {there}ftops plan --emulator\n  ftops apply --emulator --wait\n  ftops status --emulator")
    return 0


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise FtopsError(f"cannot write {path}: {error.strerror}", "name another folder") from error


def _marker(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]", "", folder.resolve().name.lower())[:8]
    return name if len(name) >= 2 else "ftops"


def _files(marker: str) -> dict[str, str]:
    """What is written where, below the folder."""
    from ftops.kinds import discover
    from ftops.report.data import dumps
    from ftops.report.docs import schema

    scaffold = resources.files("ftops.cli") / "scaffold"
    found = {"specs/ftops.schema.json": dumps(schema(discover())) + "\n", ".gitignore": ".ftops/\n"}
    for entry in sorted(scaffold.iterdir(), key=lambda one: one.name):
        if entry.name == "data":
            found |= {f"specs/data/{one.name}": one.read_text("utf-8") for one in entry.iterdir()}
        else:
            found[f"specs/{entry.name}"] = entry.read_text("utf-8").replace("MARKER", marker)
    return found
