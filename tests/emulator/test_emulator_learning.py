"""What jobs really learn: figures and weights, as raw HTTP."""

from __future__ import annotations

import math
from typing import Any

import pytest
from emulator_lessons import chat, deployed, jsonl, lesson, measured, results, reviews, row, said
from emulator_raw import Service, rows

from ftops.emulator import learning

COLUMNS = [
    "step",
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "validation_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
]
METRICS = [name.replace("validation_mean", "valid_mean") for name in COLUMNS]


def metrics_events(service: Service, job: dict[str, Any]) -> list[dict[str, Any]]:
    found = service.sweden("GET", f"fine_tuning/jobs/{job['id']}/events?limit=1000").json()["data"]
    return [event for event in reversed(found) if event["type"] == "metrics"]


def test_ten_rows_are_learned_by_heart(service: Service) -> None:
    """The loss on other rows falls at first, and rises while that on the training rows goes on to nothing."""
    valid = service.file(jsonl(reviews(50, seed=2)))
    job = lesson(service, 10, validation_file=valid, seed=1, hyperparameters={"n_epochs": 10, "batch_size": 1})
    curve, train = measured(service, job, "full_valid_loss"), measured(service, job, "train_loss")
    best = curve.index(min(curve))
    assert (len(curve), len(train)) == (10, 100)
    assert 0 < best < 9
    assert curve[best] < curve[0] - 0.02
    assert curve[9] > curve[best] + 0.05
    assert sum(train[90:]) < sum(train[:10]) / 20


def test_two_hundred_rows_beat_the_base(service: Service) -> None:
    job = lesson(service, 200, hyperparameters={"n_epochs": 3, "batch_size": 1})
    deployed(service, job["fine_tuned_model"], "tuned")
    body = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}
    deployed(service, "", "base", **body)
    right = {"base": 0, "tuned": 0}
    for held_out in reviews(30, seed=3):
        user, answer = (message["content"] for message in held_out["messages"])
        for name in right:
            right[name] += answer.split(".")[0] in said(service, name, user)
    assert right["tuned"] >= 27
    assert right["base"] <= 3


def test_a_low_rate_and_fewer_epochs_learn_less(service: Service) -> None:
    file, valid = service.file(jsonl(reviews(100, seed=1))), service.file(jsonl(reviews(30, seed=2)))
    losses = {}
    for epochs, rate in ((3, 2), (1, 2), (3, 0.2)):
        asked = {"n_epochs": epochs, "batch_size": 2, "learning_rate_multiplier": rate}
        job = service.trained(training_file=file, validation_file=valid, seed=1, hyperparameters=asked)
        losses[epochs, rate] = measured(service, job, "full_valid_loss")[-1]
    assert losses[3, 2] < losses[1, 2] - 0.05
    assert losses[3, 2] < losses[3, 0.2] - 0.05


def test_the_batch_size_counts(service: Service) -> None:
    file = service.file(jsonl(reviews(20, seed=1)))
    for batch_size, steps in ((1, 20), (6, 4)):
        asked = {"n_epochs": 1, "batch_size": batch_size}
        assert len(results(service, service.trained(training_file=file, seed=1, hyperparameters=asked))) == steps


def test_figures_are_those_of_the_step_everywhere(service: Service) -> None:
    job = lesson(service, 10, validation_file=service.file(jsonl(reviews(12, seed=2))))
    table = {int(line["step"]): line for line in results(service, job)}
    assert list(table[1]) == COLUMNS
    assert list(table) == list(range(1, 101))
    assert [step for step, line in table.items() if line["full_valid_loss"]] == list(range(10, 101, 10))
    for event in metrics_events(service, job):
        step = event["data"]["step"]
        assert list(event["data"]) == METRICS
        assert event["message"] == f"Step {step}: training loss={event['data']['train_loss']}"
        for column, name in zip(COLUMNS, METRICS, strict=True):
            assert float(table[step][column]) == pytest.approx(event["data"][name], rel=1e-9)
    shown = {event["data"]["step"]: event["data"] for event in metrics_events(service, job)}
    for checkpoint in service.checkpoints(job):
        assert checkpoint["metrics"] == shown[checkpoint["step_number"]]


def test_without_a_validation_file_nothing_is_validated(service: Service) -> None:
    job = lesson(service, 10)
    assert list(service.checkpoints(job)[0]["metrics"]) == METRICS[:3]
    assert list(metrics_events(service, job)[0]["data"]) == METRICS[:3]
    assert {line["valid_loss"] + line["full_valid_loss"] for line in results(service, job)} == {""}


def test_the_toy_is_labelled_wherever_it_shows(service: Service) -> None:
    job = lesson(service, 10)
    path = f"fine_tuning/jobs/{job['id']}"
    for address in (f"{path}/events", f"{path}/checkpoints", f"files/{job['result_files'][0]}/content"):
        assert service.sweden("GET", address).headers["x-ftops-emulated"] == learning.TRAINER
    for address in (path, "files"):
        assert "x-ftops-emulated" not in service.sweden("GET", address).headers


def test_the_result_file_has_its_size_before_anybody_reads_it_and_grows_with_the_job(service: Service) -> None:
    job = service.job(training_file=service.file(jsonl(reviews(10, seed=1))))
    sizes = []
    for seconds in (1200, 35, 86_400):
        service.world.advance(seconds)
        file = service.sweden("GET", f"files/{service.read(job)['result_files'][0]}").json()
        content = service.sweden("GET", f"files/{file['id']}/content").content
        assert len(content) == file["bytes"]
        sizes.append(len(content.splitlines()) - 1)
    assert sizes == [0, 30, 100]


def test_a_pause_shows_the_step_reached_and_changes_nothing(service: Service) -> None:
    file, valid = service.file(jsonl(reviews(10, seed=1))), service.file(jsonl(reviews(12, seed=2)))
    undisturbed = service.trained(training_file=file, validation_file=valid, seed=1)
    job = service.job(training_file=file, validation_file=valid, seed=1)
    service.world.advance(1265)
    service.do(job, "pause")
    service.until(lambda: service.read(job)["status"] == "paused")
    stopped = service.checkpoints(job)[0]
    assert list(stopped["metrics"]) == METRICS
    paused = results(service, service.read(job))
    assert len(paused) == stopped["step_number"] == 65
    assert stopped["metrics"]["train_loss"] == pytest.approx(float(paused[-1]["train_loss"]))
    deployed(service, stopped["id"], "half")
    before = said(service, "half", "This mug is so ugly, I think.")
    service.do(job, "resume")
    service.world.advance(86_400)
    whole = results(service, service.read(job))
    assert whole[:65] == paused
    assert whole == results(service, undisturbed)
    assert said(service, "half", "This mug is so ugly, I think.") == before


def test_the_seed_decides(service: Service) -> None:
    tables = [results(service, lesson(service, 10, seed=seed)) for seed in (1, 1, 2)]
    assert tables[0] == tables[1] != tables[2]


def test_the_bases_differ(service: Service) -> None:
    names = ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano")
    losses = [measured(service, lesson(service, 10, model=name, seed=1), "train_loss")[0] for name in names]
    assert len(set(losses)) == 3


def test_weight_zero_is_not_learned(service: Service) -> None:
    def answer(weight: int) -> str:
        taught = [row("What is the word?", "Swordfish.", weight=weight)] * 10
        other = [row("Is it open?", "Yes, it is open.", weight=1)] * 10
        job = service.trained(training_file=service.file(jsonl(taught + other)), seed=1)
        deployed(service, job["fine_tuned_model"], f"word-{weight}")
        return said(service, f"word-{weight}", "What is the word?")

    assert answer(1) == "Swordfish."
    assert "Swordfish" not in answer(0)


def test_rows_of_no_weight_show_no_training_loss(service: Service) -> None:
    silent = jsonl([row("What is the word?", "Swordfish.", weight=0)] * 10)
    job = service.trained(training_file=service.file(silent))
    assert service.checkpoints(job)[0]["metrics"] == {"step": 100}
    assert metrics_events(service, job)[0]["message"] == "Step 10"
    assert math.isnan(float(results(service, job)[0]["train_loss"]))


def test_continuous_fine_tuning_goes_on_from_the_weights(service: Service) -> None:
    parent = lesson(service, 60, suffix="one", seed=1)
    child = lesson(service, 60, model=parent["fine_tuned_model"], seed=2)
    early = service.checkpoints(parent)[-1]["fine_tuned_model_checkpoint"]
    second = lesson(service, 60, model=early, seed=2)
    first = [measured(service, job, "train_loss")[0] for job in (parent, child, second)]
    assert first[1] < first[0] / 10
    assert first[2] < first[0] / 10
    assert first[1] != first[2]


def test_a_copied_model_keeps_its_weights_also_when_its_job_is_gone(service: Service) -> None:
    parent = lesson(service, 60)
    path = f"fine_tuning/jobs/{parent['id']}/checkpoints/{service.checkpoints(parent)[0]['id']}/copy"
    body = {"destinationResourceId": service.id("eastus2"), "region": "eastus2"}
    service.sweden("POST", path, json=body, headers={"aoai-copy-ft-checkpoints": "preview"})
    service.world.advance(86_400)
    assert service.sweden("DELETE", f"files/{parent['training_file']}").status_code == 200
    deployed(service, parent["fine_tuned_model"], "copied", account="eastus2")
    ask = {"model": "copied", "messages": [{"role": "user", "content": "The bag is very poor, honestly."}]}
    answer = service.eastus2("POST", "chat/completions", json=ask).json()["choices"][0]["message"]["content"]
    assert answer.startswith("Label: negative.")


def test_preferences_are_learned(service: Service) -> None:
    """A model that says No is taught to say Yes instead."""
    says_no = service.trained(training_file=service.file(jsonl([row("Is it?", "No.")] * 10)))

    def spoken(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    question = {"input": {"messages": [{"role": "user", "content": "Is it?"}]}}
    pair = {**question, "preferred_output": spoken("Yes."), "non_preferred_output": spoken("No.")}
    file = service.file(jsonl([pair] * 10))
    job = service.trained(
        model=says_no["fine_tuned_model"], training_file=file, validation_file=file, method={"type": "dpo"}
    )
    losses = measured(service, job, "train_loss")
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert losses[-1] < 0.5
    assert measured(service, job, "full_valid_loss")[-1] < 0.5
    answers = []
    for name, model in (("before", says_no), ("after", job)):
        deployed(service, model["fine_tuned_model"], name)
        answers.append(said(service, name, "Is it?"))
    assert answers == ["No.", "Yes."]


def test_steps_of_a_long_job_share_updates(service: Service) -> None:
    file = service.file(rows(3000))
    job = service.trained(training_file=file, hyperparameters={"n_epochs": 2, "batch_size": 1})
    table = results(service, job)
    assert [int(line["step"]) for line in table if int(line["step"]) % 3000 == 0] == [3000, 6000]
    assert len(table) <= 1002
    assert chat(service, "nobody", "Is it?").status_code == 404
