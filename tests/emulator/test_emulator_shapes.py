"""The two profiles that tell the same facts in another form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from emulator_raw import Service, rows

from ftops.emulator import World


@pytest.fixture
def odd() -> Iterator[Service]:
    world = World.open(":memory:", profile="adversarial")
    yield Service(world)
    world.close()


@pytest.fixture
def openai() -> Iterator[Service]:
    world = World.open(":memory:", profile="openai-shaped")
    yield Service(world)
    world.close()


def upload(service: Service) -> str:
    answer = service.sweden("POST", "files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", rows(10))})
    service.world.advance(5)
    return str(answer.json()["id"])


def create(service: Service, **body: Any) -> dict[str, Any]:
    body = {"model": "gpt-4.1", "training_file": upload(service), **body}
    return dict(service.sweden("POST", "fine_tuning/jobs", json=body).json())


def test_a_job_in_openais_words(openai: Service) -> None:
    job = create(openai, suffix="mark")
    assert re.fullmatch(r"ftjob-[A-Za-z0-9]{24}", job["id"])
    assert (job["status"], job["user_provided_suffix"], job["error"]) == ("validating_files", "mark", {})
    assert (job["fine_tuned_model"], job["result_files"], job["finished_at"]) == (None, [], None)
    assert "suffix" not in job
    assert openai.read(job) == job
    openai.world.advance(86_400)
    done = openai.read(job)
    assert done["status"] == "succeeded"
    assert job["id"].removeprefix("ftjob-") in done["fine_tuned_model"]


def test_statuses_codes_and_numbers_of_a_job(odd: Service) -> None:
    part = {"file": ("a.jsonl", rows(10))}
    answer = odd.sweden("POST", "files", data={"purpose": "fine-tune"}, files=part)
    assert answer.status_code == 200
    odd.world.advance(5)
    body = {"model": "gpt-4.1", "training_file": answer.json()["id"]}
    made = odd.sweden("POST", "fine_tuning/jobs", json=body)
    job = made.json()
    assert made.status_code == 200
    assert job["status"] in ("queued", "validating_files", "created")
    assert job["trainingType"] == "Standard"
    assert (job["error"], job["fine_tuned_model"], job["validation_file"]) == (None, None, None)
    assert isinstance(job["created_at"], float)
    assert "x_new_field" in job
    assert int(made.headers["content-length"]) == len(made.content)
    assert odd.read(job) == job
    assert all(odd.read(create(odd))["status"] != "pending" for _ in range(4))


def pages(service: Service, path: str) -> tuple[list[dict[str, Any]], int]:
    found: list[dict[str, Any]] = []
    number, more = 0, True
    while more:
        after = f"&after={found[-1]['id']}" if found else ""
        answer = service.sweden("GET", f"{path}?limit=100{after}").json()
        assert answer["data"] or not answer["has_more"]
        found, more, number = found + answer["data"], answer["has_more"], number + 1
    return found, number


def test_lists_lag_and_come_in_small_pages_and_in_another_order(odd: Service) -> None:
    jobs = [create(odd) for _ in range(7)]
    ids = {job["id"] for job in jobs}
    assert len(ids & {job["id"] for job in pages(odd, "fine_tuning/jobs")[0]}) == 6
    odd.world.advance(3)
    found, number = pages(odd, "fine_tuning/jobs")
    assert (len(found), len({job["id"] for job in found}), number) == (8, 8, 3)
    assert ids < {job["id"] for job in found}
    made = [job["created_at"] for job in found]
    assert made not in (sorted(made), sorted(made, reverse=True))
    assert [job["id"] for job in pages(odd, "fine_tuning/jobs")[0]] == [job["id"] for job in found]
    files, _ = pages(odd, "files")
    assert len(files) == 8 + len([file for file in files if file["purpose"] != "fine-tune"])


def test_events_are_all_there(odd: Service) -> None:
    job = create(odd, hyperparameters={"n_epochs": 20, "batch_size": 1})
    odd.world.advance(86_400)
    events, number = pages(odd, f"fine_tuning/jobs/{job['id']}/events")
    assert number > 1
    assert {"Job succeeded.", "Training started."} <= {event["message"] for event in events}
    assert {event["level"] for event in events} <= {"info", "warn", "error"}


def test_a_warning_is_a_warn(odd: Service) -> None:
    job = create(odd, hyperparameters={"learning_rate_multiplier": 0.001})
    odd.world.advance(86_400)
    events, _ = pages(odd, f"fine_tuning/jobs/{job['id']}/events")
    assert "warn" in {event["level"] for event in events}


def test_deployments_in_odd_states_and_small_pages(odd: Service) -> None:
    job = create(odd)
    odd.world.advance(86_400)
    model = odd.read(job)["fine_tuned_model"]
    states = set()
    for number in range(5):
        answer = odd.deployment(model, f"bot-{number}", sku={"name": "GlobalStandard", "capacity": 1})
        assert answer.status_code == 200
        states.add(answer.json()["properties"]["provisioningState"])
        operation = odd.arm("GET", answer.headers["azure-asyncoperation"]).json()
        assert operation["status"] in ("InProgress", "Accepted", "Running")
        odd.world.advance(300)
    assert states & {"Accepted", "Provisioning"}
    path, found = f"{odd.id('sweden')}/deployments", []
    while path:
        page = odd.arm("GET", path).json()
        assert len(page["value"]) <= 3
        found, path = found + page["value"], page.get("nextLink")
    assert {one["properties"]["provisioningState"] for one in found} == {"Succeeded"}
    assert [one["name"] for one in found] == [f"bot-{number}" for number in range(5)]
    assert odd.deployment(model, "bot-0", sku={"name": "GlobalStandard", "capacity": 2}).status_code == 201


def test_errors_keep_their_form(odd: Service) -> None:
    answer = odd.sweden("GET", "fine_tuning/jobs/none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "notFound")
    assert set(answer.json()) == {"error"}


def test_behind_the_disguise_is_the_same_world(odd: Service) -> None:
    plain = Service(World.open(":memory:"))
    for service in (odd, plain):
        create(service)
        service.world.advance(86_400)
    (there,), (here,) = (
        [job for job in service.sweden("GET", "fine_tuning/jobs").json()["data"] if "gpt-4.1" in job["model"]]
        for service in (odd, plain)
    )
    same = ("id", "fine_tuned_model", "trained_tokens", "model", "training_file", "created_at", "finished_at")
    assert {name: there[name] for name in same} == {name: here[name] for name in same}
    plain.world.close()
