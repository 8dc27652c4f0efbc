"""Makes the shipped bases: `python -m ftops.emulator.learning.make_bases`, a few seconds, the same on every run.

Another kind of processor may give numbers that differ in their last digits.
"""

from __future__ import annotations

from pathlib import Path

from ftops.emulator.learning import corpus, weights
from ftops.emulator.learning.bases import SIZES
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.recipe import Origin, Recipe
from ftops.emulator.learning.trainer import Supervised, run
from ftops.emulator.learning.words import Vocabulary

EPOCHS = 3
BATCH = 8
RATE = 2.4


def make(size: int) -> bytes:
    rows = corpus.turns()
    recipe = Recipe("", len(rows), "", 0, Origin(""), "supervised", EPOCHS, BATCH, RATE, seed=1)
    empty = Network.new(Vocabulary(()), size, seed=1)
    method = Supervised(recipe, empty, rows, [])
    run(recipe, method, lambda step: None)
    return weights.dump(method.network)


if __name__ == "__main__":
    for name, size in SIZES.items():
        data = make(size)
        path = Path(__file__).with_name(f"base-{name}.npz")
        path.write_bytes(data)
        print(f"{path.name}: {len(data)} bytes")
