"""ftops' own scenarios where the emulator answers differently: nothing may lean on an accident of `azure`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = ("quickstart", "plan", "faults", "safety")


@pytest.mark.long
@pytest.mark.parametrize("profile", ["adversarial", "openai-shaped"])
def test_the_scenarios_hold_under_another_profile(profile: str) -> None:
    modules = [f"tests/test_{name}.py" for name in MODULES]
    command = [sys.executable, "-m", "pytest", "-q", "-n0", f"--profile={profile}", *modules]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    run = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, timeout=220, check=False)

    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
    assert "skipped" not in run.stdout, "all of them ran"
