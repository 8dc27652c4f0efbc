"""State faults: what becomes of jobs, files, copies, deployments and accounts when something goes wrong for real."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from emulator_raw import Plane, Service, rows

from ftops.emulator import EmulatorError, World


def add(service: Service, what: str, **more: Any) -> None:
    rule = {name: more.pop(name) for name in ("times", "probability", "skip") if name in more}
    service.world.faults.add(state={"what": what, **more}, **rule)


def long_job(service: Service, **body: Any) -> dict[str, Any]:
    return service.job(training_file=service.file(rows(40)), hyperparameters={"n_epochs": 2, "batch_size": 1}, **body)


@pytest.mark.parametrize("step", [1, 17, 40, 80])
def test_a_job_fails_at_its_step(service: Service, step: int) -> None:
    add(service, "job-fails", step=step, code="outOfMemory", message="GPU lost.")
    job = long_job(service)
    failed_at = service.world.advance_until(job["id"], "failed")
    found = service.read(job)
    assert failed_at == job["created_at"] + 1200 + step
    assert found["error"] == {"code": "outOfMemory", "message": "GPU lost."}
    assert (found["finished_at"], "fine_tuned_model" in found) == (int(failed_at), False)
    assert "GPU lost." in service.messages(job)
    assert service.world.journal(operation="fine_tuning.jobs.create")[0]["bill"]["training_tokens"] == 0
    service.world.advance(86_400)
    assert service.read(job)["status"] == "failed"


def test_a_rule_concerns_only_the_jobs_it_names(service: Service) -> None:
    add(service, "job-fails", step=1, match={"suffix": "mine"}, times=1)
    jobs = [long_job(service, suffix=suffix) for suffix in ("other", "mine", "mine")]
    service.world.advance(86_400)
    assert [service.read(job)["status"] for job in jobs] == ["succeeded", "failed", "succeeded"]


def test_a_failed_job_makes_room(service: Service) -> None:
    jobs = [long_job(service) for _ in range(4)]
    service.world.advance(61)
    assert [service.read(job)["status"] for job in jobs].count("running") == 3
    add(service, "job-fails", step=1, times=1)
    service.world.advance_until(jobs[0]["id"], "failed")
    assert service.read(jobs[3])["status"] == "running"


def test_a_rule_made_in_mid_training_strikes_too(service: Service) -> None:
    job = long_job(service)
    service.world.advance(1210)
    add(service, "job-fails", step=33)
    assert service.world.advance_until(job["id"], "failed") == job["created_at"] + 1200 + 33


def test_a_pre_empted_job_pauses_and_goes_on_by_itself(service: Service) -> None:
    add(service, "job-paused", step=25, resume_after=600)
    job = long_job(service, trainingType="developerTier")
    paused = service.world.advance_until(job["id"], "paused")
    assert paused == job["created_at"] + 1200 + 25 + 300
    assert service.checkpoints(job)[0]["step_number"] == 25
    assert service.world.advance_until(job["id"], "resuming") == paused + 600
    service.world.advance_until(job["id"], "succeeded")
    assert service.read(job)["trained_tokens"] > 0


def test_a_job_that_has_spent_its_budget_waits_for_a_person(service: Service) -> None:
    add(service, "job-paused", step=25)
    job = long_job(service)
    service.world.advance(30 * 86_400)
    assert service.read(job)["status"] == "paused"
    assert service.do(job, "resume").status_code == 200
    service.world.advance_until(job["id"], "succeeded")


def test_a_stuck_job_goes_on_when_the_fault_ends(service: Service) -> None:
    add(service, "stuck", kind="job", state="pending")
    job = service.job()
    service.world.advance(30 * 86_400)
    assert service.read(job)["status"] == "pending"
    assert service.world.next_due() is None
    service.world.faults.clear()
    now = service.world.now()
    assert service.world.advance_until(job["id"], "running") == now + 60
    service.world.advance_until(job["id"], "succeeded")


def test_harmful_data_fails_the_job_before_it_trains(service: Service) -> None:
    add(service, "data-unsafe", harms="hate_fairness, violence", times=1)
    job = service.trained()
    assert job["status"] == "failed"
    assert job["error"]["message"] == (
        "The provided training data failed RAI checks for harm types: [hate_fairness, violence]. "
        "Please fix the data and try again."
    )
    assert "result_files" not in job
    assert service.trained()["status"] == "succeeded"


def test_a_harmful_model_succeeds_and_cannot_be_deployed(service: Service) -> None:
    add(service, "model-unsafe", harms="Violence", times=1)
    job = service.trained()
    assert job["status"] == "succeeded"
    answer = service.deployment(job["fine_tuned_model"])
    assert answer.status_code == 400
    assert "scores above acceptable thresholds for [Violence]" in answer.json()["error"]["message"]
    assert service.deployment(service.trained()["fine_tuned_model"], "other").status_code == 201


def test_a_file_that_cannot_be_imported(service: Service) -> None:
    add(service, "import-fails", match={"filename": "bad.jsonl"})
    bad, good = service.file(name="bad.jsonl"), service.file()
    found = {one["id"]: one["status"] for one in service.sweden("GET", "files").json()["data"]}
    assert (found[bad], found[good]) == ("error", "processed")
    answer = service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": bad})
    assert answer.status_code == 400


def operation(service: Service, answer: httpx2.Response) -> dict[str, Any]:
    return dict(service.arm("GET", answer.headers["azure-asyncoperation"]).json())


def provisioning(service: Service, name: str = "bot") -> str:
    found = service.arm("GET", f"{service.id('sweden')}/deployments/{name}").json()
    return str(found["properties"]["provisioningState"])


def test_a_deployment_that_fails(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    add(service, "deployment-fails", code="InternalServerError", message="No node.", times=1)
    answer = service.deployment(model)
    service.world.advance(300)
    assert provisioning(service) == "Failed"
    found = operation(service, answer)
    assert (found["status"], found["error"]) == ("Failed", {"code": "InternalServerError", "message": "No node."})
    again = service.deployment(model, sku={"name": "GlobalStandard", "capacity": 60})
    assert again.status_code == 200
    service.world.advance(300)
    assert provisioning(service) == "Succeeded"


def test_a_deployment_that_never_comes_up(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    add(service, "stuck", kind="operation", state="Running")
    answer = service.deployment(model)
    service.world.advance(5 * 86_400)
    assert (operation(service, answer)["status"], provisioning(service)) == ("Running", "Creating")
    assert service.deployment(model, "other").status_code == 409
    service.world.faults.clear()
    service.world.advance(300)
    assert provisioning(service) == "Succeeded"


def test_a_lock_outlives_its_operation(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    add(service, "lock-lingers", seconds=100)
    assert service.deployment(model).status_code == 201
    service.world.advance(265)
    assert provisioning(service) == "Succeeded"
    answer = service.deployment(model, "other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "RequestConflict")
    service.world.advance(100)
    assert service.deployment(model, "other").status_code == 201


def test_no_capacity_is_left(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    add(service, "no-capacity", account="sweden", times=1)
    answer = service.deployment(model)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InsufficientQuota")
    assert service.world.faults.list()[0]["hits"] == 1
    assert service.deployment(model).status_code == 201


def test_a_deployment_that_succeeded_and_does_not_answer(service: Service) -> None:
    model = service.trained()["fine_tuned_model"]
    service.deployment(model)
    add(service, "deployment-unready", match={"name": "bot"})
    service.world.advance(86_400)
    assert provisioning(service) == "Succeeded"
    body = {"model": "bot", "messages": [{"role": "user", "content": "Is it?"}]}
    answer = service.sweden("POST", "chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "DeploymentNotFound")
    service.world.faults.clear()
    assert service.sweden("POST", "chat/completions", json=body).status_code == 200


def test_a_copy_that_fails(service: Service) -> None:
    add(service, "copy-fails")
    job = service.trained()
    header = {"aoai-copy-ft-checkpoints": "preview", "accept": "application/json"}
    path = f"fine_tuning/jobs/{job['id']}/checkpoints/{service.checkpoints(job)[0]['id']}/copy"
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"}
    service.sweden("POST", path, json=body, headers=header)
    service.world.advance(86_400)
    (found,) = service.sweden("GET", path, headers=header).json()["copiedAccountDetails"]
    assert found["status"] == "Failed"


def test_an_account_that_cannot_be_reached(service: Service) -> None:
    add(service, "unreachable", account="eastus2")
    with pytest.raises(httpx2.ConnectError):
        service.eastus2("GET", "files")
    with pytest.raises(httpx2.ConnectError):
        service.arm("GET", f"{service.id('eastus2')}/deployments")
    assert service.sweden("GET", "files").status_code == 200
    assert [row["status"] for row in service.world.journal()] == [0, 0, 200]
    assert not any(row["effect"] for row in service.world.journal())
    assert service.world.faults.list()[0]["hits"] == 2


def test_a_role_that_was_removed(service: Service) -> None:
    add(service, "role-removed", principal="tester", account="sweden")
    answer = service.arm("GET", f"{service.id('sweden')}/deployments")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert service.arm("GET", f"{service.id('eastus2')}/deployments").status_code == 200
    assert service.sweden("GET", "files").status_code == 200
    token = Plane(service.world, "https://sweden.openai.azure.com", {"Authorization": "Bearer emu.data.tester"})
    answer = token("GET", "/openai/v1/files")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PermissionDenied")


def test_a_key_that_was_rotated(service: Service) -> None:
    add(service, "key-rotated", account="sweden", key="fresh")
    assert service.sweden("GET", "files").status_code == 401
    assert service.sweden("GET", "files", headers={"api-key": "fresh"}).status_code == 200
    assert service.eastus2("GET", "files").status_code == 200


def test_a_hand_in_the_portal(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    service.deployment(service.trained()["fine_tuned_model"])
    service.world.advance(300)
    path = f"{service.id('sweden')}/deployments/bot"
    change = {"sku": {"capacity": 7}, "tags": {"by": "hand"}}
    drift = {"who": "anna@example.com", "kind": "deployment", "account": "sweden", "name": "bot"}
    assert control("POST", "/_emulator/drift", json={**drift, "change": change}).status_code == 200
    found = service.arm("GET", path).json()
    assert (found["sku"], found["tags"]) == ({"name": "GlobalStandard", "capacity": 7}, {"by": "hand"})
    row = service.world.journal()[-2]
    assert {name: row[name] for name in ("operation", "principal", "account", "time", "effect", "path")} == {
        "operation": "drift",
        "principal": "anna@example.com",
        "account": "sweden",
        "time": service.world.now(),
        "effect": True,
        "path": "/deployment/bot",
    }
    assert control("POST", "/_emulator/drift", json={**drift, "delete": True}).status_code == 200
    assert service.arm("GET", path).status_code == 404
    assert control("POST", "/_emulator/drift", json={**drift, "delete": True}).status_code == 400
    for bad in ({}, drift, {**drift, "change": {}, "delete": True}, {**drift, "kind": "account", "delete": True}):
        assert control("POST", "/_emulator/drift", json=bad).status_code == 400


def test_a_hand_deletes_what_is_at_work(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    waiting = [long_job(service) for _ in range(4)][3]
    service.world.advance(61)
    first = service.sweden("GET", "fine_tuning/jobs").json()["data"][3]
    file = waiting["training_file"]
    for kind, name in (("job", first["id"]), ("file", file)):
        drift = {"who": "anna", "kind": kind, "account": "sweden", "name": name, "delete": True}
        assert control("POST", "/_emulator/drift", json=drift).status_code == 200
    assert service.read(waiting)["status"] == "running"
    assert service.sweden("GET", f"fine_tuning/jobs/{first['id']}").status_code == 404
    assert service.sweden("GET", f"files/{file}/content").status_code == 404
    model = next(job for job in service.sweden("GET", "fine_tuning/jobs").json()["data"] if "fine_tuned_model" in job)
    service.deployment(model["fine_tuned_model"])
    drift = {"kind": "deployment", "account": "sweden", "name": "bot", "delete": True}
    assert control("POST", "/_emulator/drift", json=drift).status_code == 200
    service.world.advance(86_400)
    assert service.arm("GET", f"{service.id('sweden')}/deployments").json()["value"] == []


def test_time_until_a_status(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    job = service.job()
    body = {"until": {"job": job["id"], "status": "running"}, "limit": 100}
    assert control("POST", "/_emulator/clock", json=body).json()["now"] == job["created_at"] + 60
    before = service.world.now()
    body = {"until": {"job": job["id"], "status": "succeeded"}, "limit": 100}
    refused = control("POST", "/_emulator/clock", json=body)
    assert refused.status_code == 400
    assert "does not become succeeded in 100 seconds" in refused.json()["error"]["message"]
    assert service.world.now() == before
    assert control("POST", "/_emulator/clock", json={"until": body["until"]}).status_code == 200
    assert service.read(job)["status"] == "succeeded"
    for bad in ({"until": {"job": "none", "status": "x"}}, {"until": body["until"], "limit": "x"}, {"until": {}}):
        assert control("POST", "/_emulator/clock", json=bad).status_code == 400


def test_until_something_that_never_comes(world: World) -> None:
    service = Service(world)
    job = service.job()
    with pytest.raises(EmulatorError, match="does not become paused"):
        world.advance_until(job["id"], "paused")
