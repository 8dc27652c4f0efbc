"""Training runs: the schedule that both methods share, and the supervised method."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ftops.emulator.learning.examples import Turn
from ftops.emulator.learning.features import Text, encode
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.numerics import Integers, np, one_thread
from ftops.emulator.learning.recipe import Recipe

RATE = 0.05
"""Adagrad's step for a multiplier of `auto`."""
TOKENS = 160_000
"""A job learns from about so many positions, whatever the file's size."""
MOST_AT_ONCE, LEAST_AT_ONCE = 256, 48
"""Positions of one update."""
VALID_AT_ONCE = 64
FULL_VALID = 400_000
"""Positions of all full validations of a job together, but no more than this part of it for one."""
MOST_FULL_VALID = 4_096

Figures = tuple[float, float]
"""Mean loss and mean token accuracy; not a number where nothing was measured."""
UNMEASURED: Figures = (math.nan, math.nan)


class Row(NamedTuple):
    """What one update showed, as the wire names it. Of a whole validation only at the end of an epoch."""

    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float = math.nan
    valid_mean_token_accuracy: float = math.nan
    full_valid_loss: float = math.nan
    full_valid_mean_token_accuracy: float = math.nan


class Method(Protocol):
    """What differs between methods."""

    network: Network

    def learn(self, examples: Sequence[int], tokens: int) -> Figures:
        """Update the weights from these examples of the training file."""

    def valid(self, examples: Sequence[int], tokens: int) -> Figures:
        """Measure these examples of the validation file."""

    def examples(self) -> tuple[int, int]:
        """How many there are in the training and in the validation file."""


def run(recipe: Recipe, method: Method, keep: Callable[[int], None], until: int | None = None) -> list[Row]:
    """All updates in turn, up to the one with step `until`. `keep` is told the last step of each update.

    The random numbers of an epoch depend on the seed and the epoch, so that a part of a run equals the whole.
    """
    rows, (train, valid) = [], method.examples()
    updates = recipe.updates()
    tokens = max(LEAST_AT_ONCE, min(MOST_AT_ONCE, TOKENS // len(updates)))
    whole = min(MOST_FULL_VALID, max(VALID_AT_ONCE, FULL_VALID // recipe.n_epochs))
    random = order = None
    with one_thread():
        for first, last in updates:
            if (first - 1) % recipe.epoch == 0 or random is None or order is None:
                random = np.random.default_rng([recipe.seed, (first - 1) // recipe.epoch])
                order = random.permutation(recipe.train_rows)
            begin = (first - 1) % recipe.epoch * recipe.batch_size
            size = (last - first + 1) * recipe.batch_size
            row = Row(*method.learn(_files(order[begin : begin + size], recipe.train_rows, train), tokens))
            if valid:
                some = random.choice(valid, min(valid, recipe.batch_size), replace=False)
                row = Row(row[0], row[1], *method.valid(some.tolist(), VALID_AT_ONCE))
                if last % recipe.epoch == 0 or (until is not None and last >= until):
                    row = Row(*row[:4], *method.valid(range(valid), whole))
            rows.append(row)
            keep(last)
            if until is not None and last >= until:
                break
    return rows


def _files(rows: Integers, known: int, taken: int) -> list[int]:
    """Of a file with more rows than are learned from, the ones that stand for these."""
    chosen: list[int] = (rows * taken // known).tolist()
    return chosen if known == taken else sorted(set(chosen))


class Supervised:
    """Learn to say what the assistant says in the training file."""

    def __init__(self, recipe: Recipe, base: Network, train: list[list[Turn]], valid: list[list[Turn]]) -> None:
        vocabulary = base.vocabulary.extended(turn.answer for row in train for turn in row)
        self.network = base.extended(vocabulary, recipe.seed)
        self._train, self._valid = encode(train, vocabulary), encode(valid, vocabulary)
        self._rate = RATE * recipe.rate
        self._random = np.random.default_rng(recipe.seed)

    def examples(self) -> tuple[int, int]:
        return len(self._train.spans), len(self._valid.spans)

    def learn(self, examples: Sequence[int], tokens: int) -> Figures:
        at = self._train.positions(examples)
        if len(at) > tokens:
            at = np.sort(self._random.choice(at, tokens, replace=False))
        if not len(at):
            return UNMEASURED
        weights = np.full(len(at), 1 / len(at), np.float32)
        losses, hits = self.network.update(self._train, at, weights, self._rate)
        return float(losses.mean()), float(hits.mean())

    def valid(self, examples: Sequence[int], tokens: int) -> Figures:
        return measure(self.network, self._valid, examples, tokens)


def measure(network: Network, text: Text, examples: Sequence[int], tokens: int) -> Figures:
    """On all positions of these examples, or on so many of them at even distances."""
    at = text.positions(examples)
    if len(at) > tokens:
        at = at[np.linspace(0, len(at) - 1, tokens).astype(np.int64)]
    if not len(at):
        return UNMEASURED
    losses, hits = network.score(text, at)
    return float(losses.mean()), float(hits.mean())
