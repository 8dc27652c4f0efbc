"""The fidelity ledger, what guards it, and how the emulator tells it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from emulator_raw import Plane
from ledger_gate import complaints, is_whole, note

from ftops.emulator import EmulatorError, World, about, ledger

ROOT = Path(__file__).parents[2]
ROW = "- {id: a.b, behaviour: It does., mark: recorded, source: facts, test: 'tests/emulator/x.py::test_y'}\n"


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_row_names_a_test_that_exists() -> None:
    known: dict[str, set[str]] = {}
    for row in ledger.rows():
        path, _, name = row.test.partition("::")
        assert path.startswith("tests/emulator/"), row
        if path not in known:
            known[path] = functions(ROOT / path)
        assert name.split("[")[0] in known[path], row


def test_ids_and_sources_are_well_formed() -> None:
    assert len(ledger.rows()) > 50
    for row in ledger.rows():
        assert row.id == row.id.lower(), row
        assert " " not in row.id, row
        # What nobody has stated must say who decided it, and why.
        assert len(row.source) >= 3, row
        assert row.behaviour.endswith("."), row


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ROW + ROW, "two ledger rows"),
        (ROW.replace("recorded", "guessed"), "not one of"),
        (ROW.replace(", source: facts", ""), "needs exactly"),
        (ROW.replace("}", ", extra: 1}"), "needs exactly"),
        (ROW.replace("facts", "''"), "empty field"),
        ("- text\n", "needs exactly"),
    ],
)
def test_a_malformed_row_is_refused(text: str, message: str) -> None:
    assert ledger.read(ROW)[0].id == "a.b"
    with pytest.raises(EmulatorError, match=message):
        ledger.read(text)


def test_a_row_needs_a_test_that_passed() -> None:
    outcomes: dict[str, str] = {}
    for node, phases in (
        ("t.py::good[1]", ("passed", "passed", "passed")),
        ("t.py::good[2]", ("passed", "passed", "passed")),
        ("t.py::bad", ("passed", "failed", "passed")),
        ("t.py::skipped", ("skipped", "passed")),
        ("t.py::half[1]", ("passed", "passed", "passed")),
        ("t.py::half[2]", ("passed", "passed", "failed")),
    ):
        for phase, outcome in zip(("setup", "call", "teardown"), phases, strict=False):
            note(outcomes, node, phase, outcome)
    rows = [(name, f"t.py::{name}") for name in ("good", "good[2]", "bad", "skipped", "half", "goo", "none")]
    assert complaints(rows, outcomes) == [
        "bad: t.py::bad failed",
        "skipped: t.py::skipped skipped",
        "half: t.py::half failed, passed",
        "goo: t.py::goo did not run",
        "none: t.py::none did not run",
    ]


def test_only_a_whole_run_is_judged() -> None:
    folder = ROOT / "tests" / "emulator"
    assert is_whole([str(folder)])
    assert is_whole([str(ROOT / "tests")])
    assert not is_whole([str(folder / "conformance")])
    assert not is_whole([str(folder / "test_emulator_jobs.py")])
    assert not is_whole([f"{folder}::test"])


def test_the_emulator_tells_its_fidelity(world: World) -> None:
    told = Plane(world, "http://127.0.0.1", {})("GET", "/_emulator/about").json()["fidelity"]
    assert [row["id"] for row in told["rows"]] == [row.id for row in ledger.rows()]
    assert set(told["marks"]) == {"recorded", "documented", "inferred", "invented"}
    assert sum(told["counts"].values()) == len(ledger.rows())
    text = about.text()
    places = [text.index(f"\n{mark} (") for mark in told["marks"]]
    assert places == sorted(places)
    for row in ledger.rows():
        assert f"\n  {row.id}\n" in text


@pytest.mark.parametrize(("options", "status"), [([], 1), (["-k", "passes"], 0)])
def test_a_whole_run_without_the_proofs_fails(tmp_path: Path, options: list[str], status: int) -> None:
    """The guard in the conftest, in a folder of its own whose only test passes and proves no row."""
    folder = ROOT / "tests" / "emulator"
    for name in ("conftest.py", "ledger_gate.py", "emulator_raw.py"):
        shutil.copy(folder / name, tmp_path / name)
    (tmp_path / "test_it.py").write_text("def test_passes() -> None:\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*command, *options, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
    assert ended.returncode == status, ended.stdout
    assert ("ledger rows without a passing test" in ended.stdout) is (status == 1)
