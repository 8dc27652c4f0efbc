"""Direct preference optimisation: raise the better answer against the worse one, as seen from the base."""

from __future__ import annotations

from collections.abc import Sequence

from ftops.emulator.learning.examples import Pair
from ftops.emulator.learning.features import Text, encode
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.numerics import Floats, Integers, np, one_thread
from ftops.emulator.learning.recipe import Recipe
from ftops.emulator.learning.trainer import RATE, UNMEASURED, Figures


class Preferences:
    """Of each pair the loss is -log s(beta * m): `m` is how much more than in the base the better answer is ahead.

    `l2` pulls the table of words back to the base's (its meaning for the real service is not documented). The
    accuracy is that of the tokens of the better answer.
    """

    def __init__(self, recipe: Recipe, base: Network, train: list[Pair], valid: list[Pair]) -> None:
        self._beta, self._l2, self._rate = recipe.beta, recipe.l2, RATE * recipe.rate
        answers = (turn.answer for pair in train for turn in pair)
        vocabulary = base.vocabulary.extended(answers)
        self.network = base.extended(vocabulary, recipe.seed)
        self._base_output = self.network.output.copy()
        # The examples 2i and 2i + 1 are the better and the worse answer of pair i.
        self._train = encode(([turn] for pair in train for turn in pair), vocabulary)
        self._valid = encode(([turn] for pair in valid for turn in pair), vocabulary)
        with one_thread():
            self._train_base = self._said(self._train)
            self._valid_base = self._said(self._valid)

    def examples(self) -> tuple[int, int]:
        return len(self._train.spans) // 2, len(self._valid.spans) // 2

    def _said(self, text: Text) -> Floats:
        """The log probability of each answer."""
        losses, _ = self.network.score(text, np.arange(len(text.tokens)))
        return np.array([-losses[begin:end].sum() for begin, end in text.spans], np.float32)

    def learn(self, examples: Sequence[int], tokens: int) -> Figures:
        pairs = _fitting(self._train, examples, 2 * tokens)
        at, owner = _positions(self._train, pairs)
        if not len(at):
            return UNMEASURED
        seen, _ = self.network.score(self._train, at)
        margins = self._margins(seen, owner, self._train_base[_both(pairs)])
        push = self._beta / (1 + np.exp(self._beta * margins)) / len(margins)
        weights = np.where(owner % 2 == 0, 1, -1) * push[owner // 2]
        _, hits = self.network.update(self._train, at, weights.astype(np.float32), self._rate)
        if self._l2:
            pull = min(1.0, self._rate * self._l2)
            self.network.output -= pull * (self.network.output - self._base_output)
        return _mean(self._beta * margins), float(hits[owner % 2 == 0].mean())

    def valid(self, examples: Sequence[int], tokens: int) -> Figures:
        pairs = _fitting(self._valid, examples, 2 * tokens)
        at, owner = _positions(self._valid, pairs)
        if not len(at):
            return UNMEASURED
        losses, hits = self.network.score(self._valid, at)
        margins = self._margins(losses, owner, self._valid_base[_both(pairs)])
        return _mean(self._beta * margins), float(hits[owner % 2 == 0].mean())

    def _margins(self, losses: Floats, owner: Integers, base: Floats) -> Floats:
        gained = -np.bincount(owner, losses, len(base)) - base
        margins: Floats = (gained[0::2] - gained[1::2]).astype(np.float32)
        return margins


def _mean(scores: Floats) -> float:
    """Of -log s(score), exactly also for large scores."""
    return float(np.logaddexp(0, -scores.astype(np.float64)).mean())


def _both(pairs: Sequence[int]) -> Integers:
    return np.array([example for pair in pairs for example in (2 * pair, 2 * pair + 1)], np.int64)


def _fitting(text: Text, pairs: Sequence[int], tokens: int) -> list[int]:
    """The first pairs that have no more positions together, but at least one."""
    found: list[int] = []
    for pair in pairs:
        tokens -= text.spans[2 * pair + 1][1] - text.spans[2 * pair][0]
        if found and tokens < 0:
            break
        found.append(pair)
    return found


def _positions(text: Text, pairs: Sequence[int]) -> tuple[Integers, Integers]:
    """All positions of these pairs, and for each the number of its answer among theirs."""
    examples = _both(pairs)
    sizes = [text.spans[example][1] - text.spans[example][0] for example in examples]
    return text.positions(examples), np.repeat(np.arange(len(examples)), sizes)
