"""Models of the data plane, the safety checks and automatic deployments, as raw HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulator_raw import Plane, Service, rows

GLOBAL = {"auto_inference_enabled": True, "inference_sku": 2}


@pytest.fixture
def dated(service: Service) -> Plane:
    keys = {"api-key": "emulator-key-sweden"}
    return Plane(service.world, "https://sweden.openai.azure.com/openai", keys, "2025-04-01-preview")


def listed(plane: Plane) -> dict[str, dict[str, Any]]:
    answer = plane("GET", "models").json()
    assert set(answer) == {"object", "data"}
    return {model["id"]: model for model in answer["data"]}


def tainted(text: str) -> bytes:
    message = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": f"Yes, {text}."}]
    return rows(10) + (json.dumps({"messages": message}) + "\n").encode()


def condition(service: Service, **values: str) -> None:
    answer = Plane(service.world, "http://127.0.0.1/_emulator", {})("PUT", "conditions", json=values)
    assert answer.status_code == 200, answer.text


def test_the_two_shapes_of_a_model(service: Service, dated: Plane) -> None:
    job = service.trained(suffix="mark")
    name = job["fine_tuned_model"]
    model = listed(service.sweden)[name]
    assert model == {"id": name, "created": job["finished_at"], "object": "model", "owned_by": "sweden"}
    assert service.sweden("GET", f"models/{name}").json() == model
    old = listed(dated)[name]
    assert old["model"] == "gpt-4.1-2025-04-14"
    assert old["fine_tune"] == job["id"]
    assert old["capabilities"] == {
        "fine_tune": False,
        "inference": True,
        "completion": False,
        "chat_completion": True,
        "embeddings": False,
    }
    assert set(old["deprecation"]) == {"inference"}
    assert dated("GET", f"models/{name}").json() == old
    base = dated("GET", "models/gpt-4.1").json()
    assert base["id"] == "gpt-4.1-2025-04-14"
    assert set(base["deprecation"]) == {"inference", "fine_tune"}
    assert not {"model", "fine_tune"} & set(base)
    assert base["capabilities"]["fine_tune"] is True
    assert dated("GET", "models/Ministral-3B").json()["capabilities"]["fine_tune"] is False


def test_only_finished_models_of_this_account_are_listed(service: Service) -> None:
    before = set(listed(service.sweden))
    job = service.job()
    service.world.advance(60 + 1140 + 50)
    assert set(listed(service.sweden)) == before
    service.world.advance(86_400)
    name = service.read(job)["fine_tuned_model"]
    assert set(listed(service.sweden)) - before == {name}
    assert name not in listed(service.eastus2)
    assert service.eastus2("GET", f"models/{name}").json()["error"]["code"] == "notFound"


def test_a_model_is_deleted_once_nothing_deploys_it(service: Service, dated: Plane) -> None:
    job = service.trained()
    name = job["fine_tuned_model"]
    newest = service.checkpoints(job)[0]["id"]
    assert service.deployment(newest).status_code == 201
    service.world.advance(300)
    refused = service.sweden("DELETE", f"models/{name}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert "bot" in refused.json()["error"]["message"]
    service.arm("DELETE", f"{service.id('sweden')}/deployments/bot")
    service.world.advance(300)
    assert dated("DELETE", f"models/{name}").status_code == 501
    answer = service.sweden("DELETE", f"models/{name}")
    assert (answer.status_code, answer.json()) == (200, {"id": name, "object": "model", "deleted": True})
    assert service.sweden("DELETE", f"models/{name}").status_code == 404
    assert service.deployment(name).status_code == 400
    body = {"model": name, "training_file": job["training_file"]}
    assert service.sweden("POST", "fine_tuning/jobs", json=body).status_code == 400
    assert service.read(job)["fine_tuned_model"] == name
    assert service.sweden("DELETE", "models/gpt-4.1").status_code == 400


@pytest.mark.parametrize("role", ["training_file", "validation_file"])
def test_unsafe_data_fails_the_job_before_it_trains(service: Service, role: str) -> None:
    files = {"training_file": service.file(), role: service.file(tainted("ftops-emulator:unsafe-data"))}
    job = service.trained(**files)
    assert job["status"] == "failed"
    assert job["error"]["code"] == "contentFilter"
    assert "failed RAI checks for harm types: [violence]" in job["error"]["message"]
    assert job["error"]["param"] == role
    assert not {"trained_tokens", "result_files", "fine_tuned_model"} & set(job)
    assert "Training started." not in service.messages(job)


def test_a_marker_is_found_across_pieces(service: Service) -> None:
    marker = tainted("ftops-emulator:unsafe-data")
    line = rows(1, "a" * 500)
    filler = line * ((1 << 20) // len(line) - 10)
    padding = (1 << 20) - 5 - marker.index(b"ftops-emulator") - len(filler)
    content = filler + b" " * (padding - 1) + b"\n" + marker
    assert content[(1 << 20) - 5 : (1 << 20) + 5] == b"ftops-emul"
    assert service.trained(training_file=service.file(content))["error"]["code"] == "contentFilter"


def test_an_unsafe_model_succeeds_and_cannot_be_deployed(service: Service) -> None:
    job = service.trained(training_file=service.file(tainted("ftops-emulator:unsafe-model")))
    assert job["status"] == "succeeded"
    messages = service.messages(job)
    verdict = messages[messages.index("Job succeeded.") + 1]
    assert "scores above acceptable thresholds for [Violence]" in verdict
    assert "Model Evaluation Passed." not in messages
    for name in (job["fine_tuned_model"], *(kept["id"] for kept in service.checkpoints(job))):
        refused = service.deployment(name)
        assert refused.status_code == 400
        assert refused.json()["error"]["message"] == verdict
    assert job["fine_tuned_model"] in listed(service.sweden)


def test_conditions_decide_as_well(service: Service) -> None:
    condition(service, account="sweden", unsafeModel="Violence, Self Harm")
    job = service.trained()
    assert "[Violence, Self Harm]" in service.deployment(job["fine_tuned_model"]).json()["error"]["message"]
    condition(service, account="sweden", unsafeModel="", unsafeData="hate_fairness")
    assert "[hate_fairness]" in service.trained()["error"]["message"]
    condition(service, account="sweden", unsafeData="")
    assert service.deployment(service.trained()["fine_tuned_model"]).status_code == 201
    control = Plane(service.world, "http://127.0.0.1/_emulator", {})
    assert control("GET", "conditions").json()["sweden"]["publicNetworkAccess"] == "Enabled"
    for body in ({"account": "nobody", "tenant": "a"}, {"account": "sweden", "weather": "fine"}, {"tenant": "a"}):
        assert control("PUT", "conditions", json=body).status_code == 400


def test_a_job_deploys_its_model_by_itself(service: Service) -> None:
    job = service.job(suffix="mark", inference_configs=GLOBAL)
    assert job["inference_configs"] == {"auto_inference_enabled": True, "inference_sku": "globalStandard"}
    deployments = f"{service.id('sweden')}/deployments"
    service.until(lambda: service.read(job)["status"] == "succeeded")
    assert service.arm("GET", deployments).json()["value"] == []
    service.world.advance(3600)
    done = service.read(job)
    assert done["inference_configs"] == job["inference_configs"]
    (made,) = service.arm("GET", deployments).json()["value"]
    assert made["name"] == f"mark-{job['id'].removeprefix('ftjob-')[:8]}"
    assert made["sku"] == {"name": "GlobalStandard", "capacity": 1}
    assert made["properties"]["model"]["name"] == done["fine_tuned_model"]
    assert made["properties"]["provisioningState"] == "Succeeded"


def test_automatic_deployments_wait_for_each_other(service: Service) -> None:
    file = service.file()
    configs = {"auto_inference_enabled": True, "inference_sku": 0}
    jobs = [service.job(training_file=file, inference_configs=configs) for _ in range(2)]
    assert jobs[0]["inference_configs"]["inference_sku"] == "developerTier"
    service.until(lambda: service.read(jobs[1])["status"] == "succeeded")
    service.world.advance(3600)
    made = service.arm("GET", f"{service.id('sweden')}/deployments").json()["value"]
    models = {deployment["properties"]["model"]["name"] for deployment in made}
    assert models == {service.read(job)["fine_tuned_model"] for job in jobs}
    assert {deployment["sku"]["name"] for deployment in made} == {"DeveloperTier"}


def test_a_refused_automatic_deployment_is_told(service: Service) -> None:
    file = service.file(tainted("ftops-emulator:unsafe-model"))
    job = service.trained(training_file=file, inference_configs=GLOBAL)
    assert service.arm("GET", f"{service.id('sweden')}/deployments").json()["value"] == []
    assert service.messages(job)[-1].startswith("Automatic deployment failed: This model is unable to be deployed.")


@pytest.mark.parametrize(
    "configs",
    [
        {"auto_inference_enabled": True, "inference_sku": 9},
        {"inference_sku": 2},
        "yes",
        {"auto_inference_enabled": 1},
        GLOBAL | {"inference_sku": []},
    ],
)
def test_wrong_inference_configs_are_refused(service: Service, configs: Any) -> None:
    body = {"model": "gpt-4.1", "training_file": service.file(), "inference_configs": configs}
    answer = service.sweden("POST", "fine_tuning/jobs", json=body)
    assert answer.json()["error"]["param"] == "inference_configs"
