"""A log-bilinear language model: the sum of what is known of each feature, times a table of words; Adagrad."""

from __future__ import annotations

from typing import NamedTuple

from ftops.emulator.learning.features import TABLE, Text
from ftops.emulator.learning.numerics import Bools, Floats, Integers, np
from ftops.emulator.learning.words import Vocabulary

NEW_WORD_BIAS = -2.0
"""A word that joins a trained model is unlikely at first."""
CHUNK = 512
"""Positions whose probabilities are in memory at once."""


class Seen(NamedTuple):
    """What a forward pass leaves for the backward one."""

    hidden: Floats
    scale: Floats
    prompts: Integers
    owner: Integers
    logs: Floats
    """Log probabilities of all words at each position."""


class Network:
    def __init__(self, vocabulary: Vocabulary, features: Floats, output: Floats, bias: Floats) -> None:
        self.vocabulary = vocabulary
        self.features, self.output, self.bias = features, output, bias
        self.forget()

    def forget(self) -> None:
        """Begin with Adagrad's sums anew, as each training run does."""
        self.feature_sum = np.full(TABLE, 1e-6, np.float32)
        self.output_sum = np.full_like(self.output, 1e-6)
        self.bias_sum = np.full_like(self.bias, 1e-6)

    @classmethod
    def new(cls, vocabulary: Vocabulary, size: int, seed: int) -> Network:
        random = np.random.default_rng(seed)
        output = random.normal(0, 0.3, (size, vocabulary.size)).astype(np.float32)
        return cls(vocabulary, np.zeros((TABLE, size), np.float32), output, np.zeros(vocabulary.size, np.float32))

    def extended(self, vocabulary: Vocabulary, seed: int) -> Network:
        """A copy that also knows the new words of `vocabulary`."""
        size, new = len(self.output), vocabulary.size - self.vocabulary.size
        random = np.random.default_rng(seed)
        output = random.normal(0, 0.3, (size, new)).astype(np.float32)
        bias = np.full(new, NEW_WORD_BIAS, np.float32)
        return Network(
            vocabulary, self.features.copy(), np.hstack([self.output, output]), np.concatenate([self.bias, bias])
        )

    def see(self, text: Text, at: Integers) -> Seen:
        turns, owner = np.unique(text.turn[at], return_inverse=True)
        prompts = text.prompts[turns]
        of_prompt = self.features[prompts].sum(1)
        parts = text.before.shape[1] + (prompts > 0).sum(1)
        scale = (1 / np.sqrt(parts)).astype(np.float32)[owner][:, None]
        hidden = (self.features[text.before[at]].sum(1) + of_prompt[owner]) * scale
        logits = hidden @ self.output + self.bias
        logits -= logits.max(1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(1, keepdims=True))
        return Seen(hidden, scale, prompts, owner, logits)

    def score(self, text: Text, at: Integers) -> tuple[Floats, Bools]:
        """Loss of each position, and whether its token was the likeliest."""
        losses, hits = [np.zeros(0, np.float32)], [np.zeros(0, np.bool_)]
        for start in range(0, len(at), CHUNK):
            part = at[start : start + CHUNK]
            logs = self.see(text, part).logs
            tokens = text.tokens[part]
            losses.append(-logs[np.arange(len(part)), tokens])
            hits.append(logs.argmax(1) == tokens)
        return np.concatenate(losses), np.concatenate(hits)

    def update(self, text: Text, at: Integers, weights: Floats, rate: float) -> tuple[Floats, Bools]:
        """One step against the loss, each position as heavy as its weight; what `score` says comes back."""
        seen = self.see(text, at)
        tokens, every = text.tokens[at], np.arange(len(at))
        losses, hits = -seen.logs[every, tokens], seen.logs.argmax(1) == tokens
        slope = np.exp(seen.logs)
        slope[every, tokens] -= 1
        slope *= weights[:, None]
        back = (slope @ self.output.T) * seen.scale
        self._descend(seen.hidden.T @ slope, slope.sum(0), rate)
        of_prompt = np.zeros((len(seen.prompts), back.shape[1]), np.float32)
        np.add.at(of_prompt, seen.owner, back)
        self._descend_features(
            np.concatenate([text.before[at].ravel(), seen.prompts.ravel()]),
            np.concatenate([np.repeat(back, text.before.shape[1], 0), np.repeat(of_prompt, seen.prompts.shape[1], 0)]),
            rate,
        )
        return losses, hits

    def _descend(self, output: Floats, bias: Floats, rate: float) -> None:
        self.output_sum += output * output
        self.output -= rate * output / np.sqrt(self.output_sum)
        self.bias_sum += bias * bias
        self.bias -= rate * bias / np.sqrt(self.bias_sum)

    def _descend_features(self, rows: Integers, slopes: Floats, rate: float) -> None:
        """Only the rows that occur; each is changed once, by the sum of its slopes."""
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        sums = np.add.reduceat(slopes[order], first, axis=0)
        found = ordered[first]
        if found[0] == 0:
            found, sums = found[1:], sums[1:]
        self.feature_sum[found] += (sums * sums).mean(1)
        self.features[found] -= rate * sums / np.sqrt(self.feature_sum[found])[:, None]
