"""Runs: what the service says of one, in our words, and the exact body that starts one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftops.errors import Obstacle, OutcomeUnknown, ServiceError
from ftops.kind import LogEntry
from ftops.kinds.job import Job
from ftops.resource import Desired, Observed, Phase, ResourceKey
from tests.specs import graph_of, job
from tests.test_transport import Script, refusal, say, with_services

#: The smallest answer that was recorded: older versions leave everything else out.
SMALLEST: dict[str, Any] = {
    "id": "ftjob-46fe1c4edca240248803a9e7ccbbb105",
    "created_at": 1757429132,
    "model": "gpt-4.1-mini-2025-04-14",
    "object": "fine_tuning.job",
    "seed": 42,
    "status": "running",
    "training_file": "file-1",
}
MODEL = "gpt-4.1-mini-2025-04-14.ft-46fe1c4edca240248803a9e7ccbbb105-demo-support-0123abcd"
AUTO = {"batch_size": -1, "learning_rate_multiplier": 0.5, "n_epochs": 2}
PATH = "/openai/v1/fine_tuning/jobs"


def observed(**item: Any) -> Observed:
    """What a listing with this one job in it becomes."""

    async def observe(services: Any) -> list[Observed]:
        return [one async for one in Job().observe(services, "sweden", "demo")]

    (found,) = with_services(Script(say(200, {"data": [SMALLEST | item]})), observe)
    assert isinstance(found, Observed)
    return found


def desired(root: Path, inputs: dict[str, str] | None = None, **spec: Any) -> Desired[Any]:
    resource = graph_of(root, job("support", **spec)).resources[ResourceKey("job", "support")]
    known = {"model": "gpt-4.1-mini-2025-04-14", "training": "file-1"}
    return Desired(resource, "demo", known | (inputs or {}))


@pytest.mark.parametrize(
    ("item", "phase", "message"),
    [
        ({"status": "pending"}, Phase.PROGRESSING, "pending"),
        ({"status": "created"}, Phase.PROGRESSING, "created"),
        ({"status": "running"}, Phase.PROGRESSING, "running"),
        ({"status": "pausing"}, Phase.PROGRESSING, "pausing"),
        ({"status": "resuming"}, Phase.PROGRESSING, "resuming"),
        ({"status": "validating_files"}, Phase.PROGRESSING, "validating_files"),  # OpenAI's word, seen on Azure
        ({"status": "queued"}, Phase.PROGRESSING, "queued"),
        ({"status": "of next year"}, Phase.PROGRESSING, "of next year"),
        ({"status": None}, Phase.PROGRESSING, ""),
        ({"status": "paused"}, Phase.PAUSED, "paused"),
        ({"status": "cancelled"}, Phase.FAILED, "cancelled"),
        ({"status": "succeeded", "fine_tuned_model": MODEL}, Phase.READY, "succeeded"),
        # "succeeded" comes before the safety evaluation has released the model
        ({"status": "succeeded"}, Phase.PROGRESSING, "succeeded"),
        ({"status": "succeeded", "fine_tuned_model": None}, Phase.PROGRESSING, "succeeded"),
        ({"status": "failed", "error": {"code": "x", "message": "bad rows"}}, Phase.FAILED, "bad rows"),
        ({"status": "failed", "error": {"code": "contentFilter", "message": ""}}, Phase.FAILED, "contentFilter"),
        ({"status": "failed", "error": {}}, Phase.FAILED, "failed"),
        ({"status": "failed", "error": None}, Phase.FAILED, "failed"),
        ({"status": "running", "error": {}}, Phase.PROGRESSING, "running"),  # recorded: an empty object is no error
        ({"status": "running", "error": {"code": None, "message": None}}, Phase.PROGRESSING, "running"),
    ],
)
def test_phases(item: dict[str, Any], phase: Phase, message: str) -> None:
    found = observed(**item)
    assert (found.phase, found.message) == (phase, message)


@pytest.mark.parametrize(
    ("item", "outputs"),
    [
        ({"status": "succeeded", "fine_tuned_model": MODEL}, {"model": MODEL}),
        ({"fine_tuned_model": None}, {}),
        ({}, {}),
    ],
)
def test_the_model_is_what_others_refer_to(item: dict[str, Any], outputs: dict[str, str]) -> None:
    assert observed(**item).outputs == outputs


@pytest.mark.parametrize(
    ("item", "identity", "label", "owned"),
    [
        ({"suffix": "demo-support-0123abcd"}, "demo-0123abcd", "support", True),
        ({"user_provided_suffix": "demo-support-0123abcd"}, "demo-0123abcd", "support", True),
        ({"suffix": None, "user_provided_suffix": "demo-support-0123abcd"}, "demo-0123abcd", "support", True),
        ({"suffix": "demo-assistant-tone-0123abcd"}, "demo-0123abcd", "assistant-tone", True),
        ({"suffix": "shop-support-0123abcd"}, "shop-0123abcd", "support", False),  # another project's
        ({"suffix": "demos-support-0123abcd"}, "demos-0123abcd", "support", False),
        ({"suffix": "demo-support"}, SMALLEST["id"], "", False),
        ({"suffix": "demo-support-0123ABCD"}, SMALLEST["id"], "", False),
        ({"suffix": "demo-support-0123abcde"}, SMALLEST["id"], "", False),
        ({"suffix": "gpt41-chart-qa-dev-01"}, SMALLEST["id"], "", False),
        ({}, SMALLEST["id"], "", False),
    ],
)
def test_a_run_is_ours_by_its_suffix(item: dict[str, Any], identity: str, label: str, owned: bool) -> None:
    found = observed(**item)
    assert (found.identity, found.label, found.owned) == (identity, label, owned)
    assert found.revision == ("0123abcd" if label else "")


SUPERVISED = {"model": SMALLEST["model"], "training": "file-1", "method": "supervised", "seed": 42, "state": "running"}


@pytest.mark.parametrize(
    ("item", "fields"),
    [
        ({}, {"trainingType": ""}),
        ({"trainingType": "globalStandard"}, {"trainingType": "GlobalStandard"}),
        ({"trainingType": "GLOBALSTANDARD"}, {"trainingType": "GlobalStandard"}),
        ({"trainingType": "developerTier"}, {"trainingType": "DeveloperTier"}),
        ({"trainingType": "standard"}, {"trainingType": "Standard"}),
        ({"trainingType": "dataZone"}, {"trainingType": "datazone"}),
        ({"validation_file": "file-2"}, {"trainingType": "", "validation": "file-2"}),
        ({"model": "gpt-4.1-mini"}, {"trainingType": ""}),  # an alias, before the service rewrites it
        ({"seed": None, "validation_file": None, "trainingType": None}, {"trainingType": "", "seed": None}),
        (
            {"hyperparameters": AUTO},
            {"trainingType": "", "hyperparameters.learning_rate_multiplier": 0.5, "hyperparameters.n_epochs": 2},
        ),
        (
            {"hyperparameters": AUTO, "method": None},
            {"trainingType": "", "hyperparameters.learning_rate_multiplier": 0.5, "hyperparameters.n_epochs": 2},
        ),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {**AUTO, "n_epochs": "auto"}}}},
            {"trainingType": "", "hyperparameters.learning_rate_multiplier": 0.5},
        ),
        ({"method": {"type": "supervised", "supervised": None}}, {"trainingType": ""}),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": 1, "batch_size": None}}}},
            {"trainingType": "", "method": "dpo", "hyperparameters.beta": 0.1, "hyperparameters.n_epochs": 1},
        ),
        (
            {
                "method": {
                    "type": "reinforcement",
                    "reinforcement": {"hyperparameters": {"eval_samples": "auto", "reasoning_effort": "default"}},
                },
                "hyperparameters": None,
            },
            {"trainingType": "", "method": "reinforcement", "hyperparameters.reasoning_effort": "default"},
        ),
    ],
)
def test_fields_in_the_words_of_the_spec(item: dict[str, Any], fields: dict[str, Any]) -> None:
    expected = {name: value for name, value in (SUPERVISED | fields).items() if value is not None}
    assert observed(**item).fields == expected


DEVELOPER, REINFORCEMENT = {"trainingType": "developerTier"}, {"method": {"type": "reinforcement"}}


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"status": "running"}, "running"),
        ({"status": "resuming"}, "running"),
        ({"status": "pausing"}, "paused"),
        ({"status": "paused"}, "paused"),
        ({"status": "cancelled"}, "cancelled"),
        # The service pauses these itself, for money or capacity: not ours to resume
        ({"status": "paused"} | DEVELOPER, None),
        ({"status": "paused"} | REINFORCEMENT, None),
        ({"status": "running"} | DEVELOPER, "running"),
        ({"status": "running"} | REINFORCEMENT, "running"),
    ],
)
def test_states(item: dict[str, Any], state: str | None) -> None:
    assert observed(**item).fields.get("state") == state


def test_a_run_uses_its_files() -> None:
    assert observed(validation_file="file-2").uses == ("file-1", "file-2")
    assert observed(validation_file=None).uses == ("file-1",)


def test_a_poll_sees_what_a_listing_shows() -> None:
    item = {"suffix": "demo-support-0123abcd"}
    before = observed(**item)
    wire = Script(say(200, SMALLEST | item | {"status": "paused"}))

    after = with_services(wire, lambda services: Job().poll(services, before, "demo"))
    assert wire.lines == [f"GET {PATH}/{SMALLEST['id']}"]
    assert (after.identity, after.owned, after.phase) == ("demo-0123abcd", True, Phase.PAUSED)


@pytest.mark.parametrize(
    "answer", [say(200, {}), say(200, {"data": []}), say(200, {"id": None})], ids=["empty", "a list", "null"]
)
def test_an_answer_that_is_no_job_is_an_error(answer: Any) -> None:
    run = observed()
    with pytest.raises(ServiceError):
        with_services(Script(answer), lambda services: Job().poll(services, run, "demo"))


def test_a_listing_of_what_is_no_job_is_an_error() -> None:
    with pytest.raises(ServiceError):
        observed(id=None)


GRADER = {"type": "string_check", "name": "exact", "input": "{{a}}", "reference": "{{b}}", "operation": "eq"}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer"}}


@pytest.mark.parametrize(
    ("spec", "inputs", "body"),
    [
        ({}, {}, {"method": {"type": "supervised", "supervised": {"hyperparameters": {}}}}),
        (
            {
                "validation": "valid",
                "hyperparameters": {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": 0.5},
                "trainingType": "Standard",
                "seed": 7,
                "suffix": "v2_final",
            },
            {"validation": "file-2"},
            {
                "validation_file": "file-2",
                "method": {
                    "type": "supervised",
                    "supervised": {"hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 0.5}},
                },
                "trainingType": "Standard",
                "seed": 7,
                "suffix": "demo-v2_final-REVISION",
            },
        ),
        (
            {"method": "dpo", "hyperparameters": {"beta": 0.1, "l2_multiplier": 0.2}, "trainingType": "DeveloperTier"},
            {},
            {
                "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "l2_multiplier": 0.2}}},
                "trainingType": "DeveloperTier",
            },
        ),
        (
            {
                "model": "o4-mini-2025-04-16",
                "validation": "valid",
                "method": {"type": "reinforcement", "grader": GRADER, "response_format": FORMAT},
                "hyperparameters": {"reasoning_effort": "low", "eval_samples": 4},
            },
            {"model": "o4-mini-2025-04-16", "validation": "file-2"},
            {
                "model": "o4-mini-2025-04-16",
                "validation_file": "file-2",
                "method": {
                    "type": "reinforcement",
                    "reinforcement": {
                        "hyperparameters": {"reasoning_effort": "low", "eval_samples": 4},
                        "grader": GRADER,
                        "response_format": FORMAT,
                    },
                },
            },
        ),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}]},
            {},
            {
                "method": {"type": "supervised", "supervised": {"hyperparameters": {}}},
                "integrations": [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}],
            },
        ),
    ],
    ids=["defaults", "supervised", "dpo", "reinforcement", "integrations"],
)
def test_the_body_that_starts_a_run(
    spec: dict[str, Any], inputs: dict[str, str], body: dict[str, Any], tmp_path: Path
) -> None:
    wanted = desired(tmp_path, inputs, **spec)
    wire = Script(say(201, SMALLEST | {"status": "pending"}))

    found = with_services(wire, lambda services: Job().create(services, wanted))
    assert found.phase is Phase.PROGRESSING
    assert wire.lines == [f"POST {PATH}"]
    expected = {
        "model": "gpt-4.1-mini-2025-04-14",
        "training_file": "file-1",
        "suffix": "demo-support-REVISION",
        "seed": int(wanted.revision[8:16], 16) & 0x7FFFFFFF,
        "trainingType": "GlobalStandard",
        "metadata": {"ftops-project": "demo", "ftops-name": "support", "ftops-revision": wanted.revision},
    } | body
    expected["suffix"] = expected["suffix"].replace("REVISION", wanted.revision[:8])
    assert wire.body() == expected


def test_a_long_name_leaves_room_for_marker_and_revision(tmp_path: Path) -> None:
    """The service takes 40 characters; the revision at the end must survive."""
    name = "a" * 63
    resource = graph_of(tmp_path, job(name)).resources[ResourceKey("job", name)]
    wire = Script(say(201, SMALLEST))

    wanted = Desired(resource, "demodemo", {"model": "m", "training": "file-1"})
    with_services(wire, lambda services: Job().create(services, wanted))
    suffix = wire.body()["suffix"]
    assert len(suffix) == 40
    assert suffix.endswith(f"-{resource.revision[:8]}")


@pytest.mark.parametrize("answer", [say(200, {}), say(201, {"status": "pending"}), say(204)])
def test_a_create_that_is_answered_without_an_id_is_unknown(answer: Any, tmp_path: Path) -> None:
    with pytest.raises(OutcomeUnknown):
        with_services(Script(answer), lambda services: Job().create(services, desired(tmp_path)))


@pytest.mark.parametrize(
    ("state", "verb", "status"),
    [("cancelled", "cancel", "cancelled"), ("paused", "pause", "pausing"), ("running", "resume", "resuming")],
)
def test_updates(state: str, verb: str, status: str) -> None:
    before = observed(suffix="demo-support-0123abcd")
    wire = Script(say(200, SMALLEST | {"suffix": "demo-support-0123abcd", "status": status}))

    after = with_services(wire, lambda services: Job().update(services, before, {"state": state}, None))
    assert wire.lines == [f"POST {PATH}/{before.id}/{verb}"]
    assert after.owned
    assert after.fields["state"] == state


@pytest.mark.parametrize("answer", [say(200, {}), say(202), say(204)])
def test_an_update_that_is_answered_without_the_run_is_unknown(answer: Any) -> None:
    """The engine then looks at the run itself."""
    run = observed()
    with pytest.raises(OutcomeUnknown):
        with_services(Script(answer), lambda services: Job().update(services, run, {"state": "paused"}, None))


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        ("running", [f"POST {PATH}/{SMALLEST['id']}/cancel"]),
        ("paused", [f"POST {PATH}/{SMALLEST['id']}/cancel"]),
        ("failed", []),
        ("cancelled", []),
    ],
)
def test_a_deletion_ends_what_is_unfinished(status: str, lines: list[str]) -> None:
    run, wire = observed(status=status), Script(say(200, SMALLEST))

    with_services(wire, lambda services: Job().delete(services, run, "demo"))
    assert wire.lines == lines


def checkpoint(step: int, loss: float | None, name: str = MODEL) -> dict[str, Any]:
    metrics = {"step": float(step), "train_loss": 0.1} | ({} if loss is None else {"full_valid_loss": loss})
    return {
        "id": f"ftchkpt-{step}",
        "fine_tuned_model_checkpoint": name if name != MODEL or step == 100 else f"{MODEL}:ckpt-step-{step}",
        "step_number": step,
        "metrics": metrics,
    }


@pytest.mark.parametrize(
    ("output", "choice", "expected"),
    [
        ("model", "best", f"{MODEL}:ckpt-step-80"),
        ("model", "90", f"{MODEL}:ckpt-step-90"),
        ("checkpoint", "final", "JOB/checkpoints/ftchkpt-100"),
        ("checkpoint", "best", "JOB/checkpoints/ftchkpt-80"),
        ("checkpoint", "90", "JOB/checkpoints/ftchkpt-90"),
    ],
)
def test_a_checkpoint_is_chosen(output: str, choice: str, expected: str) -> None:
    """The numbers are recorded ones: the last checkpoint is not the best."""
    run = observed(status="succeeded", fine_tuned_model=MODEL)
    found = [checkpoint(100, 1.82), checkpoint(90, 1.79), checkpoint(80, 1.69)]
    wire = Script(say(200, {"data": found, "has_more": False}))

    chosen = with_services(wire, lambda services: Job().output(services, run, output, choice))
    assert chosen == expected.replace("JOB", run.id)
    assert wire.lines == [f"GET {PATH}/{run.id}/checkpoints"]


def test_the_finished_model_takes_no_request() -> None:
    run, wire = observed(status="succeeded", fine_tuned_model=MODEL), Script(say(500))

    assert with_services(wire, lambda services: Job().output(services, run, "model", "final")) == MODEL
    assert wire.sent == []


def test_of_equally_good_checkpoints_the_later_one_is_best() -> None:
    run = observed(status="succeeded", fine_tuned_model=MODEL)
    wire = Script(say(200, {"data": [checkpoint(80, 1.5), checkpoint(90, 1.5)]}))

    found = with_services(wire, lambda services: Job().output(services, run, "checkpoint", "best"))
    assert found == f"{run.id}/checkpoints/ftchkpt-90"


@pytest.mark.parametrize(
    ("checkpoints", "choice", "why"),
    [
        ([checkpoint(100, 1.0), checkpoint(90, 1.0)], "7", "it keeps steps 100, 90"),
        ([], "7", "it keeps steps none"),
        ([checkpoint(100, None)], "best", "none reports a full validation loss"),
        ([checkpoint(100, 1.0) | {"metrics": None}], "best", "none reports a full validation loss"),
    ],
)
def test_a_checkpoint_that_is_not_there(checkpoints: list[Any], choice: str, why: str) -> None:
    run = observed(status="succeeded", fine_tuned_model=MODEL)

    with pytest.raises(Obstacle) as caught:
        with_services(
            Script(say(200, {"data": checkpoints})), lambda services: Job().output(services, run, "model", choice)
        )
    assert caught.value.message == f"{MODEL} has no checkpoint `{choice}`: {why}"


def test_events_are_told_in_the_order_of_the_service() -> None:
    run = observed()

    async def events(services: Any) -> list[LogEntry]:
        return [entry async for entry in Job().events(services, run)]

    items = [
        {"id": "2", "created_at": 1715825584, "level": "warn", "message": "Step 70: training loss=0.07"},
        {"id": "1", "created_at": None, "level": None, "message": None},
    ]
    assert with_services(Script(say(200, {"data": items})), events) == [
        LogEntry(1715825584.0, "warn", "Step 70: training loss=0.07"),
        LogEntry(0.0, "info", ""),
    ]


def test_what_the_service_refuses_passes_through(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="Quota exceeded"):
        with_services(
            Script(refusal(400, "quotaExceeded", "Quota exceeded")),
            lambda services: Job().create(services, desired(tmp_path)),
        )
