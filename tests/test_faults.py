"""Lost answers, refusals and failures: nothing is paid twice, nothing is lost, and other branches go on."""

from __future__ import annotations

import httpx2
import pytest

from tests.harness import Sandbox

WRITES = {
    "upload": ("POST", "/openai/v1/files"),
    "job": ("POST", "/openai/v1/fine_tuning/jobs"),
    "copy": ("POST", "/copy"),
    "deployment": ("PUT", "/deployments/assistant-eu"),
}


def _reset(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    raise httpx2.RemoteProtocolError("server disconnected", request=request)


def _late(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    raise httpx2.ReadTimeout("timed out", request=request)


def _html(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(200, html="<html>Service is warming up</html>", request=request)


def _error(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(500, json={"error": {"code": "internalFailure", "message": "oops"}}, request=request)


def _truncated(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(200, content=response.content[:20], request=request)


SPOILS = {"reset": _reset, "late": _late, "html": _html, "500": _error, "truncated": _truncated}


def matches(request: httpx2.Request, write: str) -> bool:
    method, path = WRITES[write]
    return request.method == method and request.url.path.endswith(path)


def spoil_once(sandbox: Sandbox, write: str, how: str) -> list[str]:
    """Let the first write of a kind take effect and lose its answer."""
    spoiled: list[str] = []

    def after(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if matches(request, write) and not spoiled:
            spoiled.append(request.url.path)
            return SPOILS[how](request, response)
        return response

    sandbox.wire.after = after
    return spoiled


@pytest.mark.parametrize("how", SPOILS)
@pytest.mark.parametrize("write", WRITES)
def test_a_lost_answer_is_settled_by_looking_and_never_by_sending_again(
    quickstart: Sandbox, write: str, how: str
) -> None:
    spoiled = spoil_once(quickstart, write, how)

    outcomes = quickstart.outcomes()

    assert spoiled
    assert set(outcomes.values()) == {"done"}
    assert quickstart.writes().count("fine_tuning.jobs.create") == 3
    assert sum(w == "files.create" for w in quickstart.writes()) == 6
    assert quickstart.actions() == {}


def test_a_write_that_never_took_effect_is_unknown_now_and_made_by_the_next_run(quickstart: Sandbox) -> None:
    def before(request: httpx2.Request) -> httpx2.Response | None:
        if matches(request, "job"):
            raise httpx2.ReadTimeout("timed out", request=request)
        return None

    quickstart.wire.before = before
    results = quickstart.apply()
    assert results["job/support"].outcome == "unknown"
    assert "nothing is sent again" in results["job/support"].message
    assert results["job/assistant.triage"].outcome == "skipped"
    assert sum(line == "POST /openai/v1/fine_tuning/jobs" for line in quickstart.wire.sent) == 1

    quickstart.wire.before = lambda request: None
    assert set(quickstart.outcomes().values()) == {"done"}
    assert len(quickstart.jobs()) == 3


def hide_jobs(sandbox: Sandbox) -> None:
    """Let listings of jobs lag: they show nothing of what was made."""
    spoil = sandbox.wire.after

    def after(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if request.method == "GET" and request.url.path.endswith("/fine_tuning/jobs"):
            return httpx2.Response(200, json={"object": "list", "data": [], "has_more": False}, request=request)
        return spoil(request, response)

    sandbox.wire.after = after


def test_a_job_that_no_listing_shows_yet_is_adopted_by_the_next_run(quickstart: Sandbox) -> None:
    spoil_once(quickstart, "job", "reset")
    hide_jobs(quickstart)
    assert quickstart.outcomes(wait=0)["job/support"] == "unknown"
    assert len(quickstart.jobs()) == 1

    quickstart.wire.after = lambda request, response: response
    assert quickstart.actions()["job/support"] == "wait"
    assert set(quickstart.outcomes().values()) == {"done"}
    assert len(quickstart.jobs()) == 3


def test_of_two_runs_of_one_revision_the_younger_is_cancelled(quickstart: Sandbox) -> None:
    quickstart.apply(wait=0)
    hide_jobs(quickstart)
    quickstart.world.advance(1)  # two of one second have no order
    quickstart.apply(wait=0)  # the listing lags beyond all bounds, so a second run is started
    younger, older = quickstart.jobs()
    assert younger["suffix"] == older["suffix"]

    quickstart.wire.after = lambda request, response: response
    (retired,) = [change for change in quickstart.plan().changes if "@ftjob" in str(change.key)]
    assert retired.reason == f"is a duplicate of {older['id']}"
    assert set(quickstart.outcomes().values()) == {"done"}
    assert quickstart.data("GET", f"/fine_tuning/jobs/{younger['id']}")["status"] == "cancelled"
    assert quickstart.data("GET", f"/fine_tuning/jobs/{older['id']}")["status"] == "succeeded"
    assert quickstart.actions() == {}


def test_no_connection_means_that_nothing_was_sent(quickstart: Sandbox) -> None:
    def before(request: httpx2.Request) -> httpx2.Response | None:
        if matches(request, "upload"):
            raise httpx2.ConnectError("connection refused", request=request)
        return None

    quickstart.wire.before = before
    results = quickstart.apply()

    assert results["file/support-train@sweden"].outcome == "failed"
    assert "connection refused" in results["file/support-train@sweden"].message
    assert results["job/support"].outcome == "skipped"


def test_a_failed_run_leaves_other_branches_alone_and_is_not_repeated(quickstart: Sandbox) -> None:
    quickstart.write(
        "alone.yaml",
        """
apiVersion: ftops/v1
kind: Job
metadata: {name: alone}
spec: {account: eastus2, model: gpt-4.1-mini-2025-04-14, training: bad}
---
apiVersion: ftops/v1
kind: Dataset
metadata: {name: bad}
spec: {path: data/bad.jsonl}
---
apiVersion: ftops/v1
kind: Deployment
metadata: {name: alone}
spec: {account: eastus2, model: {job: alone}}
""",
    )
    quickstart.write("data/bad.jsonl", "{}\n" * 3)

    results = quickstart.apply()

    assert results["job/alone"].outcome == "failed"
    assert "attempt" in results["job/alone"].message
    assert results["deployment/alone"].outcome == "skipped"
    assert {r.outcome for key, r in results.items() if "alone" not in key and "bad" not in key} == {"done"}
    assert quickstart.actions() == {"job/alone": "blocked", "deployment/alone": "blocked"}
    mark = quickstart.mark()
    quickstart.apply()
    assert quickstart.writes(mark) == []

    quickstart.edit("alone.yaml", "training: bad}", "training: bad, attempt: 2}")
    assert quickstart.actions()["job/alone"] == "create"


def test_another_writer_in_the_account_only_delays(quickstart: Sandbox) -> None:
    quickstart.outcomes()
    quickstart.edit("serving.yaml", "capacity: 50", "capacity: 60")
    quickstart.edit("serving.yaml", "capacity: 60", "capacity: 70")
    served = quickstart.jobs()[0]["fine_tuned_model"]
    body = {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": served, "version": "1"}},
    }
    quickstart.deployments("PUT", "somebody-elses", "eastus2", json=body)

    assert quickstart.outcomes(wait=0)["deployment/assistant-us"] == "pending"
    assert quickstart.outcomes()["deployment/assistant-us"] == "done"
    assert quickstart.deployments("GET", "assistant-us", "eastus2")["sku"]["capacity"] == 70


def test_one_deployment_is_written_at_a_time_in_an_account(quickstart: Sandbox) -> None:
    for name in ("one", "two", "three"):
        quickstart.write(
            f"{name}.yaml",
            f"apiVersion: ftops/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
            "spec: {account: sweden, model: {job: support}}\n",
        )

    assert set(quickstart.outcomes().values()) == {"done"}
    statuses = [entry["status"] for entry in quickstart.world.journal()]
    assert 409 not in statuses


def test_an_account_that_refuses_blocks_only_what_lives_there(quickstart: Sandbox) -> None:
    def before(request: httpx2.Request) -> httpx2.Response | None:
        if "accounts/eastus2" in request.url.path:
            error = {"code": "AuthorizationFailed", "message": "no role"}
            return httpx2.Response(403, json={"error": error}, request=request)
        return None

    quickstart.wire.before = before
    results = quickstart.apply()

    blocked = {key: r.message for key, r in results.items() if r.outcome != "done"}
    assert blocked == {"deployment/assistant-us": "no role (403 AuthorizationFailed)"}


def test_a_listing_that_fails_half_way_is_no_empty_account(quickstart: Sandbox) -> None:
    quickstart.apply()
    mark = quickstart.mark()

    def before(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path.endswith("/fine_tuning/jobs"):
            return httpx2.Response(200, html="<html></html>", request=request)
        return None

    quickstart.wire.before = before
    outcomes = quickstart.outcomes()

    assert {outcomes[f"job/{name}"] for name in ("support", "assistant.triage", "assistant.tone")} == {"blocked"}
    assert quickstart.writes(mark) == []


def test_an_account_that_never_trained_gets_no_copy_and_stops_nothing_else(quickstart: Sandbox) -> None:
    text = (quickstart.specs / "accounts.yaml").read_text().replace("eastus2", "norway")
    quickstart.write("accounts.yaml", text)
    quickstart.write("serving.yaml", (quickstart.specs / "serving.yaml").read_text().replace("eastus2", "norway"))

    first = quickstart.apply()

    assert first["copy/assistant-us"].outcome == "blocked"
    assert "has never run a fine-tuning job" in first["copy/assistant-us"].message
    assert first["deployment/assistant-us"].outcome == "blocked"
    assert first["deployment/assistant-eu"].outcome == "done"
    changes = {str(change.key): change for change in quickstart.plan().changes}
    assert changes["copy/assistant-us"].action == "blocked"
    assert "has never run a fine-tuning job" in changes["copy/assistant-us"].reason
    assert changes["deployment/assistant-us"].reason == "needs copy/assistant-us, which is blocked"
    assert changes["deployment/assistant-eu"].action == "noop"


def test_an_update_that_is_accepted_and_not_made_is_a_failure(quickstart: Sandbox) -> None:
    quickstart.apply()
    quickstart.edit("serving.yaml", "capacity: 50", "capacity: 70")
    live = quickstart.deployments("GET", "assistant-us", "eastus2")

    def before(request: httpx2.Request) -> httpx2.Response | None:
        is_ours = request.url.path.endswith("/deployments/assistant-us")
        return httpx2.Response(200, json=live, request=request) if is_ours else None

    quickstart.wire.before = before
    result = quickstart.apply()["deployment/assistant-us"]

    assert (result.outcome, result.message) == ("failed", "the service accepted the update and did not make it")


def test_a_thousand_steps_after_a_failure_are_skipped(sandbox: Sandbox) -> None:
    steps = "".join(f"    - {{name: s{number}, training: rows}}\n" for number in range(1200))
    sandbox.write("rows.jsonl", "{}\n")
    sandbox.write(
        "all.yaml",
        f"""
apiVersion: ftops/v1
kind: Project
metadata: {{name: p}}
spec: {{marker: demo}}
---
apiVersion: ftops/v1
kind: Account
metadata: {{name: sweden}}
spec:
  endpoint: https://norway.openai.azure.com
  resourceId: /subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/n
  region: swedencentral
---
apiVersion: ftops/v1
kind: Dataset
metadata: {{name: rows}}
spec: {{path: rows.jsonl}}
---
apiVersion: ftops/v1
kind: Chain
metadata: {{name: long}}
spec:
  account: sweden
  model: gpt-4.1
  steps:
{steps}""",
    )
    outcomes = sandbox.outcomes()
    assert outcomes["job/long.s0"] == "failed"
    assert outcomes["job/long.s1199"] == "skipped"
