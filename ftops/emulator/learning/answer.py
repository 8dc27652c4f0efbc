"""What a model says to a conversation: the likeliest word each time, or one drawn by its probability."""

from __future__ import annotations

from typing import NamedTuple

from ftops.emulator.learning.features import Text, before, prompt
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.numerics import Doubles, np, one_thread
from ftops.emulator.learning.words import END


class Answer(NamedTuple):
    text: str
    tokens: int
    finished: bool
    """Whether the model came to an end by itself."""


def answer(
    network: Network, system: str, user: str, *, temperature: float = 0.0, top_p: float = 1.0, seed: int = 0, most: int
) -> Answer:
    """At most `most` tokens. Only the system prompt and the last message of the user are looked at."""
    random = np.random.default_rng(seed)
    prompts = np.asarray([prompt(system, user)], np.int64)
    first = np.zeros(1, np.int64)
    said: list[int] = []
    with one_thread():
        while len(said) < most:
            # Only the last three tokens are seen, but the place counts from the beginning.
            context = before([*said, END])[-1:]
            logs = network.see(Text(first, context, first, prompts, []), first).logs[0].astype(np.float64)
            word = int(logs.argmax()) if temperature <= 0 else _draw(logs / temperature, top_p, random)
            said.append(word)
            if word == END:
                return Answer(network.vocabulary.decode(said), len(said), finished=True)
    return Answer(network.vocabulary.decode(said), len(said), finished=False)


def _draw(logs: Doubles, top_p: float, random: np.random.Generator) -> int:
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    order = np.argsort(-chances, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(chances[order]), top_p)) + 1]
    return int(random.choice(kept, p=chances[kept] / chances[kept].sum()))
