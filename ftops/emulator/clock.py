"""The world's own time: virtual seconds since the epoch, kept in its file so that every process agrees on it.

`manual` time moves only when told; `real` and `scaled` time follow the wall clock at some rate. Changing the
mode never makes time jump.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

Mode = Literal["manual", "real", "scaled"]
MODES: tuple[Mode, ...] = ("manual", "real", "scaled")

START = 1_767_603_600.0
"""2026-01-05T09:00:00Z, when every new world begins."""


@dataclass(frozen=True)
class Clock:
    """At wall time `w0` it showed `t0`; since then it runs `rate` times as fast as the wall clock."""

    mode: Mode
    t0: float
    w0: float
    rate: float

    def now(self) -> float:
        if self.mode == "manual":
            return self.t0
        return self.t0 + self.rate * (time.time() - self.w0)

    def moved_to(self, moment: float) -> Clock:
        return Clock(self.mode, moment, self._wall(self.mode), self.rate)

    def switched(self, mode: Mode, rate: float) -> Clock:
        return Clock(mode, self.now(), self._wall(mode), 1.0 if mode == "real" else rate)

    @staticmethod
    def _wall(mode: Mode) -> float:
        # A manual world must not hold a trace of the real time, or two runs would differ.
        return 0.0 if mode == "manual" else time.time()


def timestamp(moment: float) -> str:
    """As in operations: `2026-01-05T09:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def long_timestamp(moment: float) -> str:
    """As in `systemData`: seven digits of a second."""
    ticks = round((moment % 1) * 10_000_000) % 10_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(moment)) + f"{ticks:07d}Z"


def http_date(moment: float) -> str:
    return formatdate(moment, usegmt=True)
