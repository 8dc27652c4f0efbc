"""The computation: from a recipe and what it names to figures and weights. Knows no world, no time, no cache."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import NamedTuple

from ftops.emulator.learning import examples, weights
from ftops.emulator.learning.bases import shipped
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.preference import Preferences
from ftops.emulator.learning.recipe import Origin, Recipe
from ftops.emulator.learning.trainer import Method, Row, Supervised, run
from ftops.emulator.training import lines

ROWS = "rows"
"""The part of a run with its figures, by step. All other parts are weights, named by their step."""


class Inputs(NamedTuple):
    """Contents of the files; `parent` is the weights to go on from, empty for a shipped base."""

    train: list[bytes]
    valid: list[bytes]
    parent: bytes = b""


def network(origin: Origin, stored: bytes) -> Network:
    base = shipped(origin.base)
    return weights.load(stored, base) if stored else base


def trajectory(recipe: Recipe, inputs: Inputs, until: int | None = None) -> dict[str, bytes]:
    """The whole run: its figures and the weights of its last epochs. `until` a step: that step's alone."""
    method = _method(recipe, inputs)
    base = shipped(recipe.origin.base)
    kept: dict[str, bytes] = {}

    def keep(step: int) -> None:
        if until is None and step in recipe.kept:
            kept[str(step)] = weights.dump(method.network, base)

    rows = run(recipe, method, keep, until)
    if until is not None:
        return {str(until): weights.dump(method.network, base), ROWS: _text({until: rows[-1]})}
    return kept | {ROWS: _text(_by_step(recipe, rows))}


def _method(recipe: Recipe, inputs: Inputs) -> Method:
    base = network(recipe.origin, inputs.parent)
    if recipe.method == "dpo":
        pairs = examples.preferences(lines(inputs.train), recipe.train_rows)
        return Preferences(recipe, base, pairs, examples.preferences(lines(inputs.valid), recipe.valid_rows))
    rows = examples.supervised(lines(inputs.train), recipe.train_rows)
    return Supervised(recipe, base, rows, examples.supervised(lines(inputs.valid), recipe.valid_rows))


def _by_step(recipe: Recipe, rows: Iterable[Row]) -> dict[int, Row]:
    """Steps that share an update share its figures; a whole validation belongs to the last of them."""
    found = {}
    for (first, last), row in zip(recipe.updates(), rows, strict=True):
        for step in range(first, last):
            found[step] = Row(*row[:4])
        found[last] = row
    return found


def _text(rows: dict[int, Row]) -> bytes:
    shown = {step: [None if math.isnan(value) else value for value in row] for step, row in rows.items()}
    return json.dumps(shown, separators=(",", ":")).encode()
