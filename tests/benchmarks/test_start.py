"""How long ftops takes to get going, beside a bare interpreter.

Goals: `--version` in 1.5 times, `--help` in 4 times the start and end of `python -c pass`; `validate` of 50 specs in
3 times that and 0.3 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folders
import pytest
from measure import BARE, MODULE, SCRIPT, Command, in_turns, wall

ROUNDS = 11
WAYS = pytest.mark.parametrize("ftops", [SCRIPT, MODULE], ids=["script", "module"])


@WAYS
@pytest.mark.parametrize(("option", "goal"), [("--version", 1.5), ("--help", 4.0)])
def test_start(ftops: Command, option: str, goal: float, benchmark: Any, figures: dict[str, Any]) -> None:
    samples = in_turns(benchmark, {"bare": BARE, "ftops": (*ftops, option)}, rounds=ROUNDS)
    bare, own = wall(samples["bare"]), wall(samples["ftops"])
    figures |= {"wall, ms": own * 1000, "bare python, ms": bare * 1000, "ratio": own / bare, "goal": goal}
    assert own / bare < goal * 2  # room for noise; the goal itself is judged by the figure


@WAYS
def test_validate_50_specs(ftops: Command, tmp_path: Path, benchmark: Any, figures: dict[str, Any]) -> None:
    """A project, an account, and 16 times dataset, job and deployment: 50 documents, offline."""
    folder = folders.write(tmp_path / "specs", resources=48, accounts=1, url="http://127.0.0.1:1")
    command = (*ftops, "validate", str(folder))
    samples = in_turns(benchmark, {"bare": BARE, "validate": command}, rounds=ROUNDS)
    assert samples["validate"][0].text == "50 documents, 48 resources: no problems\n"
    bare, own = wall(samples["bare"]), wall(samples["validate"])
    goal = 3 * bare + 0.3
    figures |= {"wall, ms": own * 1000, "bare python, ms": bare * 1000, "ratio": own / bare, "wall / goal": own / goal}
    assert own / bare < 40  # the goal holds seconds, so it is only reported: no machine is promised
