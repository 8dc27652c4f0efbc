"""v1 and dated paths, of the account and of a project: what differs between them, as raw HTTP."""

from __future__ import annotations

import re

import pytest
from emulator_raw import Plane, Service, rows

STABLE, PREVIEW, PROJECT = "2024-10-21", "2025-04-01-preview", "2025-11-15-preview"


def dated(service: Service, version: str | None = PREVIEW, account: str = "sweden") -> Plane:
    keys = {"api-key": f"emulator-key-{account}"}
    return Plane(service.world, f"https://{account}.openai.azure.com/openai", keys, version)


def project(service: Service, path: str, version: str | None = None, account: str = "sweden") -> Plane:
    keys = {"api-key": f"emulator-key-{account}"}
    base = f"https://{account}.services.ai.azure.com/api/projects/shop/{path}"
    return Plane(service.world, base, keys, version)


def new_job(plane: Plane, file: str, **body: object) -> dict[str, object]:
    answer = plane("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("version", [STABLE, PREVIEW, "2024-06-01", "2024-12-01-preview"])
def test_dated_paths_show_the_same_account(service: Service, version: str) -> None:
    file = service.file()
    answer = dated(service, version)("GET", f"files/{file}")
    assert answer.json() == service.sweden("GET", f"files/{file}").json()
    assert dated(service, version, "eastus2")("GET", f"files/{file}").status_code == 404


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "ApiVersionUnspecified"),
        ("2019-01-01", "UnsupportedApiVersion"),
        (PROJECT, "UnsupportedApiVersion"),
        ("v1", "UnsupportedApiVersion"),
    ],
)
def test_a_dated_path_needs_a_known_version(service: Service, version: str | None, code: str) -> None:
    answer = dated(service, version)("GET", "files")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == code
    for known in (STABLE, "2025-03-01-preview", PREVIEW):
        assert known in error["message"]


def test_projects_forward_to_their_account(service: Service) -> None:
    file = service.file()
    for plane in (project(service, "openai/v1"), project(service, "openai", PROJECT)):
        assert plane("GET", f"files/{file}").json()["id"] == file
        part = {"file": ("a.jsonl", b"")}
        answer = plane("POST", "files", data={"purpose": "batch"}, files=part)
        assert re.fullmatch(
            r"https://sweden\.openai\.azure\.com/openai/files/file-[0-9a-f]{32}\?api-version=.+",
            answer.headers["location"],
        )


def test_a_project_has_its_own_idea_of_versions(service: Service) -> None:
    refused = project(service, "openai/v1", "v1")("GET", "files")
    assert refused.status_code == 400
    assert "api-version not allowed" in refused.json()["error"]["message"]
    assert project(service, "openai", PREVIEW)("GET", "files").status_code == 400
    elsewhere = Plane(service.world, "https://sweden.openai.azure.com", {"api-key": "emulator-key-sweden"})
    assert elsewhere("GET", "/api/projects/shop/openai/v1/files").status_code == 404


def test_both_kinds_of_paths_are_served_behind_a_prefix(service: Service) -> None:
    local = Plane(service.world, "http://127.0.0.1:8080/a/sweden", {"api-key": "emulator-key-sweden"})
    assert local("GET", f"openai/files?api-version={PREVIEW}").status_code == 200
    assert local("GET", "api/projects/shop/openai/v1/files").status_code == 200
    answer = local("POST", f"openai/files?api-version={PREVIEW}", data={"purpose": "batch"}, files={"file": b"x"})
    assert answer.headers["location"].startswith("http://127.0.0.1:8080/a/sweden/openai/files/")
    assert local("GET", answer.headers["location"]).status_code == 200


def test_training_type_left_out(service: Service) -> None:
    file = service.file()
    minimal = new_job(dated(service), file)
    assert set(minimal) == {
        *("hyperparameters", "seed", "status", "model", "training_file"),
        *("estimated_finish", "id", "created_at", "object"),
    }
    assert "trainingType" not in service.read(str(minimal["id"]))
    assert new_job(service.sweden, file)["trainingType"] == "standard"
    assert new_job(project(service, "openai", PROJECT), file)["trainingType"] == "standard"
    service.world.advance(86_400)
    assert service.read(str(minimal["id"]))["status"] == "succeeded"


def test_some_accounts_add_parameters_to_jobs_of_a_project(service: Service) -> None:
    file = service.eastus2("GET", "files?purpose=fine-tune").json()["data"][0]["id"]
    there = new_job(project(service, "openai", PROJECT, "eastus2"), file)
    assert there["additionalParameters"] == {"completionOverride": "True"}
    assert "additionalParameters" not in new_job(service.eastus2, file)
    assert "additionalParameters" not in new_job(project(service, "openai", PROJECT), service.file())


def test_a_location_names_the_version(service: Service) -> None:
    body = {"model": "gpt-4.1", "training_file": service.file()}
    v1 = service.sweden("POST", "fine_tuning/jobs", json=body)
    old = dated(service)("POST", "fine_tuning/jobs", json=body)
    for answer, version in ((v1, "1"), (old, PREVIEW)):
        address = f"https://sweden.openai.azure.com/openai/fine_tuning/{answer.json()['id']}?api-version={version}"
        assert answer.headers["location"] == address


def test_errors_explain_themselves_in_the_words_of_their_surface(service: Service) -> None:
    body = {"model": "gpt-4.1", "training_file": service.file(), "method": {"type": "magic"}}
    v1 = service.sweden("POST", "fine_tuning/jobs", json=body).json()["error"]
    assert set(v1) == {"code", "message", "param", "type"}
    assert v1["param"] == "method"
    old = dated(service)("POST", "fine_tuning/jobs", json=body).json()["error"]
    assert old["innererror"] == {"code": "invalidPayload"}
    assert (old["code"], old["target"], old["details"]) == ("invalidPayload", "method", [])
    for plane in (service.sweden, dated(service)):
        absent = plane("GET", "fine_tuning/jobs/ftjob-0").json()["error"]
        assert absent == {"code": "notFound", "message": "The specified entity cannot be found."}


def test_a_job_is_deleted_on_dated_paths_only(service: Service) -> None:
    job = service.job()
    old = dated(service, "2024-12-01-preview")
    path = f"fine_tuning/jobs/{job['id']}"
    running = old("DELETE", path)
    assert (running.status_code, running.json()["error"]["code"]) == (400, "unexpectedEntityState")
    service.world.advance(86_400)
    name = service.read(job)["fine_tuned_model"]
    assert service.sweden("DELETE", path).status_code == 501
    answer = old("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "location" not in answer.headers
    for method, rest in (("GET", ""), ("GET", "/events"), ("GET", "/checkpoints"), ("DELETE", "")):
        assert old(method, path + rest).json()["error"]["code"] == "notFound"
    listed = service.sweden("GET", "fine_tuning/jobs?limit=100").json()["data"]
    assert job["id"] not in [known["id"] for known in listed]
    # What was trained outlives its job.
    assert service.deployment(name).status_code == 201


def test_the_oldest_version_lacks_what_came_later(service: Service) -> None:
    old = dated(service, "2024-05-01-preview")
    job = new_job(old, service.file())
    assert "estimated_finish" not in job
    path = f"fine_tuning/jobs/{job['id']}"
    assert "estimated_finish" not in old("GET", path).json()
    assert all("estimated_finish" not in known for known in old("GET", "fine_tuning/jobs").json()["data"])
    assert "estimated_finish" not in old("POST", f"{path}/cancel").json()
    assert "estimated_finish" in service.read(str(job["id"]))
    deleted = old("DELETE", f"files/{job['training_file']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "api-supported-versions" not in deleted.headers
    assert "api-supported-versions" in dated(service)("GET", "files").headers


def test_a_job_lives_on_a_dated_path(service: Service) -> None:
    plane = dated(service)
    part = {"file": ("train.jsonl", rows(10))}
    file = plane("POST", "files", data={"purpose": "fine-tune"}, files=part).json()["id"]
    service.world.advance(5)
    job = new_job(plane, file, trainingType="GlobalStandard")
    path = f"fine_tuning/jobs/{job['id']}"
    service.world.advance(70)
    assert plane("POST", f"{path}/pause").json()["status"] == "pausing"
    service.until(lambda: plane("GET", path).json()["status"] == "paused")
    assert plane("POST", f"{path}/resume").json()["status"] == "resuming"
    service.world.advance(86_400)
    assert plane("GET", path).json()["status"] == "succeeded"
    assert plane("GET", f"{path}/events").json()["has_more"] is True
    assert len(plane("GET", f"{path}/checkpoints").json()["data"]) == 4
    results = plane("GET", path).json()["result_files"][0]
    assert plane("GET", f"files/{results}/content").text.startswith("step")
