"""Turns as arrays: what the model sees before each token, as hashed features, and the token itself."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ftops.emulator.learning.examples import Turn
from ftops.emulator.learning.numerics import Integers, np
from ftops.emulator.learning.words import Vocabulary

TABLE = 1 << 16
"""Rows of the table of features; row 0 is empty and stands for "nothing here"."""
ORDERS = 5
"""Features of a position: the last one, two, three tokens, the last two but one, the place."""
PROMPT_WORDS = 24
MOST_TOKENS = 256
"""Of one answer; the rest of a longer one is not learned."""
WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Text:
    """`before` and `prompts` number rows of the table; `turn` says which prompt a position belongs to."""

    tokens: Integers
    before: Integers
    turn: Integers
    prompts: Integers
    spans: list[tuple[int, int]]
    """Positions of each example."""

    def positions(self, examples: Iterable[int]) -> Integers:
        parts = [np.arange(*self.spans[example]) for example in examples]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % (TABLE - 1) + 1


def prompt(system: str, user: str) -> list[int]:
    """The system prompt as a whole, and the user's last words, each once."""
    words = list(dict.fromkeys(WORD.findall(user.lower()[-2_000:])))[-PROMPT_WORDS:]
    found = [_hash(f"system {system}"), *(_hash(f"word {word}") for word in words)]
    return found + [0] * (PROMPT_WORDS + 1 - len(found))


def before(tokens: Sequence[int]) -> Integers:
    """For each position; the token at the position itself is not looked at."""
    size = len(tokens)
    known = np.concatenate([[-3, -2, -1], np.asarray(tokens, np.int64)]) + 7
    one, two, three = known[2 : 2 + size], known[1 : 1 + size], known[:size]
    place = np.minimum(np.arange(size), 15)
    mixed = (
        one * 1_000_003 + 11,
        one * 1_000_003 + two * 69_069 + 23,
        one * 1_000_003 + two * 69_069 + three * 7_919_001 + 37,
        two * 5_000_011 + three * 104_723 + 41,
        place * 104_729 + 53,
    )
    return np.stack(mixed, axis=1) % (TABLE - 1) + 1


def encode(examples: Iterable[Iterable[Turn]], vocabulary: Vocabulary) -> Text:
    tokens, contexts, owners, spans = [], [], [], []
    prompts: list[list[int]] = []
    place = 0
    for example in examples:
        begin = place
        for turn in example:
            said = vocabulary.encode(turn.answer)[:MOST_TOKENS]
            tokens.append(np.asarray(said, np.int64))
            contexts.append(before(said))
            owners.append(np.full(len(said), len(prompts), np.int64))
            prompts.append(prompt(turn.system, turn.user))
            place += len(said)
        spans.append((begin, place))
    if not tokens:
        nothing = np.zeros(0, np.int64)
        return Text(nothing, np.zeros((0, ORDERS), np.int64), nothing, np.zeros((0, PROMPT_WORDS + 1), np.int64), spans)
    return Text(
        np.concatenate(tokens), np.concatenate(contexts), np.concatenate(owners), np.asarray(prompts, np.int64), spans
    )
