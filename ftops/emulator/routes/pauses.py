"""A deployment paused and resumed: since api-version 2025-12-01, for three sizes, without an operation (documented)."""

from __future__ import annotations

from starlette.responses import Response

from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import ARM_VERSIONS
from ftops.emulator.errors import ApiError, bad_request
from ftops.emulator.leases import IDLE_SKUS
from ftops.emulator.routes import deployments
from ftops.emulator.routes.accounts import GROUP, addressed

SINCE = "2025-12-01"


def _change(call: Call, verb: str, state: str) -> Response:
    """Idempotent (documented); the refusals are inferred."""
    account = addressed(call)
    _check_version(call, verb)
    deployment = deployments.existing(call, account)
    deployments.check_unlocked(call, account)
    if deployment.wire["sku"]["name"].lower() not in IDLE_SKUS:
        message = f"A deployment with sku '{deployment.wire['sku']['name']}' cannot be paused or resumed."
        raise bad_request("InvalidResourceProperties", message)
    properties = deployment.wire["properties"]
    if properties.get("deploymentState", "Running") != state:
        properties["deploymentState"] = state
        deployments.touch(call, deployment)
    return deployments.answer(deployment, 200)


def _check_version(call: Call, verb: str) -> None:
    if call.query["api-version"] < SINCE:
        served = ", ".join(version for version in ARM_VERSIONS if version >= SINCE)
        message = (
            f"The resource type 'accounts/deployments/{verb}' could not be found in the namespace "
            f"'Microsoft.CognitiveServices' for api version '{call.query['api-version']}'. "
            f"The supported api-versions are '{served}'."
        )
        raise ApiError(404, "InvalidResourceType", message)


def pause(call: Call) -> Response:
    return _change(call, "pause", "Paused")


def resume(call: Call) -> Response:
    return _change(call, "resume", "Running")


PATH = GROUP + "/{account}/deployments/{deployment}"
OPERATIONS = (
    Operation("deployments.pause", "POST", PATH + "/pause", pause),
    Operation("deployments.resume", "POST", PATH + "/resume", resume),
)
