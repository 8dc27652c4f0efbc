"""Deployments: what the service fills in is no drift, and what others set is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftops.errors import Obstacle
from ftops.kinds.deployment import Deployment
from ftops.resource import Desired, Observed, Phase, ResourceKey
from tests.specs import document, graph_of, job
from tests.test_transport import ARM_ID, Script, refusal, say, with_services

TUNED = "gpt-4.1-mini-2025-04-14.ft-46fe1c4edca240248803a9e7ccbbb105-demo-support-0123abcd"
PATH = f"{ARM_ID}/sweden/deployments/chat"
#: As recorded: half of it was never asked for.
LIVE: dict[str, Any] = {
    "id": PATH,
    "type": "Microsoft.CognitiveServices/accounts/deployments",
    "name": "chat",
    "sku": {"name": "GlobalStandard", "capacity": 50},
    "properties": {
        "model": {"format": "OpenAI", "name": TUNED, "version": "1"},
        "versionUpgradeOption": "NoAutoUpgrade",
        "capabilities": {"chatCompletion": "true"},
        "provisioningState": "Succeeded",
        "rateLimits": [{"key": "request", "renewalPeriod": 10, "count": 50}],
        "currentCapacity": 50,
        "raiPolicyName": "Microsoft.DefaultV2",
    },
    "systemData": {"createdAt": "2025-12-15T10:00:00.1234567Z"},
    "tags": {"ftops-project": "demo", "ftops-name": "chat", "ftops-revision": "0123", "ftops-protect": "false"},
    "etag": '"1"',
}


def live(tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    changed = {name: value for name, value in (LIVE["properties"] | properties).items() if value is not None}
    return LIVE | {"properties": changed, "tags": LIVE["tags"] if tags is None else tags}


def observed(item: dict[str, Any]) -> Observed:
    async def observe(services: Any) -> list[Observed]:
        return [one async for one in Deployment().observe(services, "sweden", "demo")]

    (found,) = with_services(Script(say(200, {"value": [item]})), observe)
    assert isinstance(found, Observed)
    return found


def desired(root: Path, model: str = TUNED, *, protect: bool = False, **spec: Any) -> Desired[Any]:
    given = {"account": "sweden", "model": {"job": "support"}, "capacity": 50} | spec
    text = document("Deployment", "chat", **given)
    text = text.replace("{name: chat}", f"{{name: chat, protect: {str(protect).lower()}}}")
    resource = graph_of(root, job("support"), text).resources[ResourceKey("deployment", "chat")]
    return Desired(resource, "demo", {"model": model})


def marks(wanted: Desired[Any], protect: str = "false") -> dict[str, str]:
    names = {"ftops-project": "demo", "ftops-name": "chat", "ftops-revision": wanted.revision}
    return names | {"ftops-protect": protect}


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("Succeeded", Phase.READY),
        ("succeeded", Phase.READY),
        ("Creating", Phase.PROGRESSING),
        ("Accepted", Phase.PROGRESSING),
        ("Moving", Phase.PROGRESSING),
        ("Deleting", Phase.PROGRESSING),
        ("OfNextYear", Phase.PROGRESSING),
        (None, Phase.PROGRESSING),
        ("Failed", Phase.FAILED),
        ("Canceled", Phase.FAILED),
        ("Disabled", Phase.PAUSED),
    ],
)
def test_phases(state: str | None, phase: Phase) -> None:
    found = observed(live(provisioningState=state))
    assert (found.phase, found.message) == (phase, state or "")


@pytest.mark.parametrize(
    ("tags", "owned", "protected"),
    [
        (LIVE["tags"], True, False),
        (LIVE["tags"] | {"ftops-protect": "true"}, True, True),
        ({"ftops-project": "shop"}, False, False),
        ({"ftops-name": "chat"}, False, False),
        ({}, False, False),
    ],
)
def test_a_deployment_is_ours_by_its_tags(tags: dict[str, str], owned: bool, protected: bool) -> None:
    found = observed(live(tags))
    assert (found.owned, found.protected) == (owned, protected)


def test_what_a_deployment_is_in_our_words() -> None:
    found = observed(LIVE)
    assert (found.identity, found.label, found.revision) == ("chat", "chat", "0123")
    assert found.outputs == {"name": "chat"}
    assert found.fields == {
        "model": TUNED,
        "sku": "GlobalStandard",
        "capacity": 50,
        "versionUpgradeOption": "NoAutoUpgrade",
        "raiPolicyName": "Microsoft.DefaultV2",
        "protect": False,
    }
    assert found.created_at == pytest.approx(1765792800, abs=1)


def test_the_smallest_answer_is_enough() -> None:
    """The example of the documents: no tags, no dates."""
    item = {"name": "a", "sku": {}, "properties": {"model": {"format": "OpenAI", "name": "ada", "version": "1"}}}
    found = observed(item)
    assert (found.owned, found.created_at) == (False, 0.0)
    assert found.fields == {"model": "ada", "protect": False}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ({"name": "gpt-4.1-mini", "version": "2025-04-14"}, "gpt-4.1-mini-2025-04-14"),
        ({"name": TUNED, "version": "1"}, TUNED),
        ({"name": "Ministral-3B", "version": "1"}, "Ministral-3B"),
        ({"name": f"{TUNED}:ckpt-step-80", "version": "1"}, f"{TUNED}:ckpt-step-80"),
    ],
)
def test_a_base_model_is_its_name_and_its_version(model: dict[str, str], name: str) -> None:
    assert observed(live(model={"format": "OpenAI", **model})).fields["model"] == name


@pytest.mark.parametrize(
    ("sku", "name"), [("globalstandard", "GlobalStandard"), ("standard", "Standard"), ("New", "New")]
)
def test_a_sku_in_any_case(sku: str, name: str) -> None:
    assert observed(LIVE | {"sku": {"name": sku, "capacity": 1}}).fields["sku"] == name


@pytest.mark.parametrize(
    ("item", "spec"),
    [
        (LIVE, {}),
        (LIVE | {"sku": {"name": "globalstandard", "capacity": 50}}, {}),
        (live(raiPolicyName="ours"), {"raiPolicyName": "ours"}),
        (live(versionUpgradeOption=None, raiPolicyName=None, currentCapacity=None), {}),
        (live(LIVE["tags"] | {"cost-center": "7"}), {}),
    ],
    ids=["as recorded", "sku in lower case", "declared", "nothing filled in", "foreign tag"],
)
def test_what_is_not_declared_is_no_drift(item: dict[str, Any], spec: dict[str, Any], tmp_path: Path) -> None:
    seen = observed(item)
    fields, wanted = seen.fields, Deployment().compared(desired(tmp_path, **spec), seen)
    assert {name: fields.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("item", "spec", "differs"),
    [
        (LIVE | {"sku": {"name": "GlobalStandard", "capacity": 10}}, {}, {"capacity"}),
        (LIVE | {"sku": {"name": "Standard", "capacity": 50}}, {}, {"sku"}),
        (live(raiPolicyName=None), {"raiPolicyName": "ours"}, {"raiPolicyName"}),
        (live(model={"name": "gpt-4.1-mini", "version": "2025-04-14"}), {}, {"model"}),
        (live(LIVE["tags"] | {"ftops-protect": "true"}), {}, {"protect"}),
    ],
)
def test_what_is_declared_and_differs_is_drift(
    item: dict[str, Any], spec: dict[str, Any], differs: set[str], tmp_path: Path
) -> None:
    seen = observed(item)
    fields, wanted = seen.fields, Deployment().compared(desired(tmp_path, **spec), seen)
    assert {name for name, value in wanted.items() if fields.get(name) != value} == differs


@pytest.mark.parametrize(
    ("name", "model"),
    [
        (TUNED, {"format": "OpenAI", "name": TUNED, "version": "1"}),
        (f"{TUNED}:ckpt-step-80", {"format": "OpenAI", "name": f"{TUNED}:ckpt-step-80", "version": "1"}),
        ("gpt-4.1-mini-2025-04-14", {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}),
        ("Ministral-3B", {"format": "Mistral AI", "name": "Ministral-3B", "version": "1"}),
        ("gpt-oss-20b.ft-1-a", {"format": "Microsoft", "name": "gpt-oss-20b.ft-1-a", "version": "1"}),
        # a suffix of somebody else's that looks like a date
        (
            "gpt-4o-2024-08-06.ft-1-x-2025-01-01",
            {"format": "OpenAI", "name": "gpt-4o-2024-08-06.ft-1-x-2025-01-01", "version": "1"},
        ),
    ],
)
def test_the_body_of_a_new_deployment(name: str, model: dict[str, str], tmp_path: Path) -> None:
    wanted = desired(tmp_path, name)
    wire = Script(refusal(404, "NotFound"), say(201, live(provisioningState="Creating")))

    found = with_services(wire, lambda services: Deployment().create(services, wanted))
    assert found.phase is Phase.PROGRESSING
    assert wire.lines == [f"GET {PATH}", f"PUT {PATH}"]
    assert wire.body() == {
        "sku": {"name": "GlobalStandard", "capacity": 50},
        "tags": marks(wanted),
        "properties": {"model": model},
    }


def test_what_a_spec_chooses_is_sent(tmp_path: Path) -> None:
    wanted = desired(
        tmp_path, protect=True, name="Chat.v2", sku="Standard", capacity=1,
        raiPolicyName="strict", versionUpgradeOption="NoAutoUpgrade",
    )  # fmt: skip
    wire = Script(refusal(404, "NotFound"), say(201, LIVE))

    with_services(wire, lambda services: Deployment().create(services, wanted))
    assert wire.lines[1] == f"PUT {ARM_ID}/sweden/deployments/Chat.v2"
    assert wire.body()["sku"] == {"name": "Standard", "capacity": 1}
    assert wire.body()["tags"] == marks(wanted, "true")
    chosen = wire.body()["properties"]
    assert (chosen["raiPolicyName"], chosen["versionUpgradeOption"]) == ("strict", "NoAutoUpgrade")


def update(
    item: dict[str, Any], fields: dict[str, Any], wanted: Desired[Any], answer: Any = None
) -> tuple[Script, Observed]:
    before, wire = observed(item), Script(say(200, item), answer or say(200, item))
    found = with_services(wire, lambda services: Deployment().update(services, before, fields, wanted))
    return wire, found


def test_a_new_model_keeps_what_others_set(tmp_path: Path) -> None:
    """A PUT replaces everything, so what is left out is lost: a content filter, a fallback, a tag for accounting."""
    item = live(LIVE["tags"] | {"cost-center": "7"}, raiPolicyName="strict", spilloverDeploymentName="other")
    wanted = desired(tmp_path, f"{TUNED}:ckpt-step-80")

    wire, _ = update(item, {"model": wanted.text("model")}, wanted)
    assert wire.lines == [f"GET {PATH}", f"PUT {PATH}"]
    assert wire.body() == {
        "sku": {"name": "GlobalStandard", "capacity": 50},
        "tags": {"cost-center": "7", **marks(wanted)},
        "properties": {
            "model": {"format": "OpenAI", "name": f"{TUNED}:ckpt-step-80", "version": "1"},
            "versionUpgradeOption": "NoAutoUpgrade",
            "raiPolicyName": "strict",
            "spilloverDeploymentName": "other",
        },
    }


def test_what_is_declared_wins_over_what_others_set(tmp_path: Path) -> None:
    wanted = desired(tmp_path, raiPolicyName="ours")

    wire, _ = update(live(raiPolicyName="theirs"), {"raiPolicyName": "ours"}, wanted)
    assert wire.sent[-1].method == "PUT"
    assert wire.body()["properties"]["raiPolicyName"] == "ours"


@pytest.mark.parametrize(
    "fields", [{"sku": "Standard"}, {"capacity": 50}, {"protect": True}, {"sku": "S", "protect": True}]
)
def test_sku_and_tags_are_patched(fields: dict[str, Any], tmp_path: Path) -> None:
    wanted = desired(tmp_path, protect=True)

    wire, _ = update(live(LIVE["tags"] | {"cost-center": "7"}), fields, wanted)
    assert wire.lines == [f"GET {PATH}", f"PATCH {PATH}"]
    assert wire.body() == {
        "sku": {"name": "GlobalStandard", "capacity": 50},
        "tags": {"cost-center": "7", **marks(wanted, "true")},
    }


@pytest.mark.parametrize("name", ["model", "raiPolicyName", "versionUpgradeOption"])
def test_everything_else_is_put(name: str, tmp_path: Path) -> None:
    wire, _ = update(LIVE, {name: "x", "capacity": 1}, desired(tmp_path))
    assert wire.sent[-1].method == "PUT"


def test_an_accepted_update_without_a_body_is_under_way(tmp_path: Path) -> None:
    _, found = update(LIVE, {"capacity": 50}, desired(tmp_path), say(202))
    assert (found.phase, found.identity) == (Phase.PROGRESSING, "chat")


def test_a_poll_and_a_deletion_go_to_the_name(tmp_path: Path) -> None:
    before, wire = observed(LIVE), Script(say(200, LIVE), say(200, LIVE), say(202))

    async def both(services: Any) -> Observed:
        found = await Deployment().poll(services, before, "demo")
        await Deployment().delete(services, before, "demo")
        return found

    assert with_services(wire, both) == before
    assert wire.lines == [f"GET {PATH}", f"GET {PATH}", f"DELETE {PATH}"]


@pytest.mark.parametrize("tags", [{}, LIVE["tags"] | {"ftops-project": "shop"}])
def test_what_became_somebody_elses_is_not_written(tags: dict[str, str], tmp_path: Path) -> None:
    """A deployment may be handed over, or made by others, between a plan and its apply: the tags are the only lock."""
    theirs, wanted, seen = LIVE | {"tags": tags}, desired(tmp_path), observed(LIVE)
    for write in (
        lambda services: Deployment().create(services, wanted),
        lambda services: Deployment().update(services, seen, {"capacity": 60}, wanted),
        lambda services: Deployment().delete(services, seen, "demo"),
    ):
        wire = Script(say(200, theirs))
        with pytest.raises(Obstacle, match="not marked as ours"):
            with_services(wire, write)
        assert wire.lines == [f"GET {PATH}"]


def test_what_was_protected_in_the_meantime_is_not_deleted() -> None:
    seen, wire = observed(LIVE), Script(say(200, live(LIVE["tags"] | {"ftops-protect": "true"})))
    with pytest.raises(Obstacle, match="protected in the meantime"):
        with_services(wire, lambda services: Deployment().delete(services, seen, "demo"))
