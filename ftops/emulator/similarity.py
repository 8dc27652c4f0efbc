"""How alike two texts are, from 0 to 1: the metrics that follow from published definitions alone.

bleu          one sentence against one reference, n-grams of 1 to 4 words, brevity penalty; orders without any
              match are smoothed by halving (Chen and Cherry's method 3), orders longer than the text are left out
gleu          Google's: the lower of precision and recall over all n-grams of 1 to 4 words
rouge_n       F1 of n-grams; rouge_l: F1 of the longest common subsequence of words
fuzzy_match   ratio of the indel distance: 2 M / (len a + len b), M the longest common subsequence of characters

That words are runs of letters and digits in lower case, and which variant the service computes, is inferred.
`meteor` needs a lexicon of synonyms and `cosine` an embedding model: not emulated.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

MAX_WORDS = 4
MAX_CHARACTERS = 4000
"""Longer texts are compared word by word: the common subsequence takes time in proportion to the square."""


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _ngrams(found: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(found[start : start + size]) for start in range(len(found) - size + 1))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for left in one:
        diagonal = 0
        for place, right in enumerate(other, start=1):
            above = row[place]
            row[place] = diagonal + 1 if left == right else max(above, row[place - 1])
            diagonal = above
    return row[-1]


def _f1(matched: int, one: int, other: int) -> float:
    return 2 * matched / (one + other) if matched else 0.0


def fuzzy_match(text: str, reference: str) -> float:
    if text == reference:
        return 1.0
    one: Sequence[str] = text
    other: Sequence[str] = reference
    if max(len(text), len(reference)) > MAX_CHARACTERS:
        one, other = words(text), words(reference)
    return _f1(_common(one, other), len(one), len(other))


def bleu(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    if not found or not wanted:
        return float(found == wanted)
    logs, smoothing = [], 1.0
    for size in range(1, min(MAX_WORDS, len(found)) + 1):
        matched = (_ngrams(found, size) & _ngrams(wanted, size)).total()
        if not matched and size == 1:
            return 0.0
        smoothing = smoothing if matched else smoothing / 2
        logs.append(math.log((matched or smoothing) / (len(found) - size + 1)))
    brevity = min(0.0, 1 - len(wanted) / len(found))
    return math.exp(brevity + sum(logs) / len(logs))


def gleu(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    matched = mine = theirs = 0
    for size in range(1, MAX_WORDS + 1):
        one, other = _ngrams(found, size), _ngrams(wanted, size)
        matched, mine, theirs = matched + (one & other).total(), mine + one.total(), theirs + other.total()
    return matched / max(mine, theirs) if max(mine, theirs) else 1.0


def rouge(size: int) -> Callable[[str, str], float]:
    def metric(text: str, reference: str) -> float:
        one, other = _ngrams(words(text), size), _ngrams(words(reference), size)
        return _f1((one & other).total(), one.total(), other.total())

    return metric


def rouge_l(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    return _f1(_common(found, wanted), len(found), len(wanted))


METRICS: dict[str, Callable[[str, str], float]] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    "rouge_l": rouge_l,
    **{f"rouge_{size}": rouge(size) for size in range(1, 6)},
}
