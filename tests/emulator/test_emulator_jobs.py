"""Fine-tuning jobs, as raw HTTP."""

from __future__ import annotations

import json

import pytest
from emulator_raw import Service, rows

SUPERVISED = {
    "type": "supervised",
    "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 4, "learning_rate_multiplier": 1.0}},
}


def refusal(service: Service, **body: object) -> dict[str, str]:
    body = {"model": "gpt-4.1", "training_file": service.file(), **body}
    answer = service.sweden("POST", "fine_tuning/jobs", json=body)
    assert answer.status_code == 400, answer.text
    return dict(answer.json()["error"])


def test_a_new_job_shows_what_was_sent_and_leaves_out_what_was_not(service: Service) -> None:
    file = service.file()
    answer = service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file})
    job = answer.json()
    assert answer.status_code == 201
    assert job == {
        "hyperparameters": {"n_epochs": -1, "batch_size": -1, "learning_rate_multiplier": 2},
        "seed": job["seed"],
        "trainingType": "standard",
        "status": "pending",
        "model": "gpt-4.1-2025-04-14",
        "training_file": file,
        "estimated_finish": job["created_at"] + 900,
        "id": job["id"],
        "created_at": 1767603605,
        "object": "fine_tuning.job",
    }
    assert 0 <= job["seed"] < 2**31
    # The address has no `/jobs/` in it, as on the live service.
    assert f"/openai/fine_tuning/{job['id']}?" in answer.headers["location"]


def test_a_full_request_is_echoed(service: Service) -> None:
    file = service.file()
    job = service.job(
        training_file=file,
        validation_file=file,
        suffix="mark-support_1",
        seed=7,
        method=SUPERVISED,
        trainingType="GLOBALSTANDARD",
        metadata={"owner": "us"},
    )
    assert job["hyperparameters"] == job["method"]["supervised"]["hyperparameters"]
    # A whole float comes back as an integer.
    assert '"learning_rate_multiplier": 1}' in json.dumps(job)
    expected = {
        "suffix": "mark-support_1",
        "seed": 7,
        "trainingType": "globalStandard",
        "validation_file": file,
        "metadata": {"owner": "us"},
    }
    assert job | expected == job


def test_metadata_can_be_lost(service: Service) -> None:
    service.world.echo_metadata = False
    assert "metadata" not in service.job(metadata={"owner": "us"})


def test_a_dpo_job_has_no_top_level_hyperparameters(service: Service) -> None:
    job = service.job(method={"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": "auto"}}})
    assert "hyperparameters" not in job
    assert job["method"]["dpo"]["hyperparameters"] == {
        "n_epochs": -1,
        "batch_size": -1,
        "learning_rate_multiplier": 2,
        "beta": 0.1,
        "l2_multiplier": 0,
    }


def test_the_way_of_a_job(service: Service) -> None:
    file = service.file()
    job = service.job(training_file=file, validation_file=file, suffix="mark")
    assert service.read(job) == job
    service.world.advance(60)
    assert service.read(job) == job | {"status": "running"}
    service.world.advance(1140)
    training = service.read(job)
    assert training["hyperparameters"] == {"n_epochs": 10, "batch_size": 1, "learning_rate_multiplier": 2}
    assert set(training) - set(job) == {"result_files"}
    service.world.advance(100 + 660)
    done = service.read(job)
    assert done["status"] == "succeeded"
    assert set(done) - set(training) == {"fine_tuned_model", "finished_at", "trained_tokens"}
    assert done["fine_tuned_model"] == f"gpt-4.1-2025-04-14.ft-{job['id'].removeprefix('ftjob-')}-mark"
    assert done["finished_at"] == job["created_at"] + 1960
    result = done["result_files"][0]
    steps = [f"Step {step}" for step in range(10, 101, 10)]
    assert [message.split(":")[0] if message.startswith("Step") else message for message in service.messages(job)] == [
        "Job enqueued. Waiting for jobs ahead to complete.",
        "Preprocessing running for file training file.",
        "Preprocessing completed for file training file.",
        "Preprocessing completed for file validation file.",
        "Job started.",
        "Data Import started.",
        "Finetuning started.",
        "Job queued, waiting for GPUs.",
        "Training started.",
        f"Created results file: {result}",
        *steps,
        "Job succeeded.",
        "Model Evaluation Passed.",
        f"Completed results file: {result}",
        "Training tokens billed: 1000",
    ]
    content = service.sweden("GET", f"files/{result}/content").text.splitlines()
    assert [line.split(",")[0] for line in content] == ["step", *map(str, range(1, 101))]


def test_the_last_three_epochs_are_kept_and_the_newest_is_the_model(service: Service) -> None:
    job = service.trained(training_file=service.file(rows(11)))
    name = job["fine_tuned_model"]
    assert [(kept["step_number"], kept["fine_tuned_model_checkpoint"]) for kept in service.checkpoints(job)] == [
        (99, name),
        (88, f"{name}:ckpt-step-88"),
        (77, f"{name}:ckpt-step-77"),
    ]


def test_events_are_paged_newest_first(service: Service) -> None:
    job = service.trained()
    path = f"fine_tuning/jobs/{job['id']}/events"
    first = service.sweden("GET", path).json()
    assert len(first["data"]) == 20
    assert first["has_more"] is True
    rest = service.sweden("GET", f"{path}?after={first['data'][-1]['id']}").json()
    assert rest["has_more"] is False
    assert rest["data"][-1]["message"] == "Job enqueued. Waiting for jobs ahead to complete."


def test_jobs_are_listed_newest_first_with_an_exclusive_after(service: Service) -> None:
    file = service.file()
    mine = [service.job(training_file=file)["id"] for _ in range(5)]
    first = service.sweden("GET", "fine_tuning/jobs?limit=3").json()
    assert [job["id"] for job in first["data"]] == mine[:1:-1]
    assert first["has_more"] is True
    rest = service.sweden("GET", f"fine_tuning/jobs?limit=3&after={mine[2]}").json()
    assert [job["id"] for job in rest["data"]][:2] == mine[1::-1]
    assert (len(rest["data"]), rest["has_more"]) == (3, False)
    assert set(rest) == {"has_more", "data", "object"}


def test_cancel_is_immediate_and_final(service: Service) -> None:
    job = service.job()
    cancelled = service.do(job, "cancel")
    assert cancelled.status_code == 200
    assert cancelled.json() == job | {"status": "cancelled", "finished_at": job["created_at"]}
    assert service.world.next_due() is None
    for verb in ("cancel", "pause", "resume"):
        refused = service.do(job, verb)
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "unexpectedEntityState"


@pytest.mark.parametrize("after", [70, 1265])
def test_a_paused_job_goes_on_where_it_stopped(service: Service, after: float) -> None:
    """Before and in the middle of training: 1,265 s after the creation, 65 steps are done."""
    job = service.job()
    service.world.advance(after)
    assert service.do(job, "pause").json()["status"] == "pausing"
    assert service.do(job, "pause").status_code == 400
    service.until(lambda: service.read(job)["status"] == "paused")
    paused = service.read(job)
    assert paused["hyperparameters"]["n_epochs"] == 10
    assert not {"fine_tuned_model", "finished_at", "trained_tokens"} & set(paused)
    stopped = service.checkpoints(job)[0]
    assert stopped["step_number"] == (1 if after == 70 else 65)
    assert stopped["fine_tuned_model_checkpoint"].endswith(f":ckpt-step-{stopped['step_number']}")
    assert service.deployment(stopped["id"]).status_code == 201
    assert service.do(job, "resume").json()["status"] == "resuming"
    resumed = service.world.now()
    service.until(lambda: service.read(job)["status"] == "succeeded")
    left = 100 - stopped["step_number"]
    assert service.world.now() - resumed == pytest.approx(60 + left + 660)
    steps = [checkpoint["step_number"] for checkpoint in service.checkpoints(job)]
    assert steps == [100, 90, 80, stopped["step_number"]]


def test_three_jobs_run_and_the_oldest_waiting_one_is_next(service: Service) -> None:
    file = service.file()
    jobs = [service.job(training_file=file) for _ in range(5)]
    developer = service.job(training_file=file, trainingType="developerTier")
    service.world.advance(60)
    states = [service.read(job)["status"] for job in [*jobs, developer]]
    assert states == ["running", "running", "running", "pending", "pending", "running"]
    service.do(jobs[1], "cancel")
    assert [service.read(job)["status"] for job in jobs[3:]] == ["running", "pending"]
    service.until(lambda: service.read(jobs[0])["status"] == "succeeded")
    assert service.read(jobs[4])["status"] == "running"


def test_a_resumed_job_waits_for_its_place(service: Service) -> None:
    file = service.file()
    first = service.job(training_file=file)
    service.world.advance(60)
    service.do(first, "pause")
    service.until(lambda: service.read(first)["status"] == "paused")
    others = [service.job(training_file=file) for _ in range(3)]
    service.world.advance(60)
    service.do(first, "resume")
    service.world.advance(600)
    assert service.read(first)["status"] == "resuming"
    service.do(others[0], "cancel")
    assert service.read(first)["status"] == "running"


def test_twenty_jobs_may_queue(service: Service) -> None:
    file = service.file()
    for _ in range(20):
        service.job(training_file=file)
    assert refusal(service, training_file=file)["code"] == "quotaExceeded"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rows(9), "9 examples"),
        (rows(10) + b"{oops\n", "line 11"),
        (rows(10) + b'{"prompt": "a"}\n', "line 11"),
        (rows(10) + b'{"messages": [{"role": "user", "content": "a"}]}', "line 11"),
        (rows(10) + b"[1]\n", "line 11"),
    ],
)
def test_bad_rows_fail_the_job(service: Service, content: bytes, message: str) -> None:
    job = service.trained(training_file=service.file(content))
    assert job["status"] == "failed"
    assert job["error"]["code"] == "jsonlValidationFailed"
    assert message in job["error"]["message"]
    assert not {"fine_tuned_model", "result_files", "trained_tokens"} & set(job)
    assert job["hyperparameters"]["n_epochs"] == -1


def test_a_byte_order_mark_and_windows_line_ends_are_fine(service: Service) -> None:
    content = b"\xef\xbb\xbf" + rows(10).replace(b"\n", b"\r\n") + b"\r\n"
    assert service.trained(training_file=service.file(content))["status"] == "succeeded"


def test_dpo_rows(service: Service) -> None:
    answer = [{"role": "assistant", "content": "Yes."}]
    row = {
        "input": {"messages": [{"role": "user", "content": "Is it?"}]},
        "preferred_output": answer,
        "non_preferred_output": answer,
    }
    good = service.file((json.dumps(row) + "\n").encode() * 10)
    method = {"type": "dpo"}
    done = service.trained(training_file=good, method=method)
    assert done["status"] == "succeeded"
    assert done["method"]["dpo"]["hyperparameters"]["n_epochs"] == 10
    assert service.trained(training_file=service.file(), method=method)["status"] == "failed"


def test_a_file_deleted_too_early_fails_the_job(service: Service) -> None:
    job = service.job()
    service.sweden("DELETE", f"files/{job['training_file']}")
    service.world.advance(60)
    assert service.read(job)["error"]["code"] == "fileImportFailed"


def test_what_a_request_may_not_say(service: Service) -> None:
    assert "gpt-9" in refusal(service, model="gpt-9")["message"]
    assert refusal(service, suffix="a.b")["code"] == "invalidPayload"
    assert refusal(service, suffix="a" * 41)["code"] == "invalidPayload"
    assert refusal(service, seed=2**31)["code"] == "invalidPayload"
    assert refusal(service, trainingType="fast")["code"] == "invalidPayload"
    assert refusal(service, training_file="file-unknown")["code"] == "invalidPayload"
    assert refusal(service, training_file=service.file(purpose="batch"))["code"] == "invalidPayload"
    assert refusal(service, hyperparameters={"n_epochs": 0})["code"] == "invalidPayload"
    assert refusal(service, method={"type": "dpo"}, hyperparameters={})["code"] == "invalidPayload"
    assert refusal(service, method={"type": "magic"})["code"] == "invalidPayload"
    assert refusal(service, metadata={"key": 1})["code"] == "invalidPayload"
    assert service.sweden("POST", "fine_tuning/jobs", content=b"{").status_code == 400


def test_a_file_must_be_processed(service: Service) -> None:
    part = {"file": ("a.jsonl", rows(10))}
    fresh = service.sweden("POST", "files", data={"purpose": "fine-tune"}, files=part).json()["id"]
    answer = service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": fresh})
    assert answer.status_code == 400
    assert "not completed" in answer.json()["error"]["message"]


def test_continuous_fine_tuning(service: Service) -> None:
    parent = service.trained(suffix="one")
    name = parent["fine_tuned_model"]
    assert refusal(service, model=f"{name}:ckpt-step-50")["code"] == "invalidPayload"
    child = service.trained(model=name, suffix="two")
    assert child["model"] == name
    assert child["fine_tuned_model"] == f"gpt-4.1-2025-04-14.ft-{child['id'].removeprefix('ftjob-')}-two"
    grandchild = service.job(model=f"{child['fine_tuned_model']}:ckpt-step-90")
    assert grandchild["model"] == f"{child['fine_tuned_model']}:ckpt-step-90"
    answer = service.eastus2("POST", "fine_tuning/jobs", json={"model": name, "training_file": "file-0"})
    assert name in answer.json()["error"]["message"]


def test_an_open_weight_job_keeps_its_minus_ones(service: Service) -> None:
    job = service.trained(model="ministral-3b", trainingType="globalStandard")
    assert job["model"] == "Ministral-3B"
    assert job["hyperparameters"]["n_epochs"] == -1
    assert job["trained_tokens"] < 0


def test_an_unknown_job_is_not_found(service: Service) -> None:
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/checkpoints")):
        answer = service.sweden(method, f"fine_tuning/jobs/ftjob-0{path}")
        assert answer.status_code == 404
        assert answer.json()["error"] == {
            "code": "notFound",
            "message": "The specified entity cannot be found.",
        }


def test_a_long_job_has_a_bounded_number_of_events(service: Service) -> None:
    file = service.file(rows(5000))
    job = service.trained(training_file=file, hyperparameters={"n_epochs": 4, "batch_size": 1})
    assert service.checkpoints(job)[0]["step_number"] == 20_000
    assert sum(message.startswith("Step ") for message in service.messages(job)) == 1000
