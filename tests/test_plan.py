"""Which action is chosen, and the reason that a reviewer reads."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from ftops.errors import UnsafePlan
from tests.harness import RUNNING, Sandbox
from tests.small import DEPLOYMENT, JOB, ROW, reasons


def test_nothing_exists(small: Sandbox) -> None:
    assert reasons(small) == {
        "file/rows@sweden": "create: does not exist",
        "job/tune": "create: does not exist",
        "deployment/serve": "create: does not exist",
    }


def test_a_run_under_way_is_waited_for(small: Sandbox) -> None:
    small.apply(wait=0)
    small.world.advance(1800)
    (job,) = small.jobs()
    assert job["status"] in RUNNING
    assert reasons(small) == {"job/tune": f"wait: {job['status']}", "deployment/serve": "create: does not exist"}


def test_other_rows_are_another_run(small: Sandbox) -> None:
    small.apply()
    small.write("rows.jsonl", "".join(ROW % number for number in range(13)))

    plan = {str(c.key): c for c in small.plan().changes}

    (field,) = plan["job/tune"].fields
    assert plan["job/tune"].reason == "new revision: training changed"
    assert str(field.before).startswith("demo-rows-")
    assert str(field.after) == "known after file/rows@sweden"
    assert plan["file/rows@sweden"].reason == "new revision: filename changed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("account: sweden", "account: sweden # why not"),
        ("model: gpt-4.1", "model: gpt-4.1-2025-04-14"),
        ("hyperparameters: {n_epochs: 3}", "hyperparameters: {n_epochs: 3, batch_size: auto}"),
        ("training: rows", "training: rows\n  trainingType: GlobalStandard\n  onSupersede: cancel"),
    ],
)
def test_what_does_not_make_another_run(small: Sandbox, old: str, new: str) -> None:
    small.apply()
    small.edit("tune.yaml", old, new)
    assert reasons(small) == {}


def test_a_file_that_only_finished_runs_learned_from_is_not_sent_again(small: Sandbox) -> None:
    small.apply()
    for file in small.data("GET", "/files")["data"]:
        if file["filename"].startswith("demo-"):
            small.data("DELETE", f"/files/{file['id']}")

    assert reasons(small) == {}
    assert set(small.outcomes().values()) == {"done"}


def test_what_the_portal_changed_is_put_back_and_what_it_filled_in_is_left(small: Sandbox) -> None:
    small.apply()
    live = small.deployments("GET", "serve")
    live["sku"]["capacity"] = 9
    live["properties"]["raiPolicyName"] = "Microsoft.DefaultV2"
    live["tags"]["team"] = "web"
    body = {"sku": live["sku"], "tags": live["tags"], "properties": live["properties"]}
    small.deployments("PUT", "serve", json=body)
    small.world.advance(600)

    assert reasons(small) == {"deployment/serve": "update: capacity differs"}
    small.apply()
    live = small.deployments("GET", "serve")
    assert live["sku"]["capacity"] == 2
    assert live["tags"]["team"] == "web"
    assert live["properties"]["raiPolicyName"] == "Microsoft.DefaultV2"
    assert reasons(small) == {}


def test_a_deployment_of_somebody_else_is_never_touched(small: Sandbox) -> None:
    model = {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}
    body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
    before = small.deployments("PUT", "serve", json=body)
    small.settle()

    results = small.apply()

    assert results["deployment/serve"].outcome == "blocked"
    assert results["deployment/serve"].message == "exists and is not marked as ours"
    assert small.deployments("GET", "serve") == before
    small.destroy()
    assert small.deployments("GET", "serve") == before


def test_a_run_that_was_cancelled_by_hand_is_reported_and_not_repeated(small: Sandbox) -> None:
    small.apply(wait=0)
    (job,) = small.jobs()
    small.data("POST", f"/fine_tuning/jobs/{job['id']}/cancel")

    assert reasons(small) == {
        "job/tune": "blocked: was cancelled",
        "deployment/serve": "blocked: needs job/tune, which was cancelled",
    }


def test_a_run_that_somebody_paused_is_left_paused(small: Sandbox) -> None:
    small.apply(wait=0)
    small.world.advance(1500)
    (job,) = small.jobs()
    small.data("POST", f"/fine_tuning/jobs/{job['id']}/pause")
    small.world.advance(3600)

    results = small.apply()

    assert results["job/tune"].outcome == "pending"
    assert results["deployment/serve"].outcome == "blocked"
    assert results["deployment/serve"].message == "needs job/tune, which is paused"


def test_state_pauses_resumes_and_cancels(small: Sandbox) -> None:
    small.edit("tune.yaml", "training: rows", "training: rows\n  state: paused")
    assert small.outcomes(wait=0)["job/tune"] == "done"
    assert small.jobs() == [], "a run declared paused is not started"

    small.edit("tune.yaml", "state: paused", "state: running")
    small.apply(wait=0)
    small.world.advance(1500)
    small.edit("tune.yaml", "state: running", "state: paused")
    assert reasons(small)["job/tune"] == "update: state differs"
    small.apply()
    assert small.jobs()[0]["status"] == "paused"
    assert "job/tune" not in reasons(small)

    small.edit("tune.yaml", "state: paused", "state: running")
    assert set(small.outcomes().values()) == {"done"}

    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 4")
    small.apply(wait=0)
    small.settle()
    small.edit("tune.yaml", "state: running", "state: cancelled")
    small.apply(wait=0)
    assert small.jobs()[0]["status"] == "cancelled"
    assert "job/tune" not in reasons(small)


@pytest.mark.parametrize(
    ("policy", "status"), [("finish", RUNNING), ("pause", ("paused",)), ("cancel", ("cancelled",))]
)
def test_what_becomes_of_a_run_that_is_superseded(small: Sandbox, policy: str, status: tuple[str, ...]) -> None:
    small.edit("tune.yaml", "training: rows", f"training: rows\n  onSupersede: {policy}")
    small.write("rows.jsonl", "".join(ROW % number for number in range(900)))
    small.apply(wait=0)
    small.world.advance(1500)
    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 1")

    small.apply(wait=0)
    small.world.advance(310)

    new, old = small.jobs()
    assert new["method"]["supervised"]["hyperparameters"]["n_epochs"] == 1
    assert old["status"] in status


def test_what_is_not_declared_any_more_is_named_and_deleted_only_when_asked(small: Sandbox) -> None:
    small.apply()
    (small.specs / "serve.yaml").unlink()

    plan = small.plan()
    assert plan.is_empty
    assert [one.identity for one in plan.orphans] == ["serve"]
    assert reasons(small, prune=True) == {"deployment/serve@sweden": "delete: not declared in the specs"}
    small.apply(prune=True)
    assert small.deployments("GET")["value"] == []
    assert len(small.jobs()) == 1, "the run and its model stay"


def test_protected_objects_are_not_deleted(small: Sandbox) -> None:
    small.edit("serve.yaml", "name: serve", "name: serve, protect: true")
    small.apply()
    assert small.destroy() == {}
    (small.specs / "serve.yaml").unlink()
    assert reasons(small, prune=True) == {}


def test_a_file_that_an_unfinished_run_learns_from_is_not_deleted(small: Sandbox) -> None:
    small.apply(wait=0)
    small.settle()
    small.write("rows.jsonl", "".join(ROW % number for number in range(20)))
    assert not [key for key, reason in reasons(small, prune=True).items() if reason.startswith("delete")]
    small.apply()
    old_file = [key for key, reason in reasons(small, prune=True).items() if reason.startswith("delete")]
    assert len(old_file) == 1
    assert old_file[0].startswith("file/demo-rows-")


def test_a_plan_over_a_limit_is_refused(small: Sandbox) -> None:
    for number in range(3):
        small.write(f"tune{number}.yaml", JOB.replace("tune", f"tune{number}").replace("3}", f"{number + 4}}}"))
    project = small.graph().workspace.project
    with pytest.raises(UnsafePlan, match="starts 4 training runs; the project allows 2"):
        small.plan().guard(project.limits)


def test_the_digest_stands_for_what_was_reviewed(small: Sandbox) -> None:
    first = small.plan().digest
    assert small.plan().digest == first
    small.edit("serve.yaml", "capacity: 2", "capacity: 3")
    second = small.plan().digest
    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 5")
    assert len({first, second, small.plan().digest}) == 3


def test_a_value_that_becomes_known_does_not_change_the_digest(small: Sandbox) -> None:
    small.apply()
    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 4")
    small.apply(wait=0)
    small.settle()
    while_training = small.plan()
    small.world.advance(7200)
    trained = small.plan()
    assert while_training.digest == trained.digest
    assert str(while_training.of(*{c.action for c in while_training.changes})[-1].fields[0].after).startswith("known")


def test_a_checkpoint_is_chosen_by_its_step(small: Sandbox) -> None:
    small.edit("serve.yaml", "{job: tune}", "{job: tune, checkpoint: 24}")
    assert set(small.outcomes().values()) == {"done"}
    assert small.deployments("GET", "serve")["properties"]["model"]["name"].endswith(":ckpt-step-24")
    assert reasons(small) == {}

    small.edit("serve.yaml", "checkpoint: 24", "checkpoint: 25")
    assert "has no checkpoint `25`: it keeps steps 36, 24, 12" in reasons(small)["deployment/serve"]


def test_a_model_that_was_retired_before_its_run_ended_is_served_until_the_new_one_is_ready(small: Sandbox) -> None:
    small.apply()
    served = small.deployments("GET", "serve")["properties"]["model"]["name"]
    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 2")
    small.apply(wait=0)
    assert small.deployments("GET", "serve")["properties"]["model"]["name"] == served
    small.apply()
    assert small.deployments("GET", "serve")["properties"]["model"]["name"] != served


def test_state_says_nothing_about_a_run_that_is_over(small: Sandbox) -> None:
    small.apply()
    small.edit("tune.yaml", "training: rows", "training: rows\n  state: paused")
    assert reasons(small) == {}


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_pause_by_the_service_is_not_fought(small: Sandbox, state: str) -> None:
    small.edit("tune.yaml", "training: rows", f"training: rows\n  trainingType: DeveloperTier\n  state: {state}")
    small.edit("tune.yaml", f"state: {state}", "state: running")
    small.apply(wait=0)
    small.world.advance(1500)
    small.data("POST", f"/fine_tuning/jobs/{small.jobs()[0]['id']}/pause")
    small.world.advance(600)
    small.edit("tune.yaml", "state: running", f"state: {state}")

    assert reasons(small) == {"deployment/serve": "blocked: needs job/tune, which is paused"}


def test_a_base_model_that_the_service_upgraded_is_left_there(small: Sandbox) -> None:
    small.write("serve.yaml", DEPLOYMENT.replace("{job: tune}", "gpt-4.1-2025-04-14"))
    small.apply()
    real = small.wire.after

    def upgraded(request: Any, response: Any) -> Any:
        if b'"2025-04-14"' in response.content and request.url.path.endswith("/deployments"):
            content = response.content.replace(b'"2025-04-14"', b'"2026-02-01"')
            return httpx2.Response(200, content=content, request=request)
        return real(request, response)

    small.wire.after = upgraded
    assert reasons(small) == {}
    small.edit("serve.yaml", "gpt-4.1-2025-04-14", "gpt-4.1-2026-05-01")
    assert reasons(small) == {"deployment/serve": "update: model differs"}


def test_long_names_that_begin_alike_keep_apart(small: Sandbox) -> None:
    for name in ("a-name-that-is-much-too-long-for-it-one", "a-name-that-is-much-too-long-for-it-two"):
        small.write(f"{name}.yaml", JOB.replace("tune", name).replace("3}", f"{len(name) + ord(name[-1])}}}"))
    small.apply(wait=0)
    suffixes = {job["suffix"] for job in small.jobs()}
    assert len({suffix.rpartition("-")[0] for suffix in suffixes}) == 3
    assert all(len(suffix) <= 40 for suffix in suffixes)
