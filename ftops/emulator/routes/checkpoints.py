"""Checkpoints and events of a job."""

from __future__ import annotations

from starlette.responses import Response

from ftops.emulator import runs
from ftops.emulator.call import Call, Operation, page
from ftops.emulator.routes.jobs import existing


def list_checkpoints(call: Call) -> Response:
    found = runs.checkpoints(call.world, existing(call))
    return page([checkpoint.wire for checkpoint in found], call, default=10)


def list_events(call: Call) -> Response:
    return page(call.world.store.events(existing(call).id), call, default=20)


OPERATIONS = (
    Operation("fine_tuning.jobs.checkpoints.list", "GET", "/fine_tuning/jobs/{job}/checkpoints", list_checkpoints),
    Operation("fine_tuning.jobs.events.list", "GET", "/fine_tuning/jobs/{job}/events", list_events),
)
