"""Benchmarks: how ftops compares with the floor under it. They are no part of the ordinary test run.

    python -m pytest tests/benchmarks -o addopts="" -p no:cacheprovider

Each figure is a ratio whose two sides were measured in turns in one run: against a bare `python -c pass`, against the
network's own time, against a tenth of the size, against the critical path. What is exact (requests sent, seconds on the
emulator's clock) is asserted sharply, what the machine decides only generously. All figures are printed at the end and
are in the `extra_info` of `--benchmark-json=FILE`.
"""

from __future__ import annotations

from typing import Any

import pytest

_FIGURES: dict[str, dict[str, Any]] = {}


@pytest.fixture
def figures(benchmark: Any, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a benchmark found out, by name; shown after the run and kept with the benchmark's own data."""
    _FIGURES[request.node.name] = benchmark.extra_info
    found: dict[str, Any] = benchmark.extra_info
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, found in _FIGURES.items():
        terminalreporter.section(name, sep="-")
        for title, value in found.items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            terminalreporter.write_line(f"{title:<44} {shown}")
