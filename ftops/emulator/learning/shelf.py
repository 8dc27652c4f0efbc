"""What is learned in a world: which recipe each job follows, which weights a model's name stands for, all results.

Settling only enrols a job: a few rows, no computation. Who then asks for a figure that nobody has computed yet
meets `Unlearned`, leaves the transaction with nothing done, lets `supply` compute, and asks again.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections import OrderedDict
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ftops.emulator import files
from ftops.emulator.catalogue import BASE_BY_NAME
from ftops.emulator.learning import recipe as recipes
from ftops.emulator.learning.recipe import Origin, Recipe
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

ROWS = "rows"
MOST_IN_PROCESS = 48
_results: OrderedDict[tuple[str, int], dict[str, bytes]] = OrderedDict()
"""Results by key and step (0 for the whole run), for all worlds of this process."""
_locks: dict[tuple[str, int], threading.Lock] = {}
_guard = threading.Lock()


class Unlearned(Exception):
    """Figures or weights that nobody has computed yet: of the whole run, or of one step of it."""

    def __init__(self, key: str, step: int = 0) -> None:
        super().__init__(f"run {key} is not computed" + (f" up to step {step}" if step else ""))
        self.key, self.step = key, step


# While time passes


def keep_content(world: World, file: str) -> str:
    """Keep what a file holds beyond the file's own life, as jobs do (inferred); returns the content's hash."""
    content = hashlib.sha256()
    for piece in world.store.content(file):
        content.update(piece)
    name = content.hexdigest()
    if not _held(world, f"content/{name}"):
        world.store.set_content(f"content/{name}", world.store.content(file))
    return name


def enrol(world: World, job: Document, hyperparameters: dict[str, Any]) -> Recipe:
    """A job's data, base and parameters are certain: this is what it will learn."""
    base = BASE_BY_NAME[job.hidden["base"]]
    recipe = Recipe(
        train=job.hidden["training_file"]["content"],
        train_rows=job.hidden["training_file"]["rows"],
        valid=job.hidden.get("validation_file", {}).get("content", ""),
        valid_rows=job.hidden.get("validation_file", {}).get("rows", 0),
        origin=origin(world, job.wire["model"]) or Origin(base.name),
        method=job.wire.get("method", {}).get("type", "supervised"),
        n_epochs=job.hidden["n_epochs"],
        batch_size=job.hidden["batch_size"],
        # Bases differ in what `auto` means, the toy does not.
        rate=hyperparameters["learning_rate_multiplier"] / base.learning_rate_multiplier,
        seed=job.wire["seed"],
        beta=hyperparameters.get("beta", 0.0),
        l2=hyperparameters.get("l2_multiplier", 0.0),
    )
    job.hidden["learns"] = recipe.key
    if not world.store.get("recipe", "", recipe.key):
        world.store.save(Document("recipe", "", recipe.key, {}, asdict(recipe)))
    return recipe


def name_weights(world: World, job: Document, name: str, step: int) -> None:
    """From now on this name, of a model or a checkpoint, stands for what the job knew at this step."""
    if not world.store.get("weights", "", name):
        hidden = {"base": job.hidden["base"], "key": job.hidden["learns"], "step": step}
        world.store.save(Document("weights", "", name, {}, hidden))


def origin(world: World, name: str) -> Origin | None:
    """What a model's name stands for, wherever the model was copied to."""
    if name in BASE_BY_NAME:
        return Origin(BASE_BY_NAME[name].name)
    found = world.store.get("weights", "", name)
    return Origin(found.hidden["base"], found.hidden["key"], found.hidden["step"]) if found else None


# When somebody asks


def recipe(world: World, key: str) -> Recipe:
    found = world.store.get("recipe", "", key)
    assert found, "a job is enrolled before it shows anything"
    return recipes.load(found.hidden)


def rows(world: World, key: str, step: int = 0) -> dict[int, tuple[float, ...]]:
    """Figures by step, in the order of `figures.NAMES`: of a whole run, or of this step of it alone."""
    return _read_rows(_part(world, key, step, ROWS))


@lru_cache(maxsize=32)
def _read_rows(stored: bytes) -> dict[int, tuple[float, ...]]:
    return {
        int(step): tuple(math.nan if value is None else value for value in row)
        for step, row in json.loads(stored).items()
    }


def weights(world: World, origin: Origin) -> bytes:
    """Empty for a shipped base."""
    if not origin.key:
        return b""
    whole = origin.step in recipe(world, origin.key).kept
    return _part(world, origin.key, 0 if whole else origin.step, str(origin.step))


def _name(key: str, step: int, part: str) -> str:
    return f"learned/{key}/{step}/{part}"


def _held(world: World, name: str) -> bool:
    return next(iter(world.store.content(name)), None) is not None


def _part(world: World, key: str, step: int, part: str) -> bytes:
    stored = b"".join(world.store.content(_name(key, step, part)))
    if not stored:
        raise Unlearned(key, step)
    return stored


# Outside of any transaction


def supply(world: World, wanted: Unlearned) -> None:
    """Compute what is wanted, and before it what that begins with. Others can use the world meanwhile."""
    pending = [wanted]
    while pending:
        try:
            _supply(world, pending[-1].key, pending[-1].step)
            pending.pop()
        except Unlearned as earlier:
            pending.append(earlier)


def _supply(world: World, key: str, step: int) -> None:
    with _guard:
        lock = _locks.setdefault((key, step), threading.Lock())
    with lock:
        with world.transaction():
            if _held(world, _name(key, step, ROWS)) or not world.store.get("recipe", "", key):
                return
            known = recipe(world, key)
            parent = weights(world, known.origin)
            data = [list(world.store.content(f"content/{name}")) if name else [] for name in (known.train, known.valid)]
        made = _remembered(key, step) or _compute(known, data, parent, step)
        with world.transaction():
            if world.store.get("recipe", "", key) and not _held(world, _name(key, step, ROWS)):
                for part, stored in made.items():
                    world.store.set_content(_name(key, step, part), files.cut(stored))


def _remembered(key: str, step: int) -> dict[str, bytes] | None:
    with _guard:
        if (key, step) in _results:
            _results.move_to_end((key, step))
        return _results.get((key, step))


def _compute(known: Recipe, data: list[list[bytes]], parent: bytes, step: int) -> dict[str, bytes]:
    # numpy is not wanted where nothing is learned.
    from ftops.emulator.learning import work

    made = work.trajectory(known, work.Inputs(data[0], data[1], parent), step or None)
    with _guard:
        _results[known.key, step] = made
        while len(_results) > MOST_IN_PROCESS:
            _results.popitem(last=False)
    return made
