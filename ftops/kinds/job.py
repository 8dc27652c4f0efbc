"""One fine-tuning run. The service has no update and no name of our choice: a run is found again by its suffix."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ftops.errors import Obstacle, OutcomeUnknown
from ftops.fields import ModelReference, Training, TrainingType
from ftops.kind import LogEntry, Managed, Pool
from ftops.models import resolve_alias
from ftops.resource import Desired, Observed, Phase, Ref, Unversioned

if TYPE_CHECKING:
    from ftops.service import Services


class JobSpec(Training):
    """One fine-tuning run: where it runs, what it starts from, what it learns."""

    account: Annotated[str, Ref("account", edge=False), Unversioned()]
    """Name of the Account that the run belongs to."""
    model: ModelReference
    """What the run starts from: a base model, or what a job, a chain or a copy makes."""
    trainingType: TrainingType = "GlobalStandard"
    """Where the run computes: `Standard` (the region), `GlobalStandard` or `DeveloperTier`."""


#: The service's words for what a run is doing, in ours; every other word means that it is under way.
_PHASES = {
    "succeeded": Phase.READY,
    "failed": Phase.FAILED,
    "cancelled": Phase.FAILED,
    "paused": Phase.PAUSED,
}
_STATES = {"paused": "paused", "pausing": "paused", "cancelled": "cancelled", "failed": "failed"}
#: Before a run has begun it can be cancelled and not paused.
_BEFORE = frozenset(("pending", "created", "queued", "validating_files"))
_TRAINING_TYPES = {"standard": "Standard", "globalstandard": "GlobalStandard", "developertier": "DeveloperTier"}
_SUFFIX = re.compile(r"(?P<marker>[a-z0-9]{2,8})-(?P<label>.+)-(?P<revision>[0-9a-f]{8})")
_SUFFIX_LENGTH = 40


class Job(Managed[JobSpec]):
    """One fine-tuning run. A changed spec is another run; the old one and its model stay as history."""

    spec = JobSpec
    versioned: ClassVar[bool] = True
    is_run: ClassVar[bool] = True
    destroyable: ClassVar[bool] = True
    remedy: ClassVar[str] = "raise `attempt` to run it again"
    typical_seconds: ClassVar[float] = 3600.0
    poll_seconds: ClassVar[float] = 60.0

    def identity(self, desired: Desired[JobSpec]) -> str:
        return f"{desired.project}-{desired.revision[:8]}"

    def label(self, desired: Desired[JobSpec]) -> str:
        room = _SUFFIX_LENGTH - len(desired.project) - 10
        label = desired.spec.suffix or desired.key.name.replace(".", "-")
        if len(label) <= room:
            return label
        digest = hashlib.sha256(label.encode()).hexdigest()[:4]  # two long names may begin alike
        return f"{label[: room - 5].rstrip('-')}-{digest}"

    def pool(self, spec: JobSpec | None) -> Pool | None:
        """An account runs three jobs at a time, and five more of the developer tier; it queues twenty."""
        if spec is not None and spec.trainingType == "DeveloperTier":
            return Pool("developer", 5, queues=True)
        return Pool("standard", 3, queues=True)

    def withheld(self, spec: JobSpec) -> str:
        return f"is declared `state: {spec.state}`" if spec.state in ("paused", "cancelled") else ""

    def policy(self, spec: JobSpec) -> str:
        return f"state: {spec.state}"

    def retired(self, spec: JobSpec | None, observed: Observed) -> Mapping[str, Any]:
        if spec is None or spec.onSupersede == "cancel":
            return {"state": "cancelled"}
        is_pausable = observed.message not in _BEFORE
        return {"state": "paused"} if spec.onSupersede == "pause" and is_pausable else {}

    def declared(self, desired: Desired[JobSpec]) -> dict[str, Any]:
        spec = desired.spec
        fields: dict[str, Any] = {
            "trainingType": spec.trainingType,
            "method": spec.method.type,
            **({"seed": spec.seed} if spec.seed is not None else {}),
            **desired.inputs,
        }
        fields |= {f"hyperparameters.{name}": value for name, value in spec.hyperparameters.chosen().items()}
        return fields

    def compared(self, desired: Desired[JobSpec], observed: Observed) -> dict[str, Any]:
        state = desired.spec.state
        is_ours_to_say = observed.phase is not Phase.READY and "state" in observed.fields
        if state == "paused" and observed.message in _BEFORE:
            return {}
        return {"state": state} if state and is_ours_to_say else {}

    async def observe(self, services: Services, account: str, project: str) -> AsyncIterator[Observed]:
        async for item in services[account].data.jobs():
            yield _observed(account, item, project)

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        found = await services[observed.account].data.job(observed.id)
        return _observed(observed.account, found, project)

    async def output(self, services: Services, observed: Observed, output: str, choice: str) -> str:
        """`model` is the name of the chosen checkpoint, `checkpoint` the path `<job>/checkpoints/<id>` of it."""
        if choice == "final" and output == "model":
            return observed.outputs["model"]
        checkpoints = [c async for c in services[observed.account].data.checkpoints(observed.id)]
        chosen = _choose(checkpoints, choice, observed.outputs["model"])
        if output == "checkpoint":
            return f"{observed.id}/checkpoints/{chosen['id']}"
        return str(chosen["fine_tuned_model_checkpoint"])

    async def events(self, services: Services, observed: Observed) -> AsyncIterator[LogEntry]:
        async for item in services[observed.account].data.events(observed.id):
            level = str(item.get("level") or "info")
            yield LogEntry(float(item.get("created_at") or 0), level, str(item.get("message") or ""))

    async def create(self, services: Services, desired: Desired[JobSpec]) -> Observed:
        found = await services[desired.account].data.create_job(_body(desired, self.label(desired)))
        if not found.get("id"):
            raise OutcomeUnknown("the service answered the create without an id")
        return _observed(desired.account, found, desired.project)

    async def update(
        self, services: Services, observed: Observed, fields: Mapping[str, Any], desired: Desired[JobSpec] | None
    ) -> Observed:
        data = services[observed.account].data
        call = {"cancelled": data.cancel, "paused": data.pause, "running": data.resume}[fields["state"]]
        found = await call(observed.id)
        if not found.get("id"):
            raise OutcomeUnknown("the service answered the update without an id")
        return replace(_observed(observed.account, found, ""), owned=observed.owned)

    async def delete(self, services: Services, observed: Observed, project: str) -> None:
        """End a run; a finished one and its model stay, since the v1 API deletes no jobs."""
        if observed.phase in (Phase.PROGRESSING, Phase.PAUSED):
            await services[observed.account].data.cancel(observed.id)


def _seed(desired: Desired[JobSpec]) -> int:
    """The user's, or 31 bits of the revision: a second mark, and the same declaration trains the same way again."""
    spec = desired.spec
    return spec.seed if spec.seed is not None else int(desired.revision[8:16], 16) & 0x7FFFFFFF


def _body(desired: Desired[JobSpec], label: str) -> dict[str, Any]:
    spec = desired.spec
    block: dict[str, Any] = {"hyperparameters": spec.hyperparameters.chosen()}
    block |= spec.method.model_dump(include={"grader", "response_format"}, exclude_none=True)
    body: dict[str, Any] = {
        "model": desired.text("model"),
        "training_file": desired.text("training"),
        "method": {"type": spec.method.type, spec.method.type: block},
        "suffix": f"{desired.project}-{label}-{desired.revision[:8]}",
        "seed": _seed(desired),
        "trainingType": spec.trainingType,
        "metadata": {
            "ftops-project": desired.project,
            "ftops-name": desired.key.name,
            "ftops-revision": desired.revision,
        },
    }
    if spec.validation is not None:
        body["validation_file"] = desired.text("validation")
    if spec.integrations:
        body["integrations"] = [one.model_dump(exclude_none=True) for one in spec.integrations]
    return body


def _observed(account: str, item: Mapping[str, Any], project: str) -> Observed:
    status = str(item.get("status") or "")
    suffix = str(item.get("suffix") or item.get("user_provided_suffix") or "")
    marked = _SUFFIX.fullmatch(suffix)
    model = str(item.get("fine_tuned_model") or "")
    files = [str(item[name]) for name in ("training_file", "validation_file") if item.get(name)]
    phase = _PHASES.get(status, Phase.PROGRESSING)
    if phase is Phase.READY and not model:
        phase = Phase.PROGRESSING  # "succeeded" comes before the safety evaluation has released the model
    return Observed(
        kind="job",
        account=account,
        identity=f"{marked['marker']}-{marked['revision']}" if marked else str(item["id"]),
        id=str(item["id"]),
        phase=phase,
        owned=marked is not None and marked["marker"] == project,
        label=marked["label"] if marked else "",
        revision=marked["revision"] if marked else "",
        created_at=float(item.get("created_at") or 0),
        fields=_fields(item, status),
        outputs={"model": model} if model else {},
        uses=tuple(files),
        message=_message(item, status),
    )


def _fields(item: Mapping[str, Any], status: str) -> dict[str, Any]:
    method = _mapping(item.get("method"))
    kind = str(method.get("type") or "supervised")
    tuned = _mapping(method.get(kind)).get("hyperparameters") or item.get("hyperparameters")
    training_type = str(item.get("trainingType") or "").lower()
    fields = {
        "model": resolve_alias(str(item.get("model") or "")),
        "training": item.get("training_file"),
        "validation": item.get("validation_file"),
        "method": kind,
        "seed": item.get("seed"),
        "trainingType": _TRAINING_TYPES.get(training_type, training_type),
        "state": _STATES.get(status, "running"),
    }
    fields |= {
        f"hyperparameters.{name}": value for name, value in _mapping(tuned).items() if value not in (-1, "auto", None)
    }
    if status == "paused" and (kind == "reinforcement" or training_type == "developertier"):
        # The service pauses these itself (5,000 dollars spent; capacity needed elsewhere): not ours to resume.
        del fields["state"]
    return {name: value for name, value in fields.items() if value is not None}


def _mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, also where the service leaves one out or sends null."""
    return value if isinstance(value, dict) else {}


def _message(item: Mapping[str, Any], status: str) -> str:
    error = item.get("error")
    if isinstance(error, dict) and (error.get("message") or error.get("code")):
        return f"{error.get('message') or error.get('code')}"
    return status


def _choose(checkpoints: list[Mapping[str, Any]], choice: str, model: str) -> Mapping[str, Any]:
    """The final checkpoint carries the model's own name; `best` has the lowest full validation loss."""
    if choice == "final":
        found = [c for c in checkpoints if c.get("fine_tuned_model_checkpoint") == model]
    elif choice == "best":
        measured = [c for c in checkpoints if _loss(c) is not None]
        found = sorted(measured, key=lambda c: (_loss(c), -int(c.get("step_number") or 0)))
    else:
        found = [c for c in checkpoints if str(c.get("step_number")) == choice]
    if not found:
        kept = sorted((int(c.get("step_number") or 0) for c in checkpoints), reverse=True)
        steps = ", ".join(map(str, kept)) or "none"
        why = "none reports a full validation loss" if choice == "best" else f"it keeps steps {steps}"
        raise Obstacle(f"{model} has no checkpoint `{choice}`: {why}")
    return found[0]


def _loss(checkpoint: Mapping[str, Any]) -> float | None:
    metrics = checkpoint.get("metrics")
    value = metrics.get("full_valid_loss") if isinstance(metrics, dict) else None
    return float(value) if isinstance(value, (int, float)) else None
