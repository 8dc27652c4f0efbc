"""The models that training starts from. One text, three sizes: which size stands for which model is invented."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from ftops.emulator.learning import weights
from ftops.emulator.learning.network import Network

SIZES = {"large": 48, "medium": 32, "small": 16}
"""Numbers that the model keeps for each feature."""

_SIZE_BY_PART = (("-nano", "small"), ("-mini", "medium"), ("gpt-35", "small"), ("Ministral", "medium"))


def size(name: str) -> str:
    """Of the base with this dated name."""
    return next((size for part, size in _SIZE_BY_PART if part in name), "large")


@lru_cache(maxsize=len(SIZES))
def _shipped(size: str) -> Network:
    return weights.load(files(__package__).joinpath(f"base-{size}.npz").read_bytes())


def shipped(name: str) -> Network:
    """Shared by all who ask: to be read only."""
    return _shipped(size(name))
