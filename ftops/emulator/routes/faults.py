"""The emulator's own endpoints for what goes wrong: fault rules, and hands in the portal."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import drift
from ftops.emulator.call import Call, Operation
from ftops.emulator.errors import invalid


def list_faults(call: Call) -> Response:
    return JSONResponse({"faults": call.world.faults.list()})


def _asked(call: Call) -> list[Any]:
    """One rule, a list of them, `{"faults": […]}` as they are listed, or `{"scenario": name}`."""
    try:
        body = json.loads(call.body)
    except ValueError as error:
        raise invalid("The request body is not valid JSON.") from error
    if isinstance(body, dict) and set(body) == {"faults"}:
        body = body["faults"]
    return body if isinstance(body, list) else [body]


def add(call: Call) -> Response:
    with call.world.transaction():
        for rule in _asked(call):
            if isinstance(rule, dict) and set(rule) == {"scenario"}:
                call.world.scenario(str(rule["scenario"]))
            else:
                call.world.faults.add(rule)
    return list_faults(call)


def replace(call: Call) -> Response:
    call.world.faults.replace(_asked(call))
    return list_faults(call)


def clear(call: Call) -> Response:
    call.world.faults.clear(call.query.get("id"))
    return list_faults(call)


def drifted(call: Call) -> Response:
    drift.apply(call.world, call.json())
    return JSONResponse({"now": call.world.now()})


OPERATIONS = (
    Operation("faults.list", "GET", "/faults", list_faults),
    Operation("faults.add", "POST", "/faults", add),
    Operation("faults.replace", "PUT", "/faults", replace),
    Operation("faults.clear", "DELETE", "/faults", clear),
    Operation("drift", "POST", "/drift", drifted),
)
