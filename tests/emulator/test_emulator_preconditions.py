"""What must hold before and during a copy between accounts, as raw HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from emulator_raw import Plane, Service

HEADER = {"aoai-copy-ft-checkpoints": "preview"}


@pytest.fixture
def job(service: Service) -> dict[str, Any]:
    """The seeded one, finished."""
    return dict(service.sweden("GET", "fine_tuning/jobs").json()["data"][0])


def condition(service: Service, account: str, **values: str) -> None:
    body = {"account": account, **values}
    answer = Plane(service.world, "http://127.0.0.1/_emulator", {})("PUT", "conditions", json=body)
    assert answer.status_code == 200, answer.text


def path(service: Service, job: dict[str, Any]) -> str:
    return f"fine_tuning/jobs/{job['id']}/checkpoints/{service.checkpoints(job)[0]['id']}/copy"


def copy(service: Service, job: dict[str, Any]) -> httpx2.Response:
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"}
    return service.sweden("POST", path(service, job), json=body, headers=HEADER)


def status(service: Service, job: dict[str, Any]) -> str:
    answer = service.sweden("GET", path(service, job), headers=HEADER).json()
    return str(answer["copiedAccountDetails"][0]["status"])


@pytest.mark.parametrize(
    ("values", "words"),
    [({"tenant": "another"}, "another tenant"), ({"publicNetworkAccess": "Disabled"}, "public network access")],
)
def test_the_destination_must_be_open_and_of_the_same_tenant(
    service: Service, job: dict[str, Any], values: dict[str, str], words: str
) -> None:
    condition(service, "eastus2", **values)
    refused = copy(service, job)
    assert refused.status_code == 400
    assert words in refused.json()["error"]["message"]
    assert refused.json()["error"]["param"] == "destinationResourceId"
    condition(service, "eastus2", tenant="one", publicNetworkAccess="Enabled")
    condition(service, "sweden", tenant="one")
    assert copy(service, job).status_code == 200


def test_a_copy_can_fail(service: Service, job: dict[str, Any]) -> None:
    condition(service, "sweden", copyFails="yes")
    assert copy(service, job).json()["copiedAccountDetails"][0]["status"] == "InProgress"
    service.world.advance(300)
    assert status(service, job) == "Failed"
    assert service.deployment(job["fine_tuned_model"], account="eastus2").status_code == 400


def test_a_destination_that_closes_meanwhile_fails_the_copy(service: Service, job: dict[str, Any]) -> None:
    copy(service, job)
    condition(service, "eastus2", publicNetworkAccess="Disabled")
    service.world.advance(300)
    assert status(service, job) == "Failed"


def test_a_model_deleted_meanwhile_fails_the_copy_and_later_leaves_it(service: Service) -> None:
    early, late = service.trained(), service.trained()
    copy(service, late)
    service.world.advance(300)
    copy(service, early)
    for job in (early, late):
        assert service.sweden("DELETE", f"models/{job['fine_tuned_model']}").status_code == 200
    service.world.advance(300)
    assert (status(service, early), status(service, late)) == ("Failed", "Completed")
    assert service.deployment(late["fine_tuned_model"], account="eastus2").status_code == 201


def test_what_safety_blocks_here_it_blocks_there(service: Service) -> None:
    condition(service, "sweden", unsafeModel="Violence")
    job = service.trained()
    condition(service, "sweden", unsafeModel="")
    copy(service, job)
    service.world.advance(300)
    assert status(service, job) == "Completed"
    refused = service.deployment(job["fine_tuned_model"], account="eastus2")
    assert "[Violence]" in refused.json()["error"]["message"]


def test_a_copy_is_no_model_of_the_destinations_list(service: Service, job: dict[str, Any]) -> None:
    before = service.eastus2("GET", "models").json()
    copy(service, job)
    service.world.advance(300)
    assert status(service, job) == "Completed"
    assert service.eastus2("GET", "models").json() == before
    assert service.eastus2("DELETE", f"models/{job['fine_tuned_model']}").status_code == 404


def test_copies_are_made_on_dated_paths_as_well(service: Service, job: dict[str, Any]) -> None:
    keys = {"api-key": "emulator-key-sweden"}
    dated = Plane(service.world, "https://sweden.openai.azure.com/openai", keys, "2024-08-01-preview")
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"}
    assert dated("POST", path(service, job), json=body, headers=HEADER).status_code == 200
    assert status(service, job) == "InProgress"
