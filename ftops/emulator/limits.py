"""Limits of a job that are known only when its data has been read."""

from __future__ import annotations

from ftops.emulator.catalogue import BASE_BY_NAME, MAX_TOKENS_TIMES_EPOCHS, auto_epochs
from ftops.emulator.runs import shown_parameters
from ftops.emulator.store import Document

LOW = 0.1
"""Part of the usual learning-rate multiplier below which the service warns (invented)."""
LOW_RATE = "Training may be less effective due to low specified learning rate multiplier."
"""The beginning of a recorded message whose end is not known."""


def too_much(job: Document) -> str:
    """Why a job is too large, empty if it is not. The limit is documented, how it is told is inferred."""
    epochs = job.hidden["n_epochs"]
    epochs = auto_epochs(job.hidden["rows"]) if epochs == -1 else epochs
    if job.hidden["tokens"] * epochs <= MAX_TOKENS_TIMES_EPOCHS:
        return ""
    return f"Tokens in the training file times epochs are more than {MAX_TOKENS_TIMES_EPOCHS}."


def low_rate(job: Document) -> bool:
    usual = BASE_BY_NAME[job.hidden["base"]].learning_rate_multiplier
    rate: float = shown_parameters(job.wire)[0]["learning_rate_multiplier"]
    return rate < usual * LOW
