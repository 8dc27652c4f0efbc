"""The main job: specs in, a trained, chained, copied and deployed model out; then edits, and back again."""

from __future__ import annotations

from tests.harness import Sandbox

STEP = ("assistant.yaml", "n_epochs: 2", "n_epochs: 4")
BACK = ("assistant.yaml", "n_epochs: 4", "n_epochs: 2")


def test_everything_becomes_ready_in_one_waiting_run(quickstart: Sandbox) -> None:
    outcomes = quickstart.outcomes()

    assert set(outcomes.values()) == {"done"}
    assert len(quickstart.jobs()) == 3
    served = quickstart.deployments("GET", "assistant-us", "eastus2")
    assert served["properties"]["model"]["name"] == quickstart.jobs()[0]["fine_tuned_model"]
    assert served["tags"]["ftops-name"] == "assistant-us"


def test_a_second_run_plans_nothing_and_only_reads(quickstart: Sandbox) -> None:
    quickstart.apply()
    quickstart.wire.sent.clear()

    assert quickstart.actions() == {}
    assert quickstart.outcomes().keys() == quickstart.outcomes().keys()
    assert {line.split()[0] for line in quickstart.wire.sent} == {"GET"}


def test_a_plan_only_reads(quickstart: Sandbox) -> None:
    quickstart.plan()
    assert {line.split()[0] for line in quickstart.wire.sent} == {"GET"}


def test_an_edited_step_plans_its_run_its_copy_and_its_deployments(quickstart: Sandbox) -> None:
    quickstart.apply()
    quickstart.edit(*STEP)

    plan = quickstart.plan()
    changes = {str(c.key): c for c in plan.changes if c.action.value != "noop"}
    assert {key: change.action.value for key, change in changes.items()} == {
        "job/assistant.tone": "create",
        "copy/assistant-us": "create",
        "deployment/assistant-eu": "update",
        "deployment/assistant-us": "update",
    }
    (field,) = changes["job/assistant.tone"].fields
    assert (field.path, field.before, field.after) == ("hyperparameters.n_epochs", 2, 4)
    (field,) = changes["deployment/assistant-us"].fields
    assert str(field.after) == "known after copy/assistant-us"
    assert plan.runs == 1


def test_going_back_swaps_pointers_and_trains_nothing(quickstart: Sandbox) -> None:
    quickstart.apply()
    first = quickstart.deployments("GET", "assistant-eu")["properties"]["model"]
    quickstart.edit(*STEP)
    assert set(quickstart.outcomes().values()) == {"done"}
    assert quickstart.deployments("GET", "assistant-eu")["properties"]["model"] != first
    quickstart.edit(*BACK)
    mark = quickstart.mark()

    assert quickstart.actions() == {"deployment/assistant-eu": "update", "deployment/assistant-us": "update"}
    quickstart.apply()
    assert quickstart.deployments("GET", "assistant-eu")["properties"]["model"] == first
    assert set(quickstart.writes(mark)) == {"deployments.create_or_update"}
    assert quickstart.actions() == {}


def test_ticks_without_waiting_get_there_too(quickstart: Sandbox) -> None:
    for tick in range(20):
        outcomes = quickstart.outcomes(wait=0)
        assert "failed" not in outcomes.values()
        if set(outcomes.values()) == {"done"}:
            break
        quickstart.world.advance_to_next() if tick % 2 else quickstart.world.advance(1800)

    assert set(outcomes.values()) == {"done"}
    assert quickstart.writes().count("fine_tuning.jobs.create") == 3


def test_chains_with_equal_first_steps_share_their_runs(quickstart: Sandbox) -> None:
    other = (quickstart.specs / "assistant.yaml").read_text()
    quickstart.write("other.yaml", other.replace("name: assistant", "name: other").replace("name: tone", "name: calm"))
    quickstart.edit("other.yaml", "n_epochs: 2", "n_epochs: 1")

    plan = quickstart.plan()
    assert [str(c.key) for c in plan.changes if c.action.value == "adopt"] == ["job/other.triage"]
    assert set(quickstart.outcomes().values()) == {"done"}
    assert len(quickstart.jobs()) == 4
    assert quickstart.actions() == {}
