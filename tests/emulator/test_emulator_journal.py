"""The journal: who asked for what, what came of it, what it costs. And that runs repeat, alone or together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from emulator_raw import Plane, Service, rows

from ftops.emulator import EmulatorError, World
from ftops.emulator.journal import check_emulated


def bill(world: World, operation: str) -> dict[str, Any]:
    (entry,) = [row for row in world.journal(operation=operation) if "bill" in row]
    return dict(entry["bill"])


def test_who_asked_is_written_down(service: Service) -> None:
    service.sweden("GET", "files")
    Plane(service.world, "https://sweden.openai.azure.com", {"Authorization": "Bearer emu.data.ann"})(
        "GET", "/openai/v1/files"
    )
    service.arm("GET", f"{service.id('sweden')}/deployments")
    service.sweden("GET", "files", headers={"api-key": "wrong"})
    assert [row["principal"] for row in service.world.journal()] == ["key", "ann", "tester", ""]


def test_the_journal_can_be_filtered(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    service.file()
    service.sweden("GET", "files")
    service.sweden("GET", "files/none")
    service.eastus2("GET", "files")

    def seqs(query: str) -> list[int]:
        return [row["seq"] for row in control("GET", f"/_emulator/journal?{query}").json()["journal"]]

    assert seqs("operation=files.list") == [2, 4]
    assert seqs("operation=files.list&account=sweden") == [2]
    assert (seqs("status=404"), seqs("effect=true"), seqs("effect=false&after=2")) == ([3], [1], [3, 4])
    for bad in ("state=x", "status=x", "effect=maybe"):
        assert control("GET", f"/_emulator/journal?{bad}").status_code == 400
    assert [row["seq"] for row in service.world.journal(2, account="sweden")] == [3]


def test_tokens_are_billed_to_the_request_that_began_the_training(service: Service) -> None:
    job = service.job(training_file=service.file(rows(40)), hyperparameters={"n_epochs": 2, "batch_size": 1})
    assert bill(service.world, "fine_tuning.jobs.create") == {"job": job["id"], "training_tokens": 0}
    service.world.advance_until(job["id"], "succeeded")
    tokens = service.read(job)["trained_tokens"]
    assert tokens > 0
    assert bill(service.world, "fine_tuning.jobs.create")["training_tokens"] == tokens


def test_a_cancelled_job_is_billed_for_what_it_has_done(service: Service) -> None:
    job = service.job(training_file=service.file(rows(40)), hyperparameters={"n_epochs": 2, "batch_size": 1})
    service.world.advance(1200 + 40)
    service.do(job, "cancel")
    half = bill(service.world, "fine_tuning.jobs.create")["training_tokens"]
    whole = service.trained(training_file=job["training_file"], hyperparameters={"n_epochs": 2, "batch_size": 1})
    assert half == whole["trained_tokens"] / 2


def test_hosting_runs_from_the_creation_to_the_deletion(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    service.deployment(model)
    service.world.advance(7200)
    service.deployment(model, sku={"name": "GlobalStandard", "capacity": 60})
    service.world.advance(3600)
    assert bill(service.world, "deployments.create_or_update")["hosting_hours"] == 3
    service.arm("DELETE", f"{service.id('sweden')}/deployments/bot")
    service.world.advance(86_400)
    end = bill(service.world, "deployments.create_or_update")
    assert (end["deployment"], round(end["hosting_hours"], 2)) == ("bot", 3.01)


def test_a_removal_by_the_service_ends_the_hosting(service: Service) -> None:
    service.deployment(service.trained()["fine_tuned_model"])
    service.world.advance(60 * 86_400)
    assert 15 * 24 <= bill(service.world, "deployments.create_or_update")["hosting_hours"] < 15 * 24 + 1


@pytest.mark.parametrize("body", [{"sku": {"name": "DeveloperTier", "capacity": 1}}, None])
def test_what_costs_nothing_by_the_hour(service: Service, body: dict[str, Any] | None) -> None:
    if body:
        service.deployment(service.trained()["fine_tuned_model"], **body)
    else:
        base = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}
        assert service.arm("PUT", f"{service.id('sweden')}/deployments/base", json=base).status_code == 201
    assert all("bill" not in row for row in service.world.journal(operation="deployments.create_or_update"))


def test_a_lost_create_is_billed_all_the_same(service: Service) -> None:
    file = service.file()
    service.world.scenario("lost-create-html")
    service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file})
    service.world.advance(86_400)
    assert bill(service.world, "fine_tuning.jobs.create")["training_tokens"] > 0


def test_no_client_can_edit_the_journal(service: Service) -> None:
    service.file()
    before = service.world.journal()
    control = Plane(service.world, "http://127.0.0.1", {})
    for method in ("DELETE", "PUT", "POST", "PATCH"):
        assert control(method, "/_emulator/journal", json={"journal": []}).status_code == 501
    assert service.world.journal() == before


def test_a_session_with_an_unexpected_501_fails(service: Service) -> None:
    check_emulated(service.world)
    service.sweden("GET", "batches")
    with pytest.raises(EmulatorError, match="GET /openai/v1/batches"):
        check_emulated(service.world)
    check_emulated(service.world, "/openai/v1/batches")
    with pytest.raises(EmulatorError):
        check_emulated(service.world, "/openai/v1/other")


def scenario(seed: int) -> list[dict[str, Any]]:
    world = World.open(":memory:", seed=seed)
    service = Service(world)
    world.faults.add(probability=0.3, match={"method": "GET"}, do={"status": 503})
    world.faults.add(state={"what": "job-fails", "step": 3}, probability=0.5)
    jobs = [service.job() for _ in range(6)]
    for _ in range(20):
        world.advance_to_next()
        for job in jobs:
            service.sweden("GET", f"fine_tuning/jobs/{job['id']}")
    world.advance(86_400)
    journal = world.journal()
    world.close()
    return journal


def test_one_seed_gives_one_journal() -> None:
    first = scenario(5)
    assert json.dumps(scenario(5)) == json.dumps(first)
    assert [row["status"] for row in scenario(6)] != [row["status"] for row in first]
    tokens = [row["bill"]["training_tokens"] for row in first if "bill" in row]
    assert 0 < tokens.count(0) < len(tokens)


TOGETHER = """
import sys
sys.path.insert(0, {folder!r})
from emulator_raw import Service
from ftops.emulator import World

world = World.open({path!r})
service = Service(world)
for _ in range(40):
    world.advance({step})
    assert service.sweden("GET", "fine_tuning/jobs").status_code == 200
world.close()
"""


def test_four_processes_let_each_thing_happen_once(tmp_path: Path) -> None:
    path = str(tmp_path / "world.db")
    world = World.open(path, profile="azure")
    service = Service(world)
    jobs = [service.job() for _ in range(5)]
    service.world.faults.add(state={"what": "job-fails", "step": 7}, skip=2, times=1)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    code = TOGETHER.format(folder=str(Path(__file__).parent), path=path, step=61.5)
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE) for _ in range(4)
    ]
    for process in running:
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors.decode()
    assert world.now() == 1767603625 + 4 * 40 * 61.5
    assert [row["seq"] for row in world.journal()] == list(range(1, 10 + 160 + 1))
    assert Counter(service.read(job)["status"] for job in jobs) == {"succeeded": 4, "failed": 1}
    for job in jobs:
        told = Counter(service.messages(job))
        assert set(told.values()) == {1}, told
    alone = World.open(":memory:")
    other = Service(alone)
    [other.job() for _ in range(5)]
    alone.faults.add(state={"what": "job-fails", "step": 7}, skip=2, times=1)
    alone.advance(4 * 40 * 61.5)
    assert [other.messages(job) for job in jobs] == [service.messages(job) for job in jobs]
    world.close()
    alone.close()
