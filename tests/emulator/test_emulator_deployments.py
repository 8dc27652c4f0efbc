"""Deployments and accounts of the control plane, as raw HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from emulator_raw import Service

BASE = {
    "sku": {"name": "Standard", "capacity": 1},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}},
}


@pytest.fixture
def model(service: Service) -> str:
    """The model of the old job every account has."""
    return str(service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"])


def path(service: Service, name: str = "bot") -> str:
    return f"{service.id('sweden')}/deployments/{name}"


def put(service: Service, body: dict[str, Any], name: str = "bot"):
    return service.arm("PUT", path(service, name), json=body)


def wait(service: Service, answer: Any) -> dict[str, Any]:
    service.world.advance_to_next()
    return dict(service.arm("GET", answer.headers["azure-asyncoperation"]).json())


def test_a_fine_tuned_model_is_deployed_by_a_long_operation(service: Service, model: str) -> None:
    answer = service.deployment(model, tags={"ftops-name": "bot"})
    created = answer.json()
    assert answer.status_code == 201
    assert created["properties"] == {
        "model": {"format": "OpenAI", "name": model, "version": "1"},
        "versionUpgradeOption": "NoAutoUpgrade",
        "currentCapacity": 50,
        "capabilities": {"chatCompletion": "true"},
        "provisioningState": "Creating",
        "rateLimits": [
            {"key": "request", "renewalPeriod": 60, "count": 50},
            {"key": "token", "renewalPeriod": 60, "count": 50000},
        ],
    }
    assert set(created) == {"id", "type", "name", "sku", "properties", "systemData", "tags", "etag"}
    assert created["tags"] == {"ftops-name": "bot"}
    assert created["systemData"]["createdBy"] == "tester"
    assert answer.headers["etag"] == created["etag"]
    assert "retry-after" not in answer.headers
    assert answer.headers["location"].startswith("https://management.azure.com/subscriptions/")
    operation = service.arm("GET", answer.headers["azure-asyncoperation"]).json()
    assert set(operation) == {"id", "name", "status", "startTime", "percentComplete"}
    assert operation["status"] == "Running"
    service.world.advance(264)
    assert service.arm("GET", path(service)).json() == created
    service.world.advance(1)
    operation = service.arm("GET", answer.headers["azure-asyncoperation"]).json()
    assert (operation["status"], operation["endTime"]) == ("Succeeded", "2026-01-05T09:04:25Z")
    done = service.arm("GET", path(service)).json()
    assert done["properties"]["provisioningState"] == "Succeeded"
    assert (done["etag"], done["systemData"]) == (created["etag"], created["systemData"])


def test_a_base_model_is_deployed_within_the_call(service: Service) -> None:
    first = put(service, BASE)
    assert (first.status_code, first.json()["properties"]["provisioningState"]) == (201, "Succeeded")
    assert first.json()["properties"]["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert first.json()["properties"]["rateLimits"][0]["renewalPeriod"] == 10
    assert "tags" not in first.json()
    assert not {"azure-asyncoperation", "location"} & set(first.headers)
    service.world.advance(10)
    again = put(service, BASE)
    assert again.status_code == 200
    assert again.json()["etag"] == first.json()["etag"]
    assert again.json()["systemData"]["lastModifiedAt"] > first.json()["systemData"]["lastModifiedAt"]
    deleted = service.arm("DELETE", path(service))
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert service.arm("GET", f"{service.id('sweden')}/deployments").json() == {"value": []}


def test_one_write_at_a_time(service: Service, model: str) -> None:
    service.deployment(model, "one")
    for answer in (
        service.deployment(model, "one"),
        service.deployment(model, "two"),
        put(service, BASE, "two"),
        service.arm("DELETE", path(service, "one")),
        service.arm("PATCH", path(service, "one"), json={"tags": {}}),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "RequestConflict"
        assert service.id("sweden") in answer.json()["error"]["message"]
    other = service.eastus2("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"]
    assert service.deployment(other, account="eastus2").status_code == 201
    service.world.advance(265)
    assert service.deployment(model, "two").status_code == 201


def test_delete_of_a_fine_tuned_deployment(service: Service, model: str) -> None:
    wait(service, service.deployment(model))
    answer = service.arm("DELETE", path(service))
    assert (answer.status_code, answer.content) == (202, b"")
    assert service.arm("GET", path(service)).json()["properties"]["provisioningState"] == "Deleting"
    assert wait(service, answer)["status"] == "Succeeded"
    gone = service.arm("GET", path(service))
    assert gone.status_code == 404
    assert gone.json() == {
        "error": {
            "code": "NotFound",
            "message": f"Specified resource '{path(service)}' cannot be found.",
        }
    }
    assert service.arm("DELETE", path(service)).status_code == 204
    assert service.deployment(model).status_code == 201


def test_an_update_replaces_everything(service: Service, model: str) -> None:
    wait(service, service.deployment(model, tags={"a": "1"}))
    resized = service.deployment(model, sku={"name": "standard", "capacity": 2})
    assert resized.status_code == 200
    assert resized.json()["sku"] == {"name": "standard", "capacity": 2}
    assert "tags" not in resized.json()
    assert wait(service, resized)["status"] == "Succeeded"
    checkpoint = service.deployment(f"{model}:ckpt-step-20")
    assert (checkpoint.status_code, checkpoint.json()["properties"]["provisioningState"]) == (200, "Creating")
    assert wait(service, checkpoint)["status"] == "Succeeded"
    assert service.deployment(f"{model}:ckpt-step-20").json()["properties"]["provisioningState"] == "Succeeded"


def test_patch_takes_tags_and_sku(service: Service) -> None:
    first = put(service, BASE | {"tags": {"a": "1"}}).json()
    patched = service.arm("PATCH", path(service), json={"tags": {"b": "2"}, "sku": {"capacity": 3}})
    assert patched.status_code == 200
    assert patched.json()["tags"] == {"b": "2"}
    assert patched.json()["sku"] == {"name": "Standard", "capacity": 3}
    assert patched.json()["properties"]["currentCapacity"] == 3
    assert patched.json()["etag"] != first["etag"]
    refused = service.arm("PATCH", path(service), json={"properties": {}})
    assert refused.status_code == 400
    assert service.arm("PATCH", path(service, "none"), json={}).status_code == 404


def test_what_was_sent_for_filters_and_upgrades_comes_back(service: Service) -> None:
    properties = BASE["properties"] | {
        "raiPolicyName": "Strict",
        "versionUpgradeOption": "OnceCurrentVersionExpired",
    }
    shown = put(service, {"properties": properties}).json()
    assert shown["sku"] == {"name": "Standard", "capacity": 1}
    assert shown["properties"]["raiPolicyName"] == "Strict"
    assert shown["properties"]["versionUpgradeOption"] == "OnceCurrentVersionExpired"


def test_models_that_cannot_be_deployed(service: Service, model: str) -> None:
    running = service.job()
    service.world.advance(1290)
    unsafe = service.checkpoints(running)[0]
    elsewhere = service.eastus2("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"]
    for name in ("gpt-9", elsewhere, f"{model}:ckpt-step-1", unsafe["id"], "gpt-4.1", "gpt-4.1-2025-04-14"):
        answer = service.deployment(name)
        assert answer.status_code == 400, name
        assert answer.json()["error"]["code"] == "DeploymentModelNotSupported"
    wrong = {"properties": {"model": {"format": "Meta", "name": model, "version": "1"}}}
    assert put(service, wrong).status_code == 500
    assert service.deployment(model, sku={"name": "Cheap"}).status_code == 400
    assert service.deployment(model, sku={"name": "Standard", "capacity": 0}).status_code == 400
    assert service.deployment(model, "-bad").status_code == 400
    assert put(service, {"properties": {}}).status_code == 400


def test_a_checkpoint_can_be_deployed_by_its_id(service: Service) -> None:
    job = service.sweden("GET", "fine_tuning/jobs").json()["data"][0]
    assert service.deployment(service.checkpoints(job)[1]["id"]).status_code == 201


def test_the_list_is_paged_by_next_link(service: Service) -> None:
    service.world.page_size = 2
    for name in "abcde":
        put(service, BASE, name)
    names, link, pages = [], f"{service.id('sweden')}/deployments", 0
    while link and pages < 9:
        answer = service.arm("GET", link).json()
        names += [deployment["name"] for deployment in answer["value"]]
        link, pages = answer.get("nextLink"), pages + 1
    assert (names, pages) == (list("abcde"), 3)


def test_names_are_blind_to_letter_case(service: Service) -> None:
    put(service, BASE, "Bot")
    assert service.arm("GET", path(service, "bot").upper()).json()["name"] == "Bot"
    assert put(service, BASE, "bot").status_code == 200


def test_an_account_states_its_limits(service: Service) -> None:
    account = service.arm("GET", service.id("sweden")).json()
    limits = {entry["name"]: entry["value"] for entry in account["properties"]["capabilities"]}
    assert limits["MaxRunningFineTuneCount"] == "3"
    assert account["location"] == "swedencentral"
    group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/emulator"
    kind = "providers/Microsoft.CognitiveServices/accounts"
    subscription = group.split("/resourceGroups")[0]
    for listing in (f"{group}/{kind}", f"{subscription}/{kind}"):
        assert [found["name"] for found in service.arm("GET", listing).json()["value"]] == [
            "sweden",
            "eastus2",
        ]
    absent = service.arm("GET", f"{group}/{kind}/none")
    assert (absent.status_code, absent.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert service.arm("GET", f"{subscription}/resourceGroups/none/{kind}").status_code == 404
    assert service.arm("GET", f"{group}/{kind}/none/deployments").status_code == 404
