"""The shipped bases: small, made from our own text by the script beside them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from ftops.emulator import learning
from ftops.emulator.learning import corpus, make_bases
from ftops.emulator.learning.bases import SIZES, size

FOLDER = Path(learning.__file__).parent


def arrays(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data)) as stored:
        return {name: stored[name] for name in stored.files}


def test_they_are_small() -> None:
    assert sum((FOLDER / f"base-{name}.npz").stat().st_size for name in SIZES) < 600_000


def test_the_script_makes_the_shipped_file() -> None:
    """To the byte on one machine; other processors may differ in the last digits of a number."""
    made = make_bases.make(SIZES["small"])
    assert made == make_bases.make(SIZES["small"])
    new, shipped = arrays(made), arrays((FOLDER / "base-small.npz").read_bytes())
    assert (new["words"] == shipped["words"]).all()
    assert np.abs(new["bias"] - shipped["bias"]).mean() < 0.01
    assert np.abs(new["output"] - shipped["output"]).mean() < 0.01


def test_the_text_is_the_same_on_every_run() -> None:
    assert corpus.turns() == corpus.turns()
    assert len(corpus.turns()) > 1000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4.1-2025-04-14", "large"),
        ("gpt-4.1-mini-2025-04-14", "medium"),
        ("gpt-4.1-nano-2025-04-14", "small"),
        ("gpt-4o-2024-08-06", "large"),
    ],
)
def test_a_smaller_name_is_a_smaller_model(name: str, expected: str) -> None:
    assert size(name) == expected
