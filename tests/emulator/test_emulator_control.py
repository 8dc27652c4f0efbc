"""What the control plane knows beyond single deployments: quota, models, sources, pauses, removal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from emulator_raw import Plane, Service

from ftops.emulator import World, conditions, leases

DAY = 86_400
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
PROVIDER = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"


@pytest.fixture
def service() -> Iterator[Service]:
    world = World.open(":memory:", profile="quick")
    yield Service(world)
    world.close()


@pytest.fixture
def model(service: Service) -> str:
    return str(service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"])


def base(capacity: int, sku: str = "Standard") -> dict[str, Any]:
    model = {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": model}}


def path(service: Service, name: str = "bot", account: str = "sweden") -> str:
    return f"{service.id(account)}/deployments/{name}"


def put(service: Service, body: dict[str, Any], name: str = "bot", account: str = "sweden") -> Any:
    return service.arm("PUT", path(service, name, account), json=body)


def usages(service: Service, region: str = "swedencentral") -> dict[str, tuple[float, float]]:
    rows = service.arm("GET", f"{PROVIDER}/locations/{region}/usages").json()["value"]
    return {row["name"]["value"]: (row["currentValue"], row["limit"]) for row in rows}


def deployed(service: Service, model: str, **more: Any) -> dict[str, Any]:
    assert service.deployment(model, **more).status_code == 201
    service.world.advance(3)
    found = service.arm("GET", path(service)).json()
    assert found["properties"]["provisioningState"] == "Succeeded"
    return dict(found)


# Quota


def test_capacity_beyond_the_quota_is_refused_in_the_services_words(service: Service) -> None:
    assert put(service, base(990), "one").status_code == 201
    answer = put(service, base(11), "two")
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "InsufficientQuota",
        "message": "This operation require 11 new capacity in quota Tokens Per Minute (thousands) - gpt-4.1, which is "
        "bigger than the current available capacity 10. The current quota usage is 990 and the quota limit is 1000 "
        "for quota Tokens Per Minute (thousands) - gpt-4.1.",
    }
    assert service.arm("GET", path(service, "two")).status_code == 404
    assert put(service, base(1000), "one").status_code == 200, "only what is new counts"
    assert put(service, base(1000, "GlobalStandard"), "two").status_code == 201, "another pool"
    assert put(service, base(1000), "one", "eastus2").status_code == 201, "another region"


def test_a_resize_by_patch_needs_quota_too(service: Service) -> None:
    put(service, base(900), "one")
    put(service, base(50), "two")
    refused = service.arm("PATCH", path(service, "two"), json={"sku": {"capacity": 101}})
    assert refused.json()["error"]["code"] == "InsufficientQuota"
    assert service.arm("PATCH", path(service, "two"), json={"sku": {"capacity": 100}}).status_code == 200


def test_capacity_is_free_some_seconds_after_the_delete() -> None:
    world = World.open(":memory:")
    service = Service(world)
    put(service, base(1000))
    assert service.arm("DELETE", path(service)).status_code == 200
    assert usages(service)["OpenAI.Standard.gpt-4.1"] == (1000, 1000)
    world.advance(19)
    assert put(service, base(1)).json()["error"]["code"] == "InsufficientQuota"
    world.advance(1)
    assert put(service, base(1000)).status_code == 201
    world.close()


def test_usages_have_the_recorded_form(service: Service, model: str) -> None:
    deployed(service, model)
    rows = service.arm("GET", f"{PROVIDER}/locations/swedencentral/usages").json()
    assert set(rows) == {"value"}
    for row in rows["value"]:
        assert set(row) == {"name", "currentValue", "limit", "unit"}
        assert row["unit"] == "Count"
        assert set(row["name"]) == {"value", "localizedValue"}
    found = usages(service)
    assert found["AccountCount"][0] == 2
    assert found["OpenAI.S0.AccountCount"][0] == 1
    assert found["OpenAI.FineTuned.Deployments"] == (1, 10)
    assert found["OpenAI.GlobalStandard.gpt-4o-mini-finetune"] == (50, 1000)
    assert found["OpenAI.GlobalStandard.gpt-4o-mini"] == (0, 1000)
    assert usages(service, "eastus2")["OpenAI.GlobalStandard.gpt-4o-mini-finetune"] == (0, 1000)
    own = service.arm("GET", f"{service.id('sweden')}/usages").json()["value"]
    assert {row["name"]["value"]: row["currentValue"] for row in own}["OpenAI.FineTuned.Deployments"] == 1


def test_ten_fine_tuned_deployments_and_thirty_two_by_the_token(service: Service, model: str) -> None:
    small = {"sku": {"name": "GlobalStandard", "capacity": 1}}
    for number in range(10):
        assert service.deployment(model, f"tuned-{number}", **small).status_code == 201
        service.world.advance(3)
    refused = service.deployment(model, "tuned-10", **small)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InsufficientQuota")
    assert "Fine-tuned" in refused.json()["error"]["message"]
    for number in range(22):
        assert put(service, base(1), f"base-{number}").status_code == 201
    assert put(service, base(1), "base-22").json()["error"]["code"] == "InsufficientQuota"
    assert put(service, base(1, "ProvisionedManaged"), "units").status_code == 201


# Models


def test_models_of_a_location(service: Service) -> None:
    rows = service.arm("GET", f"{PROVIDER}/locations/SwedenCentral/models").json()["value"]
    entry = next(row for row in rows if row["model"]["name"] == "gpt-4.1" and row["kind"] == "OpenAI")
    assert set(entry) == {"model", "kind", "skuName"}
    model = entry["model"]
    assert model["deprecation"] == {"fineTune": "2027-04-14T00:00:00Z", "inference": "2027-04-14T00:00:00Z"}
    assert model["finetuneCapabilities"] == {"supervised": "true", "dpo": "true"}
    assert model["capabilities"]["fineTune"] == "true"
    assert model["lifecycleStatus"] == "GenerallyAvailable"
    standard = next(sku for sku in model["skus"] if sku["name"] == "Standard")
    assert standard["usageName"] == "OpenAI.Standard.gpt-4.1"
    assert standard["rateLimits"][0] == {"key": "request", "renewalPeriod": 10, "count": 1.0}
    elsewhere = service.arm("GET", f"{PROVIDER}/locations/westus2/models").json()["value"]
    assert not [row for row in elsewhere if "finetuneCapabilities" in row["model"]]


def test_an_accounts_models_include_the_results_of_its_own_jobs(service: Service, model: str) -> None:
    listed = {row["name"]: row for row in service.arm("GET", f"{service.id('sweden')}/models").json()["value"]}
    assert listed[model]["baseModel"] == {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}
    assert listed[model]["deprecation"] == {"fineTune": "2026-10-01T00:00:00Z", "inference": "2027-10-01T00:00:00Z"}
    assert {sku["name"] for sku in listed[model]["skus"]} == {"Standard", "GlobalStandard", "DeveloperTier"}
    assert not [name for name in listed if ":ckpt" in name]
    assert model not in service.arm("GET", f"{service.id('eastus2')}/models").text


def test_a_copied_model_is_in_no_list_of_its_destination(service: Service) -> None:
    job = service.sweden("GET", "fine_tuning/jobs").json()["data"][0]
    checkpoint = service.checkpoints(job)[0]
    preview = service.data("sweden", **{"aoai-copy-ft-checkpoints": "preview", "accept": "application/json"})
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"}
    copy = f"fine_tuning/jobs/{job['id']}/checkpoints/{checkpoint['id']}/copy"
    assert preview("POST", copy, json=body).status_code < 300
    service.world.advance(10)
    name = job["fine_tuned_model"]
    assert service.deployment(name, account="eastus2").status_code == 201
    assert name not in service.arm("GET", f"{service.id('eastus2')}/models").text


def test_sizes_of_a_deployment_and_capacities_of_a_model(service: Service, model: str) -> None:
    deployed(service, model)
    skus = service.arm("GET", f"{path(service)}/skus").json()["value"]
    assert [row["sku"]["name"] for row in skus] == ["Standard", "GlobalStandard", "DeveloperTier"]
    assert all(row["capacity"]["minimum"] == 1 for row in skus)
    assert service.arm("GET", f"{path(service, 'none')}/skus").status_code == 404
    query = "modelFormat=OpenAI&modelName=gpt-4o-mini&modelVersion=2024-07-18"
    rows = service.arm("GET", f"{PROVIDER}/locations/swedencentral/modelCapacities?{query}").json()["value"]
    left = next(row for row in rows if row["name"] == "GlobalStandard")
    assert left["properties"]["availableCapacity"] == 1000
    assert left["properties"]["availableFinetuneCapacity"] == 950
    everywhere = service.arm("GET", f"{PROVIDER}/modelCapacities?{query}").json()["value"]
    assert {row["location"] for row in everywhere} > {"swedencentral", "eastus2"}


def test_a_model_past_its_end_cannot_be_deployed(service: Service, model: str) -> None:
    mini = base(1) | {"properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}}}
    assert put(service, mini).status_code == 201
    service.world.advance(269 * DAY)
    refused = put(service, mini, "late")
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "code": "ServiceModelDeprecated",
        "message": "The model 'Format:OpenAI,Name:gpt-4o-mini,Version:2024-07-18' has been deprecated since "
        "10/01/2026 00:00:00.",
    }
    assert service.deployment(model, "tuned").status_code == 201, "fine-tuned ones stay a year longer"
    service.world.advance(365 * DAY)
    assert service.deployment(model, "late").json()["error"]["code"] == "ServiceModelDeprecated"


def test_a_wrong_format_is_an_error_without_words(service: Service, model: str) -> None:
    for name, version in ((model, "1"), ("gpt-4.1", "2025-04-14")):
        wrong = {"properties": {"model": {"format": "Meta", "name": name, "version": version}}}
        answer = put(service, wrong)
        assert (answer.status_code, answer.json()["error"]["message"]) == (500, "")


# Models of other accounts


def deploy_from(service: Service, model: str, **source: str) -> Any:
    named = {"format": "OpenAI", "name": model, "version": "1", **source}
    return put(service, {"properties": {"model": named}}, account="eastus2")


def test_a_model_of_another_account_of_the_tenant(service: Service, model: str) -> None:
    assert deploy_from(service, model).status_code == 400
    answer = deploy_from(service, model, source=service.id("sweden"))
    assert answer.status_code == 201
    assert answer.json()["properties"]["model"]["source"] == service.id("sweden")
    assert deploy_from(service, "none", source=service.id("sweden")).status_code == 409, "one write at a time"
    service.world.advance(3)
    assert deploy_from(service, "none", source=service.id("sweden")).status_code == 400
    assert deploy_from(service, model, source="/subscriptions/x").json()["error"]["code"] == "InvalidResourceProperties"
    both = {"source": service.id("sweden"), "sourceAccount": service.id("sweden")}
    assert deploy_from(service, model, **both).status_code == 400


def test_a_model_of_another_tenant_needs_a_token_of_both() -> None:
    world = World.open(":memory:", profile="quick")
    elsewhere = "/subscriptions/2/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/far"
    world.ensure_account(name="far", region="westus2", resource_id=elsewhere, host="far.openai.azure.com")
    conditions.write(world, "eastus2", "tenant", "another")
    service = Service(world)
    model = str(service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"])
    assert deploy_from(service, model, source=service.id("sweden")).status_code == 400
    refused = deploy_from(service, model, sourceAccount=service.id("sweden"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    named = {"format": "OpenAI", "name": model, "version": "1", "sourceAccount": service.id("sweden")}
    body = {"properties": {"model": named}}
    for token, status in (("emu.data.owner", 403), ("emu.management.owner", 201)):
        auxiliary = {"x-ms-authorization-auxiliary": f"Bearer {token}"}
        answer = service.arm("PUT", path(service, account="eastus2"), json=body, headers=auxiliary)
        assert answer.status_code == status
    # A region without fine-tuning takes no model of another account.
    named = {"format": "OpenAI", "name": model, "version": "1", "source": service.id("sweden")}
    answer = service.arm("PUT", f"{elsewhere}/deployments/bot", json={"properties": {"model": named}})
    assert answer.json()["error"]["code"] == "DeploymentModelNotSupported"
    world.close()


# Pauses


def test_pause_and_resume_of_a_deployment(service: Service, model: str) -> None:
    deployed(service, model)
    old = service.arm("POST", f"{path(service)}/pause?api-version=2025-09-01")
    assert (old.status_code, old.json()["error"]["code"]) == (404, "InvalidResourceType")
    for verb, state in (("pause", "Paused"), ("pause", "Paused"), ("resume", "Running"), ("resume", "Running")):
        answer = service.arm("POST", f"{path(service)}/{verb}?api-version=2025-12-01")
        assert answer.status_code == 200
        assert answer.json()["properties"]["deploymentState"] == state
        found = service.world.store.get("deployment", "sweden", "bot")
        assert found
        assert leases.is_paused(found) == (state == "Paused")
    put(service, base(1, "ProvisionedManaged"), "units")
    assert service.arm("POST", f"{path(service, 'units')}/pause?api-version=2025-12-01").status_code == 400
    assert service.arm("POST", f"{path(service, 'none')}/pause?api-version=2025-12-01").status_code == 404


# Readiness and removal


def ready(world: World) -> bool:
    with world.transaction():
        world.settle()
        found = world.store.get("deployment", "sweden", "bot")
        assert found
        return leases.is_ready(world, found)


@pytest.mark.parametrize(("profile", "create", "later"), [("azure", 265, 60), ("quick", 3, 0)])
def test_inference_is_ready_later_than_succeeded(profile: str, create: int, later: int) -> None:
    world = World.open(":memory:", profile=profile)
    service = Service(world)
    model = str(service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"])
    service.deployment(model)
    assert not ready(world)
    world.advance(create)
    assert service.arm("GET", path(service)).json()["properties"]["provisioningState"] == "Succeeded"
    if later:
        assert not ready(world)
        world.advance(later - 1)
        assert not ready(world)
        world.advance(1)
    assert ready(world)
    service.deployment(model, sku={"name": "GlobalStandard", "capacity": 7})
    assert ready(world), "a new size does not interrupt"
    world.close()


@pytest.mark.parametrize("sku", ["Standard", "GlobalStandard", "globalstandard"])
def test_an_idle_deployment_is_removed_after_fifteen_days(service: Service, model: str, sku: str) -> None:
    deployed(service, model, sku={"name": sku, "capacity": 1})
    service.world.advance(15 * DAY - 1)
    assert service.arm("GET", path(service)).status_code == 200
    service.world.advance(1)
    assert service.arm("GET", path(service)).status_code == 404
    assert usages(service)["OpenAI.FineTuned.Deployments"][0] == 0
    assert deployed(service, model), "the model stays"


def test_a_call_renews_the_fifteen_days_and_an_operation_puts_the_removal_off(service: Service, model: str) -> None:
    deployed(service, model)
    service.world.advance(10 * DAY)
    with service.world.transaction():
        found = service.world.store.get("deployment", "sweden", "bot")
        assert found
        found.hidden["last_used"] = service.world.now()
        service.world.store.save(found)
    service.world.advance(15 * DAY - 1)
    resized = service.deployment(model, sku={"name": "GlobalStandard", "capacity": 7})
    assert resized.status_code == 200
    service.world.advance(2)
    assert service.arm("GET", path(service)).json()["sku"]["capacity"] == 7
    service.world.advance(120)
    assert service.arm("GET", path(service)).status_code == 404


def test_other_sizes_stand_a_day_or_for_ever(service: Service, model: str) -> None:
    deployed(service, model, sku={"name": "DeveloperTier", "capacity": 1})
    with service.world.transaction():
        found = service.world.store.get("deployment", "sweden", "bot")
        assert found
        found.hidden["last_used"] = service.world.now() + 3600
        service.world.store.save(found)
    service.world.advance(DAY - 1)
    assert service.arm("GET", path(service)).status_code == 200
    service.world.advance(1)
    assert service.arm("GET", path(service)).status_code == 404
    deployed(service, model, sku={"name": "ProvisionedManaged", "capacity": 25})
    put(service, base(1), "base")
    service.world.advance(100 * DAY)
    assert service.arm("GET", path(service)).status_code == 200
    assert service.arm("GET", path(service, "base")).status_code == 200
    small = {"sku": {"name": "Standard"}}
    assert service.arm("PATCH", path(service), json=small).status_code == 200
    service.world.advance(120)
    assert service.arm("GET", path(service)).status_code == 404, "its 15 days are over in the new size"


def test_an_operation_can_be_asked_for_a_day(service: Service, model: str) -> None:
    address = service.deployment(model).headers["azure-asyncoperation"]
    service.world.advance(3 + DAY)
    assert service.arm("GET", address).json()["status"] == "Succeeded"
    service.world.advance(1)
    assert service.arm("GET", address).status_code == 404


def test_two_accounts_of_a_subscription_share_a_regions_quota() -> None:
    world = World.open(":memory:", profile="quick")
    resource = f"{SUBSCRIPTION}/resourceGroups/two/providers/Microsoft.CognitiveServices/accounts/second"
    world.ensure_account(name="second", region="swedencentral", resource_id=resource, host="second.openai.azure.com")
    foreign = resource.replace("0001/", "0002/")
    world.ensure_account(name="third", region="swedencentral", resource_id=foreign, host="third.openai.azure.com")
    service = Service(world)
    put(service, base(600))
    arm = Plane(world, "https://management.azure.com", {"Authorization": "Bearer emu.management.me"}, "2025-09-01")
    assert arm("PUT", f"{resource}/deployments/bot", json=base(401)).json()["error"]["code"] == "InsufficientQuota"
    assert arm("PUT", f"{foreign}/deployments/bot", json=base(401)).status_code == 201
    assert arm("PUT", f"{resource}/deployments/bot", json=base(400)).status_code == 201
    world.close()
