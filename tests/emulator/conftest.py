from __future__ import annotations

from collections.abc import Iterator

import ledger_gate
import pytest
from emulator_raw import Service

from ftops.emulator import World, ledger

OUTCOMES: dict[str, str] = {}
COMPLAINTS: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    ledger_gate.note(OUTCOMES, report.nodeid, report.when, report.outcome)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run of all tests of the emulator fails if a row of the fidelity ledger has no passing test."""
    options = session.config.option
    partial = options.keyword or options.markexpr or options.collectonly or options.deselect
    if hasattr(session.config, "workerinput") or partial or not ledger_gate.is_whole(session.config.args):
        return
    COMPLAINTS.extend(ledger_gate.complaints([(row.id, row.test) for row in ledger.rows()], OUTCOMES))
    if COMPLAINTS and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COMPLAINTS:
        terminalreporter.section("ledger rows without a passing test", red=True)
        terminalreporter.write_line("\n".join(COMPLAINTS))


@pytest.fixture
def world() -> Iterator[World]:
    world = World.open(":memory:")
    yield world
    world.close()


@pytest.fixture
def service(world: World) -> Service:
    return Service(world)
