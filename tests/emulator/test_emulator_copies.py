"""Copying checkpoints to another account, as raw HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from emulator_raw import Service

HEADER = {"aoai-copy-ft-checkpoints": "preview"}


def copy(service: Service, job: dict[str, Any], checkpoint: str, to: str = "eastus2", region: str = "eastus2"):
    body = {"destinationResourceId": service.id(to), "region": region}
    return post(service, job, checkpoint, body)


def post(service: Service, job: dict[str, Any], checkpoint: str, body: dict[str, str]) -> httpx2.Response:
    path = f"fine_tuning/jobs/{job['id']}/checkpoints/{checkpoint}/copy"
    return service.sweden("POST", path, json=body, headers=HEADER)


def state(service: Service, job: dict[str, Any], checkpoint: str) -> dict[str, Any]:
    path = f"fine_tuning/jobs/{job['id']}/checkpoints/{checkpoint}/copy"
    return dict(service.sweden("GET", path, headers=HEADER).json())


def test_a_copy_arrives_in_no_list_and_can_be_used(service: Service) -> None:
    job = service.trained(suffix="mark")
    name = f"{job['fine_tuned_model']}:ckpt-step-90"
    checkpoint = service.checkpoints(job)[1]["id"]
    assert state(service, job, checkpoint)["copiedAccountDetails"] == []
    before = service.eastus2("GET", "fine_tuning/jobs").json()
    answer = copy(service, job, checkpoint)
    detail = {"destinationResourceId": service.id("eastus2"), "region": "eastus2", "status": "InProgress"}
    assert answer.status_code == 200
    assert answer.json() == {
        "checkpointedModelName": name,
        "fineTuningJobId": job["id"],
        "copiedAccountDetails": [detail],
    }
    assert service.deployment(name, account="eastus2").status_code == 400
    service.world.advance(300)
    assert state(service, job, checkpoint)["copiedAccountDetails"] == [detail | {"status": "Completed"}]
    assert service.eastus2("GET", "fine_tuning/jobs").json() == before
    assert service.deployment(name, account="eastus2").status_code == 201
    files = service.eastus2("GET", "files?purpose=fine-tune").json()["data"]
    body = {"model": name, "training_file": files[0]["id"]}
    assert service.eastus2("POST", "fine_tuning/jobs", json=body).json()["model"] == name


def test_asking_twice_changes_nothing(service: Service) -> None:
    job = service.trained()
    checkpoint = service.checkpoints(job)[0]
    first = copy(service, job, checkpoint["id"]).json()
    service.world.advance(100)
    assert copy(service, job, checkpoint["fine_tuned_model_checkpoint"]).json() == first
    service.world.advance(200)
    assert state(service, job, checkpoint["id"])["copiedAccountDetails"][0]["status"] == "Completed"
    assert copy(service, job, checkpoint["id"]).json()["copiedAccountDetails"][0]["status"] == "Completed"
    assert service.world.journal()[-1]["effect"] is False


def test_one_checkpoint_goes_to_several_destinations(service: Service) -> None:
    third = service.id("sweden").replace("accounts/sweden", "accounts/norway")
    service.world.ensure_account(name="norway", region="Norway East", resource_id=third, host="norway.openai.azure.com")
    job = service.trained()
    checkpoint = service.checkpoints(job)[0]["id"]
    refused = copy(service, job, checkpoint, "norway", "norwayeast")
    assert refused.status_code == 400
    assert "at least one fine-tuning job" in refused.json()["error"]["message"]
    norway = service.data("norway")
    part = {"file": ("a.jsonl", b"")}
    file = norway("POST", "files", data={"purpose": "fine-tune"}, files=part).json()["id"]
    service.world.advance(5)
    norway("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file})
    copy(service, job, checkpoint)
    details = copy(service, job, checkpoint, "norway", "Norway East").json()["copiedAccountDetails"]
    assert [detail["region"] for detail in details] == ["eastus2", "Norway East"]


@pytest.mark.parametrize(
    "change",
    [
        {"destinationResourceId": "/subscriptions/none"},
        {"region": "westus"},
        {"region": None},
        {"destinationResourceId": "sweden", "region": "swedencentral"},
    ],
)
def test_a_wrong_destination_is_refused(service: Service, change: dict[str, Any]) -> None:
    job = service.sweden("GET", "fine_tuning/jobs").json()["data"][0]
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"} | change
    if change.get("destinationResourceId") == "sweden":
        body["destinationResourceId"] = service.id("sweden")
    answer = post(service, job, service.checkpoints(job)[0]["id"], body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalidPayload"


def test_what_cannot_be_copied(service: Service) -> None:
    job = service.job()
    service.world.advance(60 + 1140 + 10)
    unfinished = service.checkpoints(job)[0]["id"]
    assert copy(service, job, unfinished).status_code == 400
    assert copy(service, job, "ftchkpt-unknown").status_code == 404
    path = f"fine_tuning/jobs/{job['id']}/checkpoints/{unfinished}/copy"
    assert service.sweden("GET", path).status_code == 400
