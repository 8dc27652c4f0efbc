"""Figures of a run as the wire shows them: metrics of events and checkpoints, the result file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ftops.emulator.training import METRICS_EVENTS, metrics_interval

NAMES = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
)
"""Keys of a metrics event and of a checkpoint's metrics (recorded)."""

COLUMNS = ("step", *(name.replace("valid_mean", "validation_mean") if name == NAMES[3] else name for name in NAMES))
"""Of the result file: one name is spelled differently there (documented). DPO's are inferred to be the same."""

WIDTH = 18
"""Characters of a number in the result file. All have the same, so that a file's size is known before its figures."""

Row = Sequence[float]
"""In the order of NAMES; not a number where nothing was measured."""


def metrics(step: int, row: Row) -> dict[str, Any]:
    """What was not measured is absent (recorded for jobs without a validation file)."""
    return {"step": step} | {name: value for name, value in zip(NAMES, row, strict=True) if not math.isnan(value)}


def message(step: int, row: Row) -> str:
    """Recorded."""
    return f"Step {step}" if math.isnan(row[0]) else f"Step {step}: training loss={row[0]}"


def shown_steps(done: int, total: int, epoch: int) -> list[int]:
    """Rows of the result file: every step, of long jobs those with an event and the ends of epochs (invented)."""
    interval = 1 if total <= METRICS_EVENTS else metrics_interval(total)
    return sorted({*range(interval, done + 1, interval), *range(epoch, done + 1, epoch)})


def csv(steps: Sequence[int], rows: Mapping[int, Row], *, valid: bool, epoch: int) -> bytes:
    """Empty cells for what is never measured (inferred)."""
    lines = [",".join(COLUMNS)]
    for step in steps:
        cells = [_cell(value) for value in rows[step]]
        kept = len(cells) if valid and step % epoch == 0 else 4 if valid else 2
        lines.append(",".join([str(step), *cells[:kept], *[""] * (len(cells) - kept)]))
    return "\n".join([*lines, ""]).encode()


def _cell(value: float) -> str:
    return f"{value:.12e}".rjust(WIDTH)


def size(steps: Sequence[int], *, valid: bool, epoch: int) -> int:
    """Bytes of the result file, without knowing any figure."""
    nothing = dict.fromkeys(steps, (0.0,) * len(NAMES))
    return len(csv(steps, nothing, valid=valid, epoch=epoch))
