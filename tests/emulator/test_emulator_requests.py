"""What the request for a job may say about method, training type, size and more, as raw HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from emulator_raw import Plane, Service

GRADER = {"type": "string_check", "name": "a", "input": "{{sample.output_text}}", "reference": "b", "operation": "eq"}
MODEL_GRADER = {
    "name": "judge",
    "type": "score_model",
    "model": "o3-mini",
    "input": [{"role": "user", "content": "How good is {{sample.output_text}}?"}],
    "range": [0.0, 10.0],
}


def asked(service: Service, file: str, **body: Any) -> httpx2.Response:
    return service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file, **body})


def reinforced(service: Service, file: str, **block: Any) -> httpx2.Response:
    method = {"type": "reinforcement", "reinforcement": {"grader": MODEL_GRADER} | block}
    return asked(service, file, model="o4-mini", validation_file=file, method=method)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("DeveloperTier", "developerTier"),
        ("GLOBALSTANDARD", "globalStandard"),
        ("standard", "standard"),
        (1, "standard"),
    ],
)
def test_training_types_come_back_in_one_spelling(service: Service, sent: object, shown: str) -> None:
    assert service.job(trainingType=sent)["trainingType"] == shown


@pytest.mark.parametrize("sent", [0, 2, True, "fast", ["standard"]])
def test_other_training_types_are_refused(service: Service, sent: object) -> None:
    assert asked(service, service.file(), trainingType=sent).status_code == 400


def test_a_number_must_be_one(service: Service) -> None:
    for text in ("NaN", "Infinity", '"fast"', "true"):
        body = f'{{"model": "gpt-4.1", "training_file": "{service.file()}", "hyperparameters": {{"n_epochs": {text}}}}}'
        assert service.sweden("POST", "fine_tuning/jobs", content=body).status_code == 400


@pytest.mark.parametrize("more", [{}, {"trainingType": "Standard"}])
def test_open_weight_models_are_only_trained_globally(service: Service, more: dict[str, str]) -> None:
    answer = asked(service, service.file(), model="ministral-3b", **more)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The specified base model does not support fine-tuning."


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("gpt-35-turbo", "dpo"),
        ("ministral-3b", "dpo"),
        ("o4-mini", "supervised"),
        ("o4-mini", "dpo"),
        ("gpt-4.1", "reinforcement"),
    ],
)
def test_a_model_knows_only_some_methods(service: Service, model: str, method: str) -> None:
    answer = asked(service, service.file(), model=model, trainingType="globalStandard", method={"type": method})
    assert answer.status_code == 400
    assert method in answer.json()["error"]["message"]
    assert asked(service, service.file(), model="o4-mini").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"method": {"type": "dpo"}, "hyperparameters": {"n_epochs": 2}},
        {"method": {"type": "supervised", "dpo": {}}},
        {"method": {"type": "dpo", "supervised": {}}},
        {"method": {"type": "dpo", "dpo": []}},
        {"method": "dpo"},
        {"integrations": [{"type": "wandb"}]},
        {"integrations": [{"type": "wandb", "wandb": {"name": "a"}}]},
        {"integrations": [{"type": "mlflow", "mlflow": {"project": "a"}}]},
        {"integrations": "wandb"},
    ],
)
def test_contradictory_requests_are_invalid(service: Service, body: dict[str, Any]) -> None:
    answer = asked(service, service.file(), **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalidPayload")


def test_dpo_shows_what_was_asked_and_the_rest_by_default(service: Service) -> None:
    given = {"n_epochs": 2, "batch_size": 2, "beta": 0.5}
    method = {"type": "dpo", "dpo": {"hyperparameters": given}}
    job = service.job(model="gpt-4o", method=method)
    filled = given | {"learning_rate_multiplier": 1, "l2_multiplier": 0}
    assert job["method"] == {"type": "dpo", "dpo": {"hyperparameters": filled}}
    assert "hyperparameters" not in job


def test_integrations_come_back(service: Service) -> None:
    integrations = [{"type": "wandb", "wandb": {"project": "shop", "tags": ["a:b"]}}]
    assert service.job(integrations=integrations)["integrations"] == integrations
    assert "integrations" not in service.job()


def test_a_complete_reinforcement_request_is_not_emulated(service: Service) -> None:
    file = service.file()
    parameters = {"n_epochs": 1, "batch_size": "auto", "eval_interval": 5, "reasoning_effort": "medium"}
    answer = reinforced(service, file, hyperparameters=parameters, response_format={"type": "json_schema"})
    assert answer.status_code == 501
    assert answer.json()["error"]["code"] == "EmulatorNotImplemented"
    assert service.world.journal()[-1]["effect"] is False


@pytest.mark.parametrize(
    ("block", "where"),
    [
        ({"grader": None}, "grader"),
        ({"grader": {"type": "magic", "name": "a"}}, "grader.type"),
        ({"grader": GRADER | {"operation": "is"}}, "grader.operation"),
        ({"grader": MODEL_GRADER | {"range": [10, 0]}}, "grader.range"),
        ({"hyperparameters": {"eval_interval": 0}}, "hyperparameters.eval_interval"),
        ({"hyperparameters": {"eval_samples": 1.5}}, "hyperparameters.eval_samples"),
        ({"hyperparameters": {"reasoning_effort": "huge"}}, "hyperparameters.reasoning_effort"),
        ({"hyperparameters": {"beta": 0.1}}, "hyperparameters.beta"),
        ({"response_format": "json"}, "response_format"),
    ],
)
def test_a_wrong_reinforcement_request_is_invalid(service: Service, block: dict[str, Any], where: str) -> None:
    answer = reinforced(service, service.file(), **block)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == f"method.reinforcement.{where}"


def test_reinforcement_needs_a_validation_file(service: Service) -> None:
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}
    answer = asked(service, service.file(), model="o4-mini", method=method)
    assert answer.json()["error"]["param"] == "validation_file"


def test_tokens_times_epochs_have_a_limit(service: Service) -> None:
    job = service.trained(hyperparameters={"n_epochs": 1_000_000_000})
    assert job["status"] == "failed"
    assert job["error"]["code"] == "quotaExceeded"
    assert "2000000000" in job["error"]["message"]


def test_a_low_rate_is_warned_about(service: Service) -> None:
    def warnings(rate: float) -> list[str]:
        job = service.job(hyperparameters={"learning_rate_multiplier": rate})
        service.world.advance(60)
        events = service.sweden("GET", f"fine_tuning/jobs/{job['id']}/events").json()["data"]
        service.do(job, "cancel")
        return [event["message"] for event in events if event["level"] == "warning"]

    assert warnings(2) == warnings(0.5) == []
    (text,) = warnings(0.0001)
    assert text.startswith("Training may be less effective due to low specified learning rate multiplier")


def test_a_deleted_job_makes_room_for_another(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftops.emulator.routes.jobs.MAX_JOBS", 2)
    file = service.file()
    job = service.job(training_file=file)
    refused = asked(service, file)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "quotaExceeded")
    service.do(job, "cancel")
    keys = {"api-key": "emulator-key-sweden"}
    dated = Plane(service.world, "https://sweden.openai.azure.com/openai", keys, "2024-10-21")
    assert dated("DELETE", f"fine_tuning/jobs/{job['id']}").status_code == 204
    assert asked(service, file).status_code == 201
