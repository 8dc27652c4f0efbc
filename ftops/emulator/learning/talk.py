"""A conversation with stored weights."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ftops.emulator.learning.answer import Answer, answer
from ftops.emulator.learning.bases import shipped
from ftops.emulator.learning.examples import context, text
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.weights import load

MOST_IN_PROCESS = 4
_speakers: OrderedDict[tuple[str, bytes], Network] = OrderedDict()


@dataclass(frozen=True)
class Manner:
    """`most` tokens, `number` answers, none of which reaches the words in `stop`."""

    temperature: float
    top_p: float
    number: int
    most: int
    seed: int
    stop: tuple[str, ...]


def speaker(base: str, stored: bytes) -> Network:
    """The model of these weights; `stored` is empty for a shipped base."""
    if not stored:
        return shipped(base)
    name = base, hashlib.sha256(stored).digest()
    model = _speakers.get(name)
    if model is None:
        model = _speakers[name] = load(stored, shipped(base))
        while len(_speakers) > MOST_IN_PROCESS:
            _speakers.popitem(last=False)
    return model


def answers(model: Network, messages: Iterable[dict[str, Any]], manner: Manner) -> list[Answer]:
    system, user = context(messages)
    said = []
    for seed in range(manner.seed, manner.seed + manner.number):
        whole = answer(
            model, system, user, temperature=manner.temperature, top_p=manner.top_p, seed=seed, most=manner.most
        )
        said.append(_stopped(whole, manner.stop))
    return said


def _stopped(said: Answer, stop: Iterable[str]) -> Answer:
    places = [said.text.find(words) for words in stop if words and words in said.text]
    return Answer(said.text[: min(places)], said.tokens, finished=True) if places else said


def count(model: Network, messages: Iterable[dict[str, Any]]) -> int:
    """Tokens of a conversation as this model reads it."""
    return sum(len(model.vocabulary.encode(text(message.get("content")))) for message in messages)
