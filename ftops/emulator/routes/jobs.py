"""Fine-tuning jobs: create, list, get, cancel, pause, resume."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import auto_deployment, jobs, models, offers, requests, runs
from ftops.emulator.call import Call, Operation, page
from ftops.emulator.catalogue import MAX_JOBS, MAX_QUEUED
from ftops.emulator.errors import entity_not_found, invalid, over_quota, wrong_state
from ftops.emulator.store import Document


def create(call: Call) -> Response:
    """201 and a Location, also on the v1 path (recorded)."""
    body = call.json()
    model = _text(body, "model")
    found = models.find(call.world, call.account.name, model)
    # After its training has ended a model is refused (documented), in these words: inferred.
    if found is None or offers.over(call.world, offers.dates(call.world, found.base).training):
        raise invalid(f"The specified base model '{model}' does not exist or does not support fine-tuning.")
    files = {"training_file": _file(call, _text(body, "training_file"))}
    if body.get("validation_file"):
        files["validation_file"] = _file(call, _text(body, "validation_file"))
    _check_limits(call)
    wire = {
        **requests.method(body, found.base),
        "seed": requests.job_seed(body, call),
        **requests.training_type(body, found.base, call),
        **auto_deployment.asked(body),
        "status": "",
        # An alias comes back as the dated name, a fine-tuned model exactly as it was sent (both recorded).
        "model": model if found.custom else found.base.name,
        **files,
        **requests.suffix(body),
        **requests.labels(body, call),
        **requests.additional_parameters(call),
    }
    job = jobs.add(call.world, call.account.name, wire, found.base.name)
    # There is no `/jobs/` in this address, so it leads nowhere (recorded).
    location = f"{call.base}/openai/fine_tuning/{job.id}?api-version={call.surface.location_version}"
    return JSONResponse(_shown(call, job), 201, {"Location": location})


def _shown(call: Call, job: Document) -> dict[str, Any]:
    return {name: value for name, value in job.wire.items() if name != "estimated_finish" or not call.surface.of_2024}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"The request needs '{name}'.")
    return value


def _file(call: Call, id: str) -> str:
    """That an unfinished import is refused is documented, the rest inferred."""
    file = call.world.store.get("file", call.account.name, id)
    if file is None:
        raise invalid(f"The file '{id}' does not exist.")
    if file.wire["purpose"] != "fine-tune":
        raise invalid(f"The file '{id}' does not have the purpose fine-tune.")
    if file.state != "processed":
        raise invalid(f"The file import of '{id}' is not completed.")
    return id


def _check_limits(call: Call) -> None:
    account = call.account.name
    if len(call.world.store.documents("job", account)) >= MAX_JOBS:
        raise over_quota(f"The resource already has {MAX_JOBS} fine-tuning jobs.")
    if len(call.world.store.documents("job", account, states=jobs.QUEUED)) >= MAX_QUEUED:
        raise over_quota(f"The resource already has {MAX_QUEUED} queued fine-tuning jobs.")


def existing(call: Call) -> Document:
    """The job the address names."""
    job = call.world.store.get("job", call.account.name, call.parts["job"])
    if not job:
        raise entity_not_found()
    return job


def list_jobs(call: Call) -> Response:
    found = call.world.store.documents("job", call.account.name, newest_first=True)
    return page([_shown(call, job) for job in found], call, default=20)


def retrieve(call: Call) -> Response:
    return JSONResponse(_shown(call, existing(call)))


def cancel(call: Call) -> Response:
    """The answer says `cancelled` at once (recorded)."""
    job = existing(call)
    if job.state in jobs.TERMINAL:
        raise wrong_state(f"A job that is {job.wire['status']} cannot be cancelled.")
    jobs.cancel(call.world, job)
    return JSONResponse(_shown(call, job))


def pause(call: Call) -> Response:
    """Also accepted before the first step (recorded)."""
    job = existing(call)
    if job.state not in jobs.RUNNING:
        raise wrong_state(f"A job that is {job.wire['status']} cannot be paused.")
    runs.begin_pause(call.world, job)
    return JSONResponse(_shown(call, job))


def resume(call: Call) -> Response:
    """The answer is the job, `resuming` (recorded)."""
    job = existing(call)
    if job.state != "paused":
        raise wrong_state(f"A job that is {job.wire['status']} cannot be resumed.")
    call.world.enter(job, "resuming")
    return JSONResponse(_shown(call, job))


def delete(call: Call) -> Response:
    """204 for a job that is over (recorded); the refusal of any other is inferred."""
    job = existing(call)
    if job.state not in jobs.TERMINAL:
        raise wrong_state(f"A job that is {job.wire['status']} cannot be deleted.")
    jobs.delete(call.world, job)
    return Response(status_code=204)


OPERATIONS = (
    Operation("fine_tuning.jobs.create", "POST", "/fine_tuning/jobs", create),
    Operation("fine_tuning.jobs.list", "GET", "/fine_tuning/jobs", list_jobs),
    Operation("fine_tuning.jobs.retrieve", "GET", "/fine_tuning/jobs/{job}", retrieve),
    Operation("fine_tuning.jobs.cancel", "POST", "/fine_tuning/jobs/{job}/cancel", cancel),
    Operation("fine_tuning.jobs.pause", "POST", "/fine_tuning/jobs/{job}/pause", pause),
    Operation("fine_tuning.jobs.resume", "POST", "/fine_tuning/jobs/{job}/resume", resume),
)
DATED = (Operation("fine_tuning.jobs.delete", "DELETE", "/fine_tuning/jobs/{job}", delete),)
