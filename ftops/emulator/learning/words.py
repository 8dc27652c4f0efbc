"""Text as numbers and back: words that a model knows, bytes for all others, so that any text can be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

PIECE = re.compile(r" ?[^\W\d_]+| ?\d|[^\w\s]|_|\s")
"""A word with the space before it, one digit, one mark, one space."""

END = 0
FIRST_WORD = 257
"""Number 0 ends an answer, 1 to 256 are bytes, words follow."""

NEW_WORDS = 640
"""How many words of a training file join the known ones, the most frequent first."""


class Vocabulary:
    """Numbers never change: a model trained further keeps those it has and adds new ones at the end."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = list(words)
        self.numbers = {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}

    @property
    def size(self) -> int:
        return FIRST_WORD + len(self.words)

    def extended(self, texts: Iterable[str], most: int = NEW_WORDS) -> Vocabulary:
        count = Counter(piece for text in texts for piece in PIECE.findall(text))
        # Half a surrogate pair, which JSON allows, is no text; like all that is not printable it stays bytes.
        new = [word for word in count if word not in self.numbers and word.isprintable() and len(word.encode()) > 1]
        new.sort(key=lambda word: (-count[word], word))
        return Vocabulary([*self.words, *new[:most]])

    def encode(self, text: str) -> list[int]:
        """With the number that ends an answer."""
        found: list[int] = []
        for piece in PIECE.findall(text):
            number = self.numbers.get(piece)
            found += [byte + 1 for byte in piece.encode("utf-8", "surrogatepass")] if number is None else [number]
        return [*found, END]

    def decode(self, numbers: Iterable[int]) -> str:
        said = bytearray()
        for number in numbers:
            if number == END:
                break
            said += self.words[number - FIRST_WORD].encode() if number >= FIRST_WORD else bytes([number - 1])
        return said.decode("utf-8", "replace")
