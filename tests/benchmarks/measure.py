"""Samples of fresh processes, taken in turns, and the ratios between them.

Machines are noisy and shared, so a duration by itself says little. Every figure here is a ratio of medians whose
samples were taken alternately in one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

Command = tuple[str, ...]

PYTHON = sys.executable
#: The interpreter starting and ending: what every start is compared with.
BARE: Command = (PYTHON, "-c", "pass")
MODULE: Command = (PYTHON, "-m", "ftops")
#: The installed console script.
SCRIPT: Command = (str(Path(PYTHON).parent / "ftops"),)

_LAUNCHER = Path(__file__).with_name("launch.py")
_AWAY = tempfile.TemporaryDirectory(prefix="ftops-benchmarks-")


@dataclass(frozen=True, slots=True)
class Sample:
    """One process from its start to its end: seconds of wall and CPU, peak memory in bytes, and what it printed."""

    wall: float
    cpu: float
    peak: int
    code: int
    text: str


def run(command: Command) -> Sample:
    """One sample, in an environment like that of an installed program and away from its sources."""
    with tempfile.NamedTemporaryFile() as output:
        line = [PYTHON, "-I", "-S", str(_LAUNCHER), output.name, *command]
        told = subprocess.run(line, capture_output=True, check=True, env=_environment(), cwd=_AWAY.name)
        found = json.loads(told.stdout)
        return Sample(**found, text=Path(output.name).read_text())


def _environment() -> dict[str, str]:
    """Ours, without proxies, so that a stand-in on this machine is reached, and with bytecode kept.

    Where `PYTHONDONTWRITEBYTECODE` is set every process would compile every module again, which no installed program
    does. The bytecode is kept in a folder of this run.
    """
    hidden = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    kept = {
        name: value for name, value in os.environ.items() if name not in hidden and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONPYCACHEPREFIX": _AWAY.name}


def in_turns(benchmark: Any, commands: Mapping[str, Command], *, rounds: int) -> dict[str, list[Sample]]:
    """Samples of all commands, taken in turns; pytest-benchmark times the last command.

    Each command runs once before, uncounted, so that the files it needs are in memory. Raises AssertionError if one
    of them fails.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in commands}

    def take(name: str) -> None:
        sample = run(commands[name])
        assert sample.code == 0, f"{commands[name]} ended with {sample.code}:\n{sample.text}"
        samples[name].append(sample)

    *others, timed = commands
    for name in commands:
        take(name)
        samples[name].clear()

    def others_first() -> None:
        for name in others:
            take(name)

    benchmark.pedantic(take, args=(timed,), setup=others_first, rounds=rounds, iterations=1)
    return samples


def wall(samples: list[Sample]) -> float:
    """The median duration, in seconds."""
    return median(sample.wall for sample in samples)


def peak(samples: list[Sample]) -> int:
    """The largest peak of memory, in bytes."""
    return max(sample.peak for sample in samples)
