"""Addresses, keys and tokens, versions, and what is not emulated."""

from __future__ import annotations

import pytest
from emulator_raw import Plane, Service

from ftops.emulator import World

GATEWAY = {
    "error": {
        "code": "401",
        "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
        "valid key for an active subscription and use a correct regional API endpoint for your resource.",
    }
}


@pytest.mark.parametrize(
    "headers",
    [
        {"api-key": "emulator-key-sweden"},
        {"Authorization": "Bearer emulator-key-sweden"},
        {"Authorization": "Bearer emu.data.someone"},
    ],
)
@pytest.mark.parametrize(
    "host",
    [
        "https://sweden.openai.azure.com",
        "https://sweden.services.ai.azure.com",
        "https://sweden.cognitiveservices.azure.com",
        "http://127.0.0.1:8080/a/sweden",
    ],
)
def test_all_addresses_and_credentials_of_an_account(world: World, host: str, headers: dict[str, str]) -> None:
    assert Plane(world, host, headers)("GET", "/openai/v1/files").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"api-key": "emulator-key-eastus2"},
        {"Authorization": "Bearer emu.management.someone"},
        {"Authorization": "Bearer emu.data."},
    ],
)
def test_a_bad_key_stops_at_the_gateway(world: World, headers: dict[str, str]) -> None:
    answer = Plane(world, "https://sweden.openai.azure.com", headers)("GET", "/openai/v1/files")
    assert (answer.status_code, answer.json()) == (401, GATEWAY)
    assert "apim-request-id" in answer.headers
    assert not {"x-ms-region", "www-authenticate"} & set(answer.headers)


@pytest.mark.parametrize("token", ["", "emu.data.someone", "emulator-key-sweden"])
def test_the_control_plane_takes_only_its_own_tokens(service: Service, token: str) -> None:
    answer = service.arm("GET", service.id("sweden"), headers={"Authorization": f"Bearer {token}".rstrip()})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] in ("AuthenticationFailed", "InvalidAuthenticationToken")


def test_an_unknown_account_is_what_the_gateway_says(world: World) -> None:
    for host in ("https://nobody.openai.azure.com", "http://127.0.0.1/a/nobody"):
        answer = Plane(world, host, {"api-key": "x"})("GET", "/openai/v1/files")
        assert answer.status_code == 404
        assert answer.json() == {"error": {"code": "404", "message": "Resource not found"}}


def test_versions(service: Service) -> None:
    for version, status in (("v1", 200), ("preview", 200), ("2024-10-21", 400)):
        assert service.sweden("GET", f"files?api-version={version}").status_code == status
    for query in ("", "?api-version=2020-01-01"):
        arm = Plane(service.world, "https://management.azure.com", {"Authorization": "Bearer emu.management.me"})
        answer = arm("GET", service.id("sweden") + query)
        assert answer.status_code == 400
        assert "2024-10-01" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/openai/v1/batches"),
        ("DELETE", "/openai/v1/fine_tuning/jobs/ftjob-1"),
        ("GET", "/openai/assistants?api-version=2024-10-21"),
        ("OPTIONS", "/openai/v1/files"),
    ],
)
def test_what_is_not_emulated_says_so(service: Service, method: str, path: str) -> None:
    answer = service.sweden(method, f"https://sweden.openai.azure.com{path}")
    assert answer.status_code == 501
    error = answer.json()["error"]
    assert error["code"] == "EmulatorNotImplemented"
    assert path.split("?")[0] in error["message"]
    assert service.world.journal()[-1]["status"] == 501


def test_parts_of_requests_that_are_not_emulated_say_so(service: Service) -> None:
    grader = {
        "type": "string_check",
        "name": "a",
        "input": "{{sample.output_text}}",
        "reference": "b",
        "operation": "eq",
    }
    file = service.file()
    body = {
        "model": "o4-mini",
        "training_file": file,
        "validation_file": file,
        "method": {"type": "reinforcement", "reinforcement": {"grader": grader}},
    }
    answer = service.sweden("POST", "fine_tuning/jobs", json=body)
    assert answer.status_code == 501
    assert "reinforcement" in answer.json()["error"]["message"]


def test_absolute_addresses_begin_like_the_request(service: Service) -> None:
    local = Plane(
        service.world,
        "http://127.0.0.1:8080",
        {"Authorization": "Bearer emu.management.me"},
        "2025-09-01",
    )
    model = service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"]
    body = {"properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}}}
    answer = local("PUT", f"{service.id('sweden')}/deployments/bot", json=body)
    address = answer.headers["azure-asyncoperation"]
    assert address.startswith("http://127.0.0.1:8080/subscriptions/")
    assert local("GET", address).json()["status"] == "Running"
    part = {"file": ("a.jsonl", b"")}
    plain = Plane(service.world, "http://127.0.0.1:8080/a/sweden/openai/v1", {"api-key": "emulator-key-sweden"})
    upload = plain("POST", "files", data={"purpose": "batch"}, files=part)
    assert upload.headers["location"].startswith("http://127.0.0.1:8080/a/sweden/openai/files/file-")


def test_control_endpoints(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    assert control("GET", "/_emulator/about").json()["clock"] == {"mode": "manual", "rate": 1.0}
    service.sweden("GET", "files")
    assert [row["operation"] for row in control("GET", "/_emulator/journal").json()["journal"]] == ["files.list"]
    assert control("GET", "/_emulator/journal?after=1").json() == {"journal": []}
    assert control("POST", "/_emulator/clock", json={"advance": 90}).json()["now"] == 1767603690
    service.job()
    due = service.world.next_due()
    assert control("POST", "/_emulator/clock", json={"to": "next"}).json()["now"] == due
    control("POST", "/_emulator/clock", json={"mode": "scaled", "rate": 10.0})
    assert control("GET", "/_emulator/about").json()["clock"] == {"mode": "scaled", "rate": 10.0}
    control("POST", "/_emulator/clock", json={"mode": "manual"})
    for body in ({}, {"advance": -1}, {"mode": "fast"}, {"mode": "scaled", "rate": 0}):
        assert control("POST", "/_emulator/clock", json=body).status_code == 400
    assert control("GET", "/_emulator/journal?after=x").status_code == 400
    assert control("GET", "/_emulator/nothing").status_code == 501
