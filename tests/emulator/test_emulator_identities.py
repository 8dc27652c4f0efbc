"""Who may do what: roles on both planes, the read-only identity, keys that are switched off."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulator_raw import Plane, Service

from ftops.emulator import World, conditions

DEPLOYMENT = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}


def arm(world: World, principal: str) -> Plane:
    token = {"Authorization": f"Bearer emu.management.{principal}"}
    return Plane(world, "https://management.azure.com", token, "2026-07-01")


def data(world: World, principal: str, account: str = "sweden") -> Plane:
    token = {"Authorization": f"Bearer emu.data.{principal}"}
    return Plane(world, f"https://{account}.openai.azure.com/openai/v1", token)


def seeded(tmp_path: Path, text: str) -> World:
    (tmp_path / "world.yaml").write_text(text)
    return World.open(":memory:", seed_file=tmp_path / "world.yaml")


def test_the_reader_reads_both_planes_and_writes_nothing(service: Service) -> None:
    job = service.job()
    reader, manager = data(service.world, "reader"), arm(service.world, "reader")
    account = service.id("sweden")
    group = account.rsplit("/", 1)[0]
    location = f"{account.split('/resourceGroups')[0]}/providers/Microsoft.CognitiveServices/locations/swedencentral"
    for path in ("files", "fine_tuning/jobs", f"fine_tuning/jobs/{job['id']}", f"fine_tuning/jobs/{job['id']}/events"):
        assert reader("GET", path).status_code == 200
    for path in (account, group, f"{account}/deployments", f"{account}/models", f"{location}/usages"):
        assert manager("GET", path).status_code == 200
    writes = [
        reader("POST", "files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", b"")}),
        reader("DELETE", f"files/{job['training_file']}"),
        reader("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": job["training_file"]}),
        reader("POST", f"fine_tuning/jobs/{job['id']}/cancel"),
        reader("POST", f"fine_tuning/jobs/{job['id']}/pause"),
    ]
    for answer in writes:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PermissionDenied")
    assert "lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/files/write`" in writes[0].text
    for method, path in (("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume")):
        answer = manager(method, f"{account}/deployments/bot{path}", json=DEPLOYMENT)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert manager("POST", f"{account}/listKeys").status_code == 403
    effects = [row for row in service.world.journal() if row["effect"]]
    assert {row["operation"] for row in effects} == {"files.create", "fine_tuning.jobs.create"}, "nothing by the reader"


def test_the_refusal_says_who_what_and_where(world: World) -> None:
    scope = Service(world).id("sweden") + "/deployments/bot"
    message = arm(world, "reader")("PUT", scope, json=DEPLOYMENT).json()["error"]["message"]
    assert message.startswith("The client 'reader' with object id '")
    assert f"perform action 'Microsoft.CognitiveServices/accounts/deployments/write' over scope '{scope}'" in message


def test_a_refused_request_does_not_even_say_what_exists(service: Service) -> None:
    assert arm(service.world, "reader")("DELETE", service.id("sweden") + "/deployments/none").status_code == 403
    assert data(service.world, "reader")("DELETE", "files/file-none").status_code == 403


ROLES = """
roles:
  olga: Owner
  oscar: Cognitive Services OpenAI User
  clara: [Cognitive Services Contributor]
  frank: Foundry User
  fiona: Foundry Owner
  carol: Cognitive Services OpenAI Contributor
  urban: Cognitive Services Usages Reader
  duo: [Reader, Cognitive Services Data Reader, Contributor]
"""


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("olga", "arm-read arm-write keys usages"),
        ("oscar", "read arm-read usages"),
        ("clara", "arm-read arm-write keys usages"),
        ("frank", "read write arm-read usages"),
        ("fiona", "read write arm-read arm-write keys usages"),
        ("carol", "read write arm-read arm-write usages"),
        ("urban", "usages"),
        ("duo", "read arm-read arm-write keys usages"),
        ("anybody", "read write arm-read arm-write keys usages"),
    ],
)
def test_what_each_role_opens(tmp_path: Path, principal: str, allowed: str) -> None:
    world = seeded(tmp_path, ROLES)
    account = Service(world).id("sweden")
    reading, managing = data(world, principal), arm(world, principal)
    answers = {
        "read": reading("GET", "files"),
        "write": reading("DELETE", "files/file-none"),
        "arm-read": managing("GET", account),
        "arm-write": managing("DELETE", f"{account}/deployments/none"),
        "keys": managing("POST", f"{account}/listKeys"),
        "usages": managing("GET", f"{account}/usages"),
    }
    assert {answer.status_code for answer in answers.values()} <= {200, 204, 403, 404}
    assert [name for name, answer in answers.items() if answer.status_code != 403] == allowed.split()
    world.close()


def test_roles_belong_to_an_account(tmp_path: Path) -> None:
    text = """
accounts:
  - {name: one, region: swedencentral, roles: {alice: Foundry Owner}}
  - {name: two, region: swedencentral}
"""
    world = seeded(tmp_path, text)
    service = Service(world)
    for account, status in (("one", 200), ("two", 403)):
        assert data(world, "alice", account)("GET", "files").status_code == status
        assert arm(world, "alice")("GET", service.id(account)).status_code == status
    group = service.id("one").rsplit("/", 1)[0]
    assert arm(world, "alice")("GET", group).status_code == 200, "of what belongs to none, one account is enough"
    named = {"format": "OpenAI", "name": "x", "version": "1", "source": service.id("two")}
    body = {"properties": {"model": named}}
    refused = arm(world, "alice")("PUT", service.id("one") + "/deployments/bot", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    world.close()


def test_keys_can_be_switched_off(tmp_path: Path) -> None:
    accounts = "accounts:\n  - {name: sweden, region: swedencentral, disableLocalAuth: true}\n"
    world = seeded(tmp_path, accounts)
    service = Service(world)
    assert service.sweden("GET", "files").status_code == 403
    assert service.sweden("GET", "files").json()["error"]["code"] == "AuthenticationTypeDisabled"
    wrong = service.sweden("GET", "files", headers={"api-key": "guess"})
    assert wrong.status_code == 401
    assert data(world, "me")("GET", "files").status_code == 200
    assert service.arm("GET", service.id("sweden")).json()["properties"]["disableLocalAuth"] is True
    assert service.arm("POST", service.id("sweden") + "/listKeys").status_code == 400
    world.close()


def test_keys_of_an_account_are_listed(service: Service) -> None:
    assert service.arm("POST", service.id("sweden") + "/listKeys").json() == {"key1": "emulator-key-sweden"}


def test_a_closed_account_answers_nobody_outside(service: Service) -> None:
    conditions.write(service.world, "sweden", "publicNetworkAccess", "Disabled")
    answer = service.sweden("GET", "files")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "403")
    assert "Public access is disabled" in answer.json()["error"]["message"]
    account = service.arm("GET", service.id("sweden")).json()
    assert account["properties"]["publicNetworkAccess"] == "Disabled"
