"""The world itself: its file, its time, its repeatability."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from emulator_raw import Service, rows

from ftops.emulator import EmulatorError, World


def scenario(world: World) -> Service:
    service = Service(world)
    job = service.trained(suffix="mark")
    service.deployment(job["fine_tuned_model"])
    world.advance(300)
    service.sweden("GET", "files/none")
    return service


def test_the_same_calls_give_the_same_ids_and_journal() -> None:
    journals = []
    for _ in range(2):
        world = World.open(":memory:", seed=7)
        service = scenario(world)
        journals.append([world.journal(), service.sweden("GET", "fine_tuning/jobs").json(), world.now()])
        world.close()
    assert journals[0] == journals[1]
    other = World.open(":memory:", seed=8)
    assert scenario(other).sweden("GET", "fine_tuning/jobs").json() != journals[0][1]
    other.close()


def test_reset_brings_the_first_day_back(world: World) -> None:
    first = scenario(world).sweden("GET", "fine_tuning/jobs").json()
    world.reset()
    assert (world.now(), world.journal()) == (1767603600, [])
    assert scenario(world).sweden("GET", "fine_tuning/jobs").json() == first


def test_the_journal_says_who_changed_something(service: Service) -> None:
    service.file()
    service.sweden("GET", "files?limit=1")
    service.sweden("GET", "files", headers={"api-key": "wrong"})
    service.arm("GET", f"{service.id('eastus2')}/deployments")
    rows = service.world.journal()
    kept = ("method", "path", "operation", "account", "status", "effect")
    assert [tuple(row[name] for name in kept) for row in rows] == [
        ("POST", "/openai/v1/files", "files.create", "sweden", 201, True),
        ("GET", "/openai/v1/files?limit=1", "files.list", "sweden", 200, False),
        ("GET", "/openai/v1/files", "unknown", "sweden", 401, False),
        (
            "GET",
            f"{service.id('eastus2')}/deployments?api-version=2025-09-01",
            "deployments.list",
            "eastus2",
            200,
            False,
        ),
    ]
    assert [row["seq"] for row in service.world.journal(after=2)] == [3, 4]


def test_asking_never_moves_time(service: Service) -> None:
    job = service.job()
    for _ in range(50):
        service.read(job)
    assert service.world.now() == 1767603605
    assert service.read(job)["status"] == "pending"


def test_one_big_step_is_as_good_as_many_small_ones() -> None:
    states = []
    for step in (5000.0, 7.0):
        world = World.open(":memory:")
        service = Service(world)
        job = service.job()
        while world.now() < 1767603605 + 5000:
            world.advance(min(step, 1767603605 + 5000 - world.now()))
        states.append((service.read(job), service.checkpoints(job), service.messages(job)))
        world.close()
    assert states[0] == states[1]


def test_time_does_not_jump_when_its_mode_changes(world: World) -> None:
    start = world.now()
    world.switch_clock("scaled", 3600)
    assert start <= world.now() < start + 3600
    world.switch_clock("real")
    moved = world.now()
    world.switch_clock("manual")
    assert moved <= world.now() < moved + 60
    assert world.now() == world.now()
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(EmulatorError):
            world.advance(seconds)


def test_the_quick_profile_takes_seconds() -> None:
    world = World.open(":memory:", profile="quick")
    service = Service(world)
    job = service.trained()
    assert job["finished_at"] - job["created_at"] < 10
    world.close()
    with pytest.raises(EmulatorError, match="unknown profile"):
        World.open(":memory:", profile="slow")


def test_a_world_lives_on_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "world.db"
    world = World.open(path)
    job = Service(world).job()
    world.close()
    again = World.open(path)
    other = World.open(path)
    service = Service(again)
    other.advance(10_000)
    assert service.read(job)["status"] == "succeeded"
    assert other.journal() == again.journal()
    again.close()
    other.close()


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, but long enough to be looked at " * 20)
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("create table notes(text)")
    connection.close()
    newer = tmp_path / "newer.db"
    World.open(newer).close()
    connection = sqlite3.connect(newer)
    connection.execute("pragma user_version = 99")
    connection.close()
    for path, reason in ((text, "not a database"), (foreign, "another program"), (newer, "version 99")):
        with pytest.raises(EmulatorError, match=reason):
            World.open(path)


def test_accounts_can_be_added(world: World) -> None:
    new = {
        "region": "Norway East",
        "resource_id": "/subscriptions/1/resourceGroups/g/providers/p/accounts/sweden",
    }
    world.ensure_account(name="sweden", host="Other.openai.azure.com", **new)
    world.ensure_account(name="ignored", host="ignored.openai.azure.com", **new)
    assert world.accounts()[2:] == [
        {
            "name": "sweden-2",
            "region": "norwayeast",
            "resource_id": new["resource_id"],
            "host": "other.openai.azure.com",
        }
    ]
    with pytest.raises(EmulatorError, match="belongs to another account"):
        world.ensure_account(name="b", region="x", resource_id="/b", host="sweden.openai.azure.com")


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from emulator_raw import Service, rows
from ftops.emulator import World

world = World.open({path!r})
service = Service(world)
left = {statements}

def count(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

file = service.file(b"x" * 3_000_000)
world.store.connection.set_trace_callback(count)
while True:
    service.file(b"x" * 3_000_000)
    job = service.job()
    service.do(job, "cancel")
"""


@pytest.mark.parametrize("statements", [4, 11, 15, 33, 61])
def test_a_kill_in_mid_request_leaves_whole_effects(tmp_path: Path, statements: int) -> None:
    path = str(tmp_path / "world.db")
    code = KILLED.format(folder=str(Path(__file__).parent), path=path, statements=statements)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    world = World.open(path)
    assert world.store.connection.execute("pragma integrity_check").fetchone() == ("ok",)
    service = Service(world)
    effects = [row["operation"] for row in world.journal() if row["effect"]]
    files = [file for file in service.sweden("GET", "files").json()["data"] if file["filename"] == "train.jsonl"]
    assert len(files) == effects.count("files.create")
    for file in files:
        assert len(service.sweden("GET", f"files/{file['id']}/content").content) == file["bytes"]
    jobs = service.sweden("GET", "fine_tuning/jobs").json()["data"][:-1]
    assert len(jobs) == effects.count("fine_tuning.jobs.create")
    assert all(service.messages(job) for job in jobs)
    assert len([job for job in jobs if job["status"] == "cancelled"]) == effects.count("fine_tuning.jobs.cancel")
    assert service.trained(training_file=service.file(rows(10)))["status"] == "succeeded"
    world.close()
