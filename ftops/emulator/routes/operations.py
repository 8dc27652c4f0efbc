"""Long-running operations of the control plane."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator.call import Call, Operation
from ftops.emulator.clock import timestamp
from ftops.emulator.errors import ApiError
from ftops.emulator.store import Account, Document
from ftops.emulator.world import uuid


def begin(call: Call, account: Account, deployment: str, action: str) -> dict[str, str]:
    """Start to `create`, `update` or `delete`; returns the headers, without Retry-After (recorded)."""
    name = uuid(call.world.identifier("operation"))
    subscription = account.resource_id.split("/")[2]
    path = (
        f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
        f"/locations/{account.region}/operationResults/{name}"
    )
    wire = {
        "id": path,
        "name": name,
        "status": "",
        "startTime": timestamp(call.world.time),
        "percentComplete": 0.0,
    }
    operation = Document("operation", account.name, name, wire, {"action": action}, deployment)
    call.world.enter(operation, "Running")
    signature = call.world.digest(f"signature/{name}")
    url = (
        f"{call.base}{path}?api-version={call.query['api-version']}"
        f"&t={int(call.world.time * 10_000_000)}&c={signature}&s={signature[::-1]}&h={signature[:16]}"
    )
    return {"Azure-AsyncOperation": url, "Location": url}


LIFETIME = 86_400.0
"""Seconds for which an operation that has ended can still be asked for (inferred; the spec only says it ends)."""


def retrieve(call: Call) -> Response:
    for account in call.world.store.accounts():
        operation = call.world.store.get("operation", account.name, call.parts["operation"].lower())
        if operation and operation.wire["id"].lower() == call.path.lower():
            if call.world.time > operation.hidden.get("ended", call.world.time) + LIFETIME:
                break
            return JSONResponse(operation.wire)
    raise ApiError(404, "NotFound", f"The operation '{call.parts['operation']}' cannot be found.")


OPERATIONS = (
    Operation(
        "operationResults.get",
        "GET",
        "/providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{operation}",
        retrieve,
    ),
)
