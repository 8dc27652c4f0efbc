"""Checkpoints and events of a job."""

from __future__ import annotations

from starlette.responses import Response

from ftops.emulator import learning, results, runs
from ftops.emulator.call import Call, Operation, page
from ftops.emulator.routes.jobs import existing


def list_checkpoints(call: Call) -> Response:
    job = existing(call)
    found = [results.checkpoint(call.world, job, checkpoint) for checkpoint in runs.checkpoints(call.world, job)]
    return _measured(page(found, call, default=10))


def list_events(call: Call) -> Response:
    job = existing(call)
    return _measured(page(results.events(call.world, job, call.world.store.events(job.id)), call, default=20))


def _measured(answer: Response) -> Response:
    answer.headers.update(learning.HEADER)
    return answer


OPERATIONS = (
    Operation("fine_tuning.jobs.checkpoints.list", "GET", "/fine_tuning/jobs/{job}/checkpoints", list_checkpoints),
    Operation("fine_tuning.jobs.events.list", "GET", "/fine_tuning/jobs/{job}/events", list_events),
)
