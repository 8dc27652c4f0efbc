"""Fine-tuning jobs: their way from the request to a place among the running ones, and who takes it next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftops.emulator import auto_deployment, limits, runs, safety, shapes, training
from ftops.emulator.catalogue import MAX_RUNNING, MIN_ROWS
from ftops.emulator.learning import shelf
from ftops.emulator.runs import tell
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

TERMINAL = ("succeeded", "failed", "cancelled")
RUNNING = ("preparing", "training", "evaluating")
AT_WORK = (*RUNNING, "pausing")
QUEUED = ("pending", "waiting")
SECONDS_A_JOB = 900
"""`estimated_finish` of a new job, for itself and for each one ahead of it (recorded)."""


def add(world: World, account: str, wire: dict[str, Any], base: str) -> Document:
    """A new job from its checked request. `base` is the base model's dated name."""
    queued = len(world.store.documents("job", account, states=QUEUED))
    id = shapes.job_id(world)
    created = int(world.time)
    wire |= {
        "estimated_finish": created + SECONDS_A_JOB * (queued + 1),
        "id": id,
        "created_at": created,
        "object": "fine_tuning.job",
    }
    # Kept apart from the shown parameters, which stay at -1 for some models.
    asked = runs.shown_parameters(wire)[0]
    hidden = {"base": base, "done": 0, "n_epochs": asked["n_epochs"], "batch_size": asked["batch_size"]}
    job = Document("job", account, id, wire, hidden)
    world.enter(job, "pending")
    tell(world, job, "Job enqueued. Waiting for jobs ahead to complete.")
    return job


def start(world: World, job: Document) -> str | None:
    """The data is checked; then the job takes a place among the running ones, or waits for one."""
    for role in ("training_file", "validation_file"):
        if role in job.wire and (problem := _check(world, job, role)):
            return _refuse(world, job, *problem, role)
    if excess := limits.too_much(job):
        return _refuse(world, job, "quotaExceeded", excess, "training_file")
    if limits.low_rate(job):
        tell(world, job, limits.LOW_RATE, level="warning")
    if not has_room(world, job):
        return "waiting"
    _tell_begin(world, job)
    return None


def _refuse(world: World, job: Document, code: str, message: str, param: str) -> str:
    job.wire["error"] = {"code": code, "message": message, "param": param}
    job.wire["finished_at"] = int(world.time)
    tell(world, job, message, level="error")
    return "failed"


def _check(world: World, job: Document, role: str) -> tuple[str, str] | None:
    """What is wrong with a file, as code and message. Counts rows and tokens on the way."""
    name = role.replace("_", " ")
    if role == "training_file":
        tell(world, job, f"Preprocessing running for file {name}.")
    if not world.store.get("file", job.account, job.wire[role]):
        return "fileImportFailed", f"The {name} was deleted before the job could read it."
    method = job.wire.get("method", {}).get("type", "supervised")
    minimum = MIN_ROWS if role == "training_file" else 1
    try:
        data = training.read(world.store.content(job.wire[role]), method, minimum=minimum)
    except training.InvalidData as error:
        return "jsonlValidationFailed", f"Validation of the {name} failed: {error}."
    if role == "training_file":
        job.hidden |= data._asdict()
    job.hidden[role] = {"content": shelf.keep_content(world, job.wire[role]), "rows": data.rows}
    if problem := safety.data_problem(world, job, role):
        return problem
    tell(world, job, f"Preprocessing completed for file {name}.")
    return None


def _tell_begin(world: World, job: Document) -> None:
    for message in (
        "Job started.",
        "Data Import started.",
        "Finetuning started.",
        "Job queued, waiting for GPUs.",
    ):
        tell(world, job, message)
    job.hidden["ready_at"] = world.time + world.delay("job.train")


def has_room(world: World, job: Document) -> bool:
    """Whether one more job of this training type may run."""
    at_work = world.store.documents("job", job.account, states=AT_WORK)
    others = [other for other in at_work if other.id != job.id and _pool(other) == _pool(job)]
    return len(others) < MAX_RUNNING[_pool(job)]


def _pool(job: Document) -> str:
    return "developerTier" if job.wire.get("trainingType") == "developerTier" else "standard"


def make_room(world: World, leaving: Document) -> None:
    """A job has left the running ones, so the oldest that waits for its place takes it."""
    for job in world.store.documents("job", leaving.account, states=("waiting", "held")):
        if _pool(job) == _pool(leaving):
            if job.state == "held":
                world.enter(job, runs.resumed(world, job))
            else:
                _tell_begin(world, job)
                world.enter(job, "preparing")
            return


def succeed(world: World, job: Document) -> None:
    runs.succeed(world, job)
    auto_deployment.arrange(world, job)
    make_room(world, job)


def cancel(world: World, job: Document) -> None:
    """From any state that is not terminal."""
    was_at_work = job.state in AT_WORK
    job.wire["finished_at"] = int(world.time)
    world.enter(job, "cancelled")
    if was_at_work:
        make_room(world, job)


def delete(world: World, job: Document) -> None:
    """With its events and checkpoints. What becomes of its model is not known; here it stays (inferred)."""
    for checkpoint in runs.checkpoints(world, job):
        world.store.remove(checkpoint)
    world.store.drop_events(job.id)
    world.store.remove(job)


def pause(world: World, job: Document) -> None:
    runs.pause(world, job)
    make_room(world, job)


def proceed(world: World, job: Document) -> str:
    """A resumed job goes on as soon as there is room for it."""
    return runs.resumed(world, job) if has_room(world, job) else "held"
