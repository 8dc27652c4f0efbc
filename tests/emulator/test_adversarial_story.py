"""ftops' own scenarios under the adversarial profile: what passes here leans on no accident of the emulator."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftops.emulator.journal import check_emulated
from tests.conftest import QUICKSTART
from tests.harness import Sandbox

STEP = ("assistant.yaml", "n_epochs: 2", "n_epochs: 4")
BACK = ("assistant.yaml", "n_epochs: 4", "n_epochs: 2")
PROFILES = ("azure", "adversarial", "openai-shaped")
SEEDS = (1, 2, 3, 4)


def prepared(folder: Path, profile: str) -> Sandbox:
    sandbox = Sandbox(folder, profile)
    shutil.copytree(QUICKSTART, sandbox.specs, dirs_exist_ok=True)
    return sandbox


@pytest.fixture
def strange(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The quickstart, to be applied under a profile. Nothing may meet what is not emulated."""
    sandbox = prepared(tmp_path, request.param)
    yield sandbox
    check_emulated(sandbox.world)
    sandbox.world.close()


@pytest.mark.parametrize("strange", PROFILES, indirect=True)
def test_quickstart_edit_and_revert(strange: Sandbox) -> None:
    assert set(strange.outcomes().values()) == {"done"}
    assert strange.writes().count("fine_tuning.jobs.create") == 3
    assert strange.actions() == {}

    first = strange.deployments("GET", "assistant-eu")["properties"]["model"]
    strange.edit(*STEP)
    assert strange.actions() == {
        "job/assistant.tone": "create",
        "copy/assistant-us": "create",
        "deployment/assistant-eu": "update",
        "deployment/assistant-us": "update",
    }
    assert set(strange.outcomes().values()) == {"done"}
    assert strange.deployments("GET", "assistant-eu")["properties"]["model"] != first
    assert strange.actions() == {}

    strange.edit(*BACK)
    mark = strange.mark()
    assert strange.actions() == {"deployment/assistant-eu": "update", "deployment/assistant-us": "update"}
    assert set(strange.outcomes().values()) == {"done"}
    assert strange.deployments("GET", "assistant-eu")["properties"]["model"] == first
    assert set(strange.writes(mark)) == {"deployments.create_or_update"}
    assert strange.actions() == {}


@pytest.mark.parametrize("strange", ["adversarial"], indirect=True)
def test_short_ticks_get_there_too(strange: Sandbox) -> None:
    for tick in range(30):
        outcomes = strange.outcomes(wait=0)
        assert "failed" not in outcomes.values()
        if set(outcomes.values()) == {"done"}:
            break
        strange.world.advance_to_next() if tick % 2 else strange.world.advance(1800)
    assert set(outcomes.values()) == {"done"}
    assert strange.writes().count("fine_tuning.jobs.create") == 3


OPERATIONS = {
    "files.create": ("reset", "timeout", "truncate", "html"),
    "fine_tuning.jobs.create": ("reset", "timeout", "truncate", "html"),
    "fine_tuning.jobs.checkpoints.copy": ("reset", "timeout", "html"),
    "deployments.create_or_update": ("reset", "timeout", "truncate", "html"),
}


def chaos(lot: random.Random) -> list[dict[str, Any]]:
    """Random rules: lost answers to writes, refused and slow reads, lists that lag."""
    rules: list[dict[str, Any]] = [
        {
            "match": {"operation": operation},
            "probability": lot.choice((0.2, 0.5)),
            "when": lot.choice(("before", "after", "after")),
            "do": {"lose": lot.choice(losses)},
        }
        for operation, losses in OPERATIONS.items()
        if lot.random() < 0.7
    ]
    reads: list[dict[str, Any]] = [
        {"do": {"status": 503, "code": "ServiceUnavailable"}},
        {"do": {"status": 429, "code": "429", "headers": {"Retry-After": "5"}}},
        {"do": {"lose": "reset"}},
        {"do": {"latency": 20}},
    ]
    rules += [{"match": {"method": "GET"}, "probability": 0.15, **lot.choice(reads)}]
    rules += [{"match": {"operation": "fine_tuning.jobs.list"}, "do": {lot.choice(("hide", "stale")): 10}}]
    lot.shuffle(rules)
    return rules


def foreign(sandbox: Sandbox) -> dict[str, Any]:
    """What is not ours, as the service shows it."""
    files = [file for file in sandbox.data("GET", "/files")["data"] if file["filename"] == "shop-questions.jsonl"]
    jobs = [
        job
        for job in sandbox.data("GET", "/fine_tuning/jobs?limit=100")["data"]
        if "-" not in (job.get("suffix") or "")
    ]
    return {"files": files, "jobs": jobs, "deployment": sandbox.deployments("GET", "theirs")}


def live_runs(sandbox: Sandbox) -> Counter[str]:
    """Jobs that were not cancelled, by the revision in their suffix."""
    return Counter(job["suffix"] for job in sandbox.jobs() if job["status"] not in ("cancelled", "failed"))


@pytest.mark.parametrize("seed", SEEDS)
def test_it_converges_when_the_faults_stop(tmp_path: Path, seed: int) -> None:
    lot = random.Random(seed)
    sandbox = prepared(tmp_path, "azure")
    theirs = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}
    sandbox.deployments("PUT", "theirs", json=theirs)
    before = foreign(sandbox)
    sandbox.world.faults.add(*chaos(lot))
    for _ in range(6):
        sandbox.apply(wait=lot.choice((0, 60, 3600)))
        sandbox.world.advance(lot.choice((30, 300, 3000)))
    hits = sum(rule["hits"] for rule in sandbox.world.faults.list())
    sandbox.world.faults.clear()
    for _ in range(4):
        outcomes = sandbox.outcomes()
        if set(outcomes.values()) == {"done"}:
            break

    assert hits > 0
    assert set(outcomes.values()) == {"done"}
    assert sandbox.actions() == {}
    assert set(live_runs(sandbox).values()) == {1}
    assert len(live_runs(sandbox)) == 3
    assert foreign(sandbox) == before
    sandbox.world.close()
