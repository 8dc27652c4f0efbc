"""What must never happen: a run paid twice, something of others changed, something in use deleted, a plan without end."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from ftops.cli import run
from ftops.errors import SpecsInvalid
from tests.harness import Sandbox
from tests.small import DEPLOYMENT, JOB, PROJECT, ROW, reasons


def deny(sandbox: Sandbox, end: str, method: str = "GET") -> None:
    def before(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == method and request.url.path.endswith(end):
            error = {"code": "AuthorizationFailed", "message": "no role"}
            return httpx2.Response(403, json={"error": error}, request=request)
        return None

    sandbox.wire.before = before


def problems(sandbox: Sandbox) -> list[str]:
    with pytest.raises(SpecsInvalid) as caught:
        sandbox.graph()
    return [f"{problem.code} {problem.message}" for problem in caught.value.problems]


def test_nothing_is_deleted_in_an_account_that_was_seen_in_part(small: Sandbox) -> None:
    small.apply(wait=0)
    small.write("rows.jsonl", "".join(ROW % number for number in range(20)))
    (small.specs / "tune.yaml").unlink()
    (small.specs / "serve.yaml").unlink()
    deny(small, "/fine_tuning/jobs")

    plan = small.plan(prune=True)

    assert [change for change in plan.changes if change.action == "delete"] == []
    assert {key: str(error) for key, error in plan.unreadable.items()} == {
        ("job", "sweden"): "no role (403 AuthorizationFailed)"
    }
    assert small.destroy("file") == {}


def test_one_account_under_two_names_is_refused(small: Sandbox) -> None:
    account = PROJECT.split("---")[1].replace("name: sweden", "name: again")
    small.write("again.yaml", account)
    assert problems(small) == ["FT113 account/again and account/sweden are the same account"]
    small.write("again.yaml", account.replace("sweden.openai.azure.com", "sweden.services.ai.azure.com"))
    assert problems(small) == ["FT113 account/again and account/sweden are the same account"]


def test_two_resources_of_one_name_are_refused(small: Sandbox) -> None:
    small.write("other.yaml", DEPLOYMENT.replace("name: serve", "name: other").replace("sku:", "name: Serve, sku:"))
    assert problems(small) == ["FT204 deployment/other and deployment/serve: both objects are named `serve`"]
    small.write(
        "other.yaml", JOB.replace("name: tune", "name: other").replace("training:", "suffix: tune\n  training:")
    )
    assert problems(small) == ["FT204 job/other and job/tune: both runs are named `tune`"]


def test_one_run_that_is_wanted_in_two_ways_is_refused(small: Sandbox) -> None:
    small.write(
        "other.yaml", JOB.replace("name: tune", "name: other").replace("training:", "state: paused\n  training:")
    )
    (problem,) = problems(small)
    assert (
        problem == "FT205 job/other and job/tune are one run, and want it in different ways: state: paused, state: None"
    )


def test_another_project_may_declare_the_same(small: Sandbox) -> None:
    small.apply()
    small.edit("project.yaml", "marker: demo", "marker: shop")
    small.edit("serve.yaml", "name: serve", "name: serve-too")
    assert set(small.outcomes().values()) == {"done"}
    assert {job["suffix"].split("-")[0] for job in small.jobs() if "tune" in job["suffix"]} == {"demo", "shop"}


def test_a_failed_run_stays_a_failure_whatever_its_declared_state(small: Sandbox) -> None:
    small.write("rows.jsonl", "{}\n" * 12)
    small.edit("tune.yaml", "training: rows", "training: rows\n  state: running")
    assert small.outcomes()["job/tune"] == "failed"
    assert small.outcomes()["job/tune"] == "blocked"


def test_what_its_document_protects_is_not_destroyed(small: Sandbox) -> None:
    small.apply(wait=0)
    small.edit("tune.yaml", "name: tune", "name: tune, protect: true")
    assert small.destroy("job") == {}
    small.apply()
    small.edit("serve.yaml", "name: serve", "name: serve, protect: true")
    assert small.destroy() == {}


def test_a_deployment_is_taken_down_after_its_successor_is_there(small: Sandbox) -> None:
    small.apply()
    small.edit("serve.yaml", "name: serve", "name: successor")
    small.edit("tune.yaml", "n_epochs: 3", "n_epochs: 4")

    assert small.outcomes(wait=0, prune=True)["deployment/serve@sweden"] == "pending"
    small.events.clear()
    small.apply(prune=True)
    ends = [str(event.key) for event in small.events if event.word in ("ready", "done")]
    assert ends.index("deployment/successor") < ends.index("deployment/serve@sweden")


def test_rows_that_change_between_plan_and_upload_are_not_sent(small: Sandbox) -> None:
    def before(request: httpx2.Request) -> httpx2.Response | None:
        small.write("rows.jsonl", ROW % 99)
        return None

    small.wire.before = before
    result = small.apply()["file/rows@sweden"]
    assert result.outcome == "failed"
    assert "has changed since the plan was made" in result.message
    assert "files.create" not in small.writes()


def test_two_applies_at_once_pay_once(small: Sandbox) -> None:
    async def apply(graph: Any, services: Any) -> Any:
        observation, plan = await small._plan(graph, services, False)
        return await small._run(plan, observation, services, 0)

    async def overtaken(graph: Any, services: Any) -> Any:
        """Plan, let another apply come first, and then carry out what was planned."""
        observation, plan = await small._plan(graph, services, False)
        await small._live(apply)
        return await small._run(plan, observation, services, 0)

    asyncio.run(small._live(overtaken))
    assert len(small.jobs()) == 1


def test_looking_in_vain_ends(small: Sandbox) -> None:
    small.apply(wait=0)
    (job,) = small.jobs()
    deny(small, f"/fine_tuning/jobs/{job['id']}")
    result = small.apply()["job/tune"]
    assert result.outcome == "pending"
    assert result.message == "cannot be looked at: no role (403 AuthorizationFailed)"


def test_a_deletion_that_is_accepted_and_not_made_is_a_failure(small: Sandbox) -> None:
    small.apply()

    def before(request: httpx2.Request) -> httpx2.Response | None:
        return httpx2.Response(202, request=request) if request.method == "DELETE" else None

    small.wire.before = before
    result = small.destroy()["deployment/serve@sweden"]
    assert (result.outcome, result.message) == ("failed", "the service accepted the delete and did not make it")


def test_deleting_what_is_gone_is_fine(small: Sandbox) -> None:
    small.apply()

    def before(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == "GET" and request.url.path.endswith("/deployments/serve"):
            return httpx2.Response(404, json={"error": {"code": "NotFound", "message": "gone"}}, request=request)
        return None

    small.wire.before = before
    assert small.destroy()["deployment/serve@sweden"].outcome == "done"


def test_a_changed_base_model_is_a_change_in_either_direction(small: Sandbox) -> None:
    small.write("serve.yaml", DEPLOYMENT.replace("{job: tune}", "gpt-4.1-mini-2025-04-14"))
    small.apply()
    small.edit("serve.yaml", "2025-04-14", "2024-01-01")
    assert reasons(small) == {"deployment/serve": "update: model differs"}


def test_a_superseded_run_is_left_while_its_successor_cannot_start(small: Sandbox) -> None:
    small.edit("tune.yaml", "training: rows", "training: rows\n  onSupersede: cancel")
    small.apply(wait=0)
    small.write("base.yaml", JOB.replace("tune", "base").replace("n_epochs: 3", "n_epochs: 9"))
    small.edit("tune.yaml", "model: gpt-4.1", "model: {job: base}")
    small.apply(wait=0)
    assert [job["status"] for job in small.jobs() if "tune" in job["suffix"]] != ["cancelled"]
    small.apply()
    statuses = {job["status"] for job in small.jobs()}
    assert "failed" not in statuses


def test_a_young_file_is_not_deleted_since_its_run_may_not_be_listed_yet(small: Sandbox) -> None:
    small.apply(wait=0)
    (small.specs / "tune.yaml").unlink()
    (small.specs / "serve.yaml").unlink()

    def after(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if request.url.path.endswith("/fine_tuning/jobs"):
            return httpx2.Response(200, json={"object": "list", "data": [], "has_more": False}, request=request)
        return response

    small.wire.after = after
    assert reasons(small, prune=True) == {}
    small.world.advance(1000)
    assert list(reasons(small, prune=True).values()) == ["delete: not declared in the specs"]


def test_a_plan_over_a_limit_is_shown_before_it_is_refused(
    small: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small.edit("project.yaml", "runs: 2", "runs: 0")
    monkeypatch.chdir(small.folder)
    assert run(["apply", "specs", "--emulator", "--yes"]) == 1
    told = capsys.readouterr()
    assert "+ job/tune" in told.out
    assert told.err == (
        "error: the plan starts 1 training runs; the project allows 0\n"
        "hint: raise `limits.runs` of the Project, or declare fewer at a time\n"
    )
