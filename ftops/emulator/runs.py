"""A job at work: steps, epochs and checkpoints, a pause in between, the finished model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftops.emulator import models, results, safety, training
from ftops.emulator.catalogue import BASE_BY_NAME, auto_batch_size, auto_epochs
from ftops.emulator.learning import shelf
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

KEPT_EPOCHS = 3


def tell(world: World, job: Document, message: str, *, level: str = "info", step: int | None = None) -> None:
    event: dict[str, Any] = {
        "id": f"ftevent-{world.identifier('event')}",
        "created_at": int(world.time),
        "level": level,
        "message": message,
        "type": "message" if step is None else "metrics",
        "object": "fine_tuning.job.event",
    }
    if step is not None:
        event["data"] = {"step": step}
    world.store.add_event(job.id, event)


def train(world: World, job: Document) -> None:
    """`auto` becomes a number and the result file appears (recorded)."""
    tell(world, job, "Training started.")
    resolve(world, job)
    begin_leg(world, job)


def resolve(world: World, job: Document) -> None:
    """Everything that is known only when training begins."""
    epochs, batch_size = job.hidden["n_epochs"], job.hidden["batch_size"]
    rows = job.hidden["rows"]
    epochs = auto_epochs(rows) if epochs == -1 else epochs
    batch_size = auto_batch_size(rows) if batch_size == -1 else batch_size
    job.hidden |= {
        "n_epochs": epochs,
        "batch_size": batch_size,
        "total": training.steps(rows, epochs, batch_size),
    }
    # An open-weight job shows -1 for ever, also after success (recorded).
    if not BASE_BY_NAME[job.hidden["base"]].open_weight:
        for parameters in shown_parameters(job.wire):
            parameters |= {"n_epochs": epochs, "batch_size": batch_size}
    shelf.enrol(world, job, shown_parameters(job.wire)[0])
    file = results.begin(world, job)
    job.wire["result_files"] = [file.id]
    tell(world, job, f"Created results file: {file.id}")


def shown_parameters(wire: dict[str, Any]) -> list[dict[str, Any]]:
    """A job shows its hyperparameters in one or two places."""
    method = wire.get("method", {})
    places = [wire, method.get(method.get("type"), {})]
    return [place["hyperparameters"] for place in places if "hyperparameters" in place]


def begin_leg(world: World, job: Document) -> None:
    """Steps are counted from here on: the begin of training, or of what is left of it after a pause."""
    job.hidden |= {"leg_step": job.hidden["done"], "leg_at": world.time}
    left = (job.hidden["total"] - job.hidden["done"]) * world.delay("job.tick") + world.delay("job.succeed")
    job.wire["estimated_finish"] = int(world.time + left)


def _next_mark(job: Document) -> int:
    return training.next_mark(job.hidden["done"], job.hidden["total"], job.hidden["n_epochs"])


def seconds_to_mark(world: World, job: Document) -> float:
    steps = _next_mark(job) - job.hidden["leg_step"]
    at: float = job.hidden["leg_at"] + steps * world.delay("job.tick")
    return max(0.0, at - world.time)


def tick(world: World, job: Document) -> str | None:
    """A step that shows: its metrics event, its checkpoint if it ends an epoch."""
    step, total = _next_mark(job), job.hidden["total"]
    job.hidden["done"] = step
    if step % training.metrics_interval(total) == 0:
        tell(world, job, f"Step {step}", step=step)
    if step % (total // job.hidden["n_epochs"]) == 0:
        _checkpoint(world, job, step, of_epoch=True)
    return "evaluating" if step == total else None


def model_name(job: Document) -> str:
    """Recorded for jobs on base models. After continuous fine-tuning the first base is kept: inferred."""
    suffix = f"-{job.wire['suffix']}" if "suffix" in job.wire else ""
    return f"{job.hidden['base']}.ft-{job.id.removeprefix('ftjob-')}{suffix}"


def _checkpoint(world: World, job: Document, step: int, *, of_epoch: bool) -> None:
    name = model_name(job) if step == job.hidden["total"] else f"{model_name(job)}:ckpt-step-{step}"
    id = f"ftchkpt-{world.identifier('checkpoint')}"
    wire = {
        "id": id,
        "created_at": int(world.time),
        "fine_tuned_model_checkpoint": name,
        "step_number": step,
        "metrics": {"step": step},
        "fine_tuning_job_id": job.id,
        "object": "fine_tuning.job.checkpoint",
    }
    world.store.save(Document("checkpoint", job.account, id, wire, {"of_epoch": of_epoch}, job.id))
    for alias in (name, id):
        shelf.name_weights(world, job, alias, step)
    results.grow(world, job)
    epochs = [known for known in checkpoints(world, job) if known.hidden["of_epoch"]]
    for old in epochs[KEPT_EPOCHS:]:
        world.store.remove(old)


def checkpoints(world: World, job: Document) -> list[Document]:
    """Newest first."""
    return world.store.documents("checkpoint", job.account, parent=job.id, newest_first=True)


def _publish(world: World, job: Document) -> None:
    """Checkpoints can be used once their safety was evaluated: after success, or when a pause is complete."""
    harms = safety.model_harms(world, job)
    for checkpoint in checkpoints(world, job):
        name = checkpoint.wire["fine_tuned_model_checkpoint"]
        of = job.id if name == job.wire.get("fine_tuned_model") else ""
        models.publish(world, job.account, name, job.hidden["base"], job=of, harms=harms)


def succeed(world: World, job: Document) -> None:
    """The messages' order is recorded: success is announced before the safety evaluation has passed."""
    # An open-weight job on `auto` counts minus one epoch (recorded).
    epochs = shown_parameters(job.wire)[0]["n_epochs"]
    job.wire |= {
        "fine_tuned_model": model_name(job),
        "finished_at": int(world.time),
        "trained_tokens": job.hidden["tokens"] * epochs,
    }
    results.grow(world, job)
    _publish(world, job)
    harms = safety.model_harms(world, job)
    for message in (
        "Job succeeded.",
        safety.refusal(harms) if harms else "Model Evaluation Passed.",
        f"Completed results file: {job.wire['result_files'][0]}",
        f"Training tokens billed: {max(0, -(-job.wire['trained_tokens'] // 1000) * 1000)}",
    ):
        tell(world, job, message)


def begin_pause(world: World, job: Document) -> None:
    """A job that has not begun to train first does its first step: a paused job always has a checkpoint."""
    if job.state == "training":
        steps = (world.time - job.hidden["leg_at"]) / world.delay("job.tick")
        done = job.hidden["leg_step"] + int(steps + 1e-6)
        job.hidden["done"] = min(max(done, 1), job.hidden["total"])
    world.enter(job, "pausing")


def seconds_to_pause(world: World, job: Document) -> float:
    """From the call to `paused`."""
    unprepared = 0.0 if job.hidden["done"] else job.hidden["ready_at"] + world.delay("job.tick") - world.time
    return world.delay("job.pause") + max(0.0, unprepared)


def pause(world: World, job: Document) -> None:
    """Parameters are resolved, there is a result file and a checkpoint of the step reached (recorded)."""
    if "total" not in job.hidden:
        tell(world, job, "Training started.")
        resolve(world, job)
        job.hidden["done"] = 1
    done = job.hidden["done"]
    if all(checkpoint.wire["step_number"] != done for checkpoint in checkpoints(world, job)):
        _checkpoint(world, job, done, of_epoch=False)
    job.wire["estimated_finish"] = int(world.time)
    results.grow(world, job)
    _publish(world, job)


def resumed(world: World, job: Document) -> str:
    """The state in which a paused job goes on, at the step it had reached."""
    begin_leg(world, job)
    return "evaluating" if job.hidden["done"] == job.hidden["total"] else "training"
