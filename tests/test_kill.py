"""SIGKILL after every single request of the quickstart, and a second run: one world, one job per revision.

The process is forked from one that has everything imported, so a kill costs no start-up. It dies after the request
has taken effect and before its answer is read.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import openai  # noqa: F401 - imported before the fork, so that each child need not
import pytest

from tests.conftest import QUICKSTART
from tests.harness import Sandbox

#: The requests are shared out over so many tests, for as many processes.
SHARES = 4

#: The service's own pace takes 300 requests, nearly all of them looks at what is under way; the quick one 33.
PACES = ["quick", pytest.param("azure", marks=pytest.mark.long)]


def fork_and_apply(folder: Path, pace: str, die_after: int) -> int:
    """Apply in a child that is killed by its request number `die_after`. Returns the child's wait status."""
    child = os.fork()
    if child == 0:
        sandbox = Sandbox(folder, pace)

        def after(request: Any, response: Any) -> Any:
            if len(sandbox.wire.sent) == die_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return response

        sandbox.wire.after = after
        outcomes = set(sandbox.outcomes().values())
        os._exit(0 if outcomes == {"done"} else 1)
    return os.waitpid(child, 0)[1]


def world_of(sandbox: Sandbox) -> dict[str, Any]:
    """What the accounts hold, without ids and times."""
    files = Counter(file["filename"] for file in sandbox.data("GET", "/files")["data"])
    jobs = Counter(job["suffix"] for job in sandbox.jobs() if job["status"] == "succeeded")
    deployments = {
        account: {one["name"]: one["properties"]["model"]["name"].partition("-demo-")[2] for one in listed["value"]}
        for account in ("sweden", "eastus2")
        for listed in [sandbox.deployments("GET", account=account)]
    }
    return {"files": files, "jobs": jobs, "deployments": deployments}


def prepare(folder: Path) -> Path:
    folder.mkdir()
    shutil.copytree(QUICKSTART, folder / "specs")
    return folder


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("pace", PACES)
def test_a_kill_after_any_request_is_healed_by_the_next_run(tmp_path: Path, pace: str, share: int) -> None:
    undisturbed = Sandbox(prepare(tmp_path / "undisturbed"), pace)
    assert set(undisturbed.outcomes().values()) == {"done"}
    expected, requests = world_of(undisturbed), len(undisturbed.wire.sent)
    undisturbed.world.close()
    assert requests > 25

    for number in range(1 + share, requests + 1, SHARES):
        folder = prepare(tmp_path / str(number))
        status = fork_and_apply(folder, pace, number)
        assert os.WIFSIGNALED(status), f"request {number}: the first run ended by itself"
        assert os.WTERMSIG(status) == signal.SIGKILL

        sandbox = Sandbox(folder, pace)
        assert set(sandbox.outcomes().values()) == {"done"}, f"killed after request {number}"
        assert world_of(sandbox) == expected, f"killed after request {number}"
        created = [entry for entry in sandbox.world.journal() if entry["operation"] == "fine_tuning.jobs.create"]
        assert len(created) == 3, f"killed after request {number}"
        assert sandbox.actions() == {}, f"killed after request {number}"
        sandbox.world.close()
        shutil.rmtree(folder)
