"""What a job shows of its training: metrics in events and checkpoints, and its result file.

Stored are only steps. Figures are laid over them when they are read, so that time can pass without any computing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ftops.emulator import files
from ftops.emulator.learning import figures, shelf
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


def checkpoint(world: World, job: Document, found: Document) -> dict[str, Any]:
    """As clients see it. That one of a paused step is measured on the whole validation file, too, is inferred."""
    step, key = found.wire["step_number"], job.hidden["learns"]
    row = shelf.rows(world, key)[step]
    if math.isnan(row[4]) and not found.hidden["of_epoch"] and shelf.recipe(world, key).valid:
        row = (*row[:4], *shelf.rows(world, key, step)[step][4:])
    return found.wire | {"metrics": figures.metrics(step, row)}


def events(world: World, job: Document, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the figures of their steps."""
    if not any(event["type"] == "metrics" for event in found):
        return found
    rows = shelf.rows(world, job.hidden["learns"])
    return [_told(event, rows) for event in found]


def _told(event: dict[str, Any], rows: dict[int, tuple[float, ...]]) -> dict[str, Any]:
    if event["type"] != "metrics":
        return event
    step = event["data"]["step"]
    return event | {"message": figures.message(step, rows[step]), "data": figures.metrics(step, rows[step])}


def begin(world: World, job: Document) -> Document:
    """The result file, with its header only."""
    file = files.add(world, job.account, filename="results.csv", purpose="fine-tune-results", size=0, pieces=iter(()))
    file.hidden |= {"learns": job.hidden["learns"]}
    _show(world, file, 0, job.hidden["total"])
    return file


def grow(world: World, job: Document) -> None:
    """The result file reaches to where the job is. A user may have deleted it meanwhile."""
    if file := world.store.get("file", job.account, job.wire["result_files"][0]):
        _show(world, file, job.hidden["done"], job.hidden["total"])


def _show(world: World, file: Document, done: int, total: int) -> None:
    recipe = shelf.recipe(world, file.hidden["learns"])
    steps = figures.shown_steps(done, total, recipe.epoch)
    file.hidden |= {"done": done, "total": total}
    file.wire["bytes"] = figures.size(steps, valid=bool(recipe.valid), epoch=recipe.epoch)
    world.store.save(file)


def belongs_to_run(file: Document) -> bool:
    """Whether this is the result file of a job."""
    return "learns" in file.hidden


def content(world: World, file: Document) -> bytes:
    recipe = shelf.recipe(world, file.hidden["learns"])
    steps = figures.shown_steps(file.hidden["done"], file.hidden["total"], recipe.epoch)
    rows = shelf.rows(world, recipe.key) if steps else {}
    return figures.csv(steps, rows, valid=bool(recipe.valid), epoch=recipe.epoch)
