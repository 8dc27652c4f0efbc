"""Worlds made from a `world.yaml`, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulator_raw import Plane, Service

from ftops.emulator import EmulatorError, World

FULL = """\
profile: quick
seed: 7
subscriptions:
  - {id: sub-a, tenant: contoso}
  - {id: sub-b, tenant: fabrikam}
accounts:
  - name: north
    region: Norway East
    subscription: sub-a
    group: models
    hosts: [north.openai.azure.com, models.contoso.example]
    keys: [first, second]
    kind: AIServices
    trained: true
  - name: south
    region: southindia
    resource_id: /subscriptions/sub-b/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/south-1
    public_network_access: Disabled
quota:
  - {region: Norway East, usage: OpenAI.Standard.gpt-4.1, limit: 5}
  - {usage: OpenAI.GlobalStandard.gpt-4.1, limit: 6}
catalogue:
  gpt-4.1: {training_ends: 2026-02-01, inference_ends: 2026-03-01, custom_ends: 2026-04-01}
  o4-mini: {regions: [swedencentral]}
"""
BASE = {
    "sku": {"name": "Standard", "capacity": 6},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}},
}


def seeded(tmp_path: Path, text: str, **options: object) -> World:
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    return World.open(":memory:", seed_file=path, **options)


def test_everything_in_the_file_is_so_in_the_world(tmp_path: Path) -> None:
    world = seeded(tmp_path, FULL)
    service = Service(world)
    assert world.accounts() == [
        {
            "name": "north",
            "region": "norwayeast",
            "resource_id": "/subscriptions/sub-a/resourceGroups/models/providers/Microsoft.CognitiveServices"
            "/accounts/north",
            "host": "north.openai.azure.com",
        },
        {
            "name": "south",
            "region": "southindia",
            "resource_id": "/subscriptions/sub-b/resourceGroups/g/providers/Microsoft.CognitiveServices"
            "/accounts/south-1",
            "host": "south.openai.azure.com",
        },
    ]
    for host in ("north.openai.azure.com", "models.contoso.example", "north.services.ai.azure.com"):
        for key, status in (("first", 200), ("second", 200), ("emulator-key-north", 401)):
            plane = Plane(world, f"https://{host}/openai/v1", {"api-key": key})
            assert plane("GET", "files").status_code == status, host
    assert len(service.data("north", **{"api-key": "first"})("GET", "fine_tuning/jobs").json()["data"]) == 1
    account = service.arm("GET", service.id("north")).json()
    assert (account["kind"], account["location"]) == ("AIServices", "norwayeast")
    south = service.arm("GET", service.id("south")).json()
    assert south["properties"]["publicNetworkAccess"] == "Disabled"
    assert service.data("south")("GET", "files").status_code == 403
    world.close()


def test_quota_and_catalogue_of_the_file(tmp_path: Path) -> None:
    world = seeded(tmp_path, FULL)
    service = Service(world)
    path = service.id("north") + "/deployments/bot"
    assert service.arm("PUT", path, json=BASE).json()["error"]["code"] == "InsufficientQuota"
    assert service.arm("PUT", path, json=BASE | {"sku": {"name": "GlobalStandard", "capacity": 6}}).status_code == 201
    models = service.arm("GET", service.id("north") + "/models").json()["value"]
    found = {row["name"]: row for row in models}
    assert "o4-mini" not in found
    assert found["gpt-4.1"]["deprecation"] == {
        "fineTune": "2026-02-01T00:00:00Z",
        "inference": "2026-03-01T00:00:00Z",
    }
    world.advance(40 * 86_400)
    models = service.arm("GET", service.id("north") + "/models").json()["value"]
    late = next(row for row in models if row["name"] == "gpt-4.1")
    assert late["lifecycleStatus"] == "Deprecating"
    assert "finetuneCapabilities" not in late
    file = service.data("north", **{"api-key": "first"})("GET", "files?purpose=fine-tune").json()["data"][0]["id"]
    for model, status in (("gpt-4.1", 400), ("gpt-4.1-mini", 201)):
        job = {"model": model, "training_file": file}
        assert service.data("north", **{"api-key": "first"})("POST", "fine_tuning/jobs", json=job).status_code == status
    world.close()


def test_profile_and_seed_of_the_file_go_first_and_a_reset_keeps_them(tmp_path: Path) -> None:
    world = seeded(tmp_path, FULL, profile="azure", seed=1)
    assert world.delay("file.import") == 1
    accounts, ids = world.accounts(), world.digest("x")
    world.reset()
    assert (world.accounts(), world.digest("x")) == (accounts, ids)
    world.close()
    plain = World.open(":memory:", profile="quick", seed=7)
    assert plain.digest("x") == ids
    plain.close()


def test_the_file_counts_for_a_new_world_only(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    World.open(path).close()
    (tmp_path / "bad.yaml").write_text("nonsense: 1\n")
    world = World.open(path, seed_file=tmp_path / "bad.yaml")
    assert [account["name"] for account in world.accounts()] == ["sweden", "eastus2"]
    world.close()


def test_a_file_about_roles_alone_keeps_the_default_accounts(tmp_path: Path) -> None:
    world = seeded(tmp_path, "roles: {ci: Foundry Owner}\n")
    plain = World.open(":memory:")
    assert world.accounts() == plain.accounts()
    assert (
        Service(world).sweden("GET", "fine_tuning/jobs").json()
        == Service(plain).sweden("GET", "fine_tuning/jobs").json()
    )
    world.close()
    plain.close()


ACCOUNT = "accounts:\n  - name: a\n    region: westus\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ":1: the file is empty"),
        ("a: [\n", ":2: not YAML"),
        ("- a\n", ":1: expected a mapping"),
        ("profile: fast\n", ":1: expected one of azure, quick"),
        ("\nseed: x\n", ":2: expected a whole number, 0 or more, found `x`"),
        ("seed: 1\nseed: 2\n", ":2: `seed` is there twice"),
        ("seeds: 1\n", ":1: unknown key `seeds`, expected one of profile, seed"),
        ("accounts: []\n", ":1: a world needs an account"),
        ("accounts:\n  - name: a\n", ":2: `region` is missing"),
        (ACCOUNT + "  - name: a\n    region: westus\n", ":4: account `a` is already in line 2"),
        (ACCOUNT + "    hosts: [Big.example]\n", ":4: expected a host name in small letters, found `Big.example`"),
        (ACCOUNT + "    disableLocalAuth: yes\n", ":4: expected one of true, false, found `yes`"),
        (ACCOUNT + "    roles: {me: Queen}\n", ":4: expected one of Owner, Contributor"),
        (ACCOUNT + "    resource_id: /x\n", ":4: expected the resource id of an account"),
        ("roles: {key: Reader}\n", ":1: expected a principal"),
        ("roles: [a]\n", ":1: expected a mapping, found `a sequence`"),
        ("quota:\n  - {usage: Everything, limit: 1}\n", ":2: expected a usage name"),
        ("catalogue:\n  gpt-9: {}\n", ":2: unknown model `gpt-9`"),
        ("catalogue:\n  gpt-4.1: {training_ends: soon}\n", ":2: expected a date such as 2026-03-01, found `soon`"),
    ],
)
def test_mistakes_are_shown_with_file_and_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(EmulatorError) as caught:
        seeded(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'seed.yaml'}{problem}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"none\.yaml: cannot be read"):
        World.open(":memory:", seed_file=tmp_path / "none.yaml")
    broken = tmp_path / "world.db"
    with pytest.raises(EmulatorError):
        World.open(broken, seed_file=tmp_path / "none.yaml")
    World.open(broken).close()
