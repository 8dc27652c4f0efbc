"""What a training run depends on, and nothing else. Two runs of one recipe are the same run."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ftops.emulator.learning import VERSION

MOST_UPDATES = 2_000
"""A longer job updates its weights once for several of its steps; these then share their figures."""

KEPT_EPOCHS = 3
"""Weights are kept of the last epochs, as the service keeps their checkpoints."""


class Origin(NamedTuple):
    """Where weights come from: a shipped base by its name, or a step of another run by its key."""

    base: str
    key: str = ""
    step: int = 0


@dataclass(frozen=True)
class Recipe:
    """`train` and `valid` are hashes of contents; `rate` is 1 for what `auto` means for the base."""

    train: str
    train_rows: int
    valid: str
    valid_rows: int
    origin: Origin
    method: str
    n_epochs: int
    batch_size: int
    rate: float
    seed: int
    beta: float = 0.0
    l2: float = 0.0
    version: str = VERSION

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]

    @property
    def epoch(self) -> int:
        """Steps of one epoch."""
        return math.ceil(self.train_rows / self.batch_size)

    @property
    def steps(self) -> int:
        return self.n_epochs * self.epoch

    @property
    def group(self) -> int:
        """Steps that share one update of the weights."""
        return min(self.epoch, math.ceil(self.steps / MOST_UPDATES))

    @property
    def kept(self) -> tuple[int, ...]:
        """Steps whose weights a whole run keeps."""
        first = max(0, self.n_epochs - KEPT_EPOCHS)
        return tuple(epoch * self.epoch for epoch in range(first + 1, self.n_epochs + 1))

    def updates(self) -> list[tuple[int, int]]:
        """The first and the last step of each update; none reaches over the end of an epoch."""
        found = []
        for start in range(0, self.steps, self.epoch):
            for begin in range(start, start + self.epoch, self.group):
                found.append((begin + 1, min(begin + self.group, start + self.epoch)))
        return found


def load(stored: dict[str, Any]) -> Recipe:
    """From what `dataclasses.asdict` and JSON made of it."""
    return Recipe(**{**stored, "origin": Origin(*stored["origin"])})
