"""Deployments of the control plane, with one write at a time for each account."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import declared, gate, leases, offers, quota, shapes, sources
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import BASE_BY_NAME, REQUEST_SECONDS, SKUS
from ftops.emulator.clock import long_timestamp
from ftops.emulator.errors import ApiError, bad_request
from ftops.emulator.models import Model
from ftops.emulator.routes import operations
from ftops.emulator.routes.accounts import GROUP, addressed
from ftops.emulator.store import Account, Document
from ftops.emulator.world import uuid


def put(call: Call) -> Response:
    """A fine-tuned model is deployed asynchronously, a base model within the call (both recorded)."""
    account, name, body = addressed(call), call.parts["deployment"], _body(call)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise bad_request("InvalidResourceName", f"The deployment name '{name}' is not valid.")
    check_unlocked(call, account)
    home = sources.home(call, account, body)
    model = declared.model(call.world, home, body)
    known = _find(call, account)
    wanted = declared.read(body, model)
    if known and known.hidden["declared"] == wanted:
        # An equal PUT moves the date and nothing else (recorded for base models, inferred for others).
        touch(call, known)
        return answer(known, 200)
    action = "create"
    if known and known.hidden["declared"]["model"] == wanted["model"]:
        action = "update"
    _check_date(call, model, wanted["model"])
    quota.check(call.world, account, model, wanted["sku"], known)
    deployment = known or _new(call, account, name)
    deployment.hidden |= {"home": home, "base": model.base.name}
    _fill(call, deployment, wanted, model)
    headers = operations.begin(call, account, deployment.id, action) if model.custom else {}
    return answer(deployment, 200 if known else 201, headers)


def _check_date(call: Call, model: Model, wanted: dict[str, Any]) -> None:
    """Code, status and text as in threads (Azure-Samples/aks-store-demo 203, foundry-for-vscode 491)."""
    ends = offers.dates(call.world, model.base)
    end = ends.custom if model.custom else ends.inference
    if offers.over(call.world, end):
        year, month, day = end.split("-")
        named = ",".join(f"{key.title()}:{wanted.get(key)}" for key in ("format", "name", "version"))
        message = f"The model '{named}' has been deprecated since {month}/{day}/{year} 00:00:00."
        raise bad_request("ServiceModelDeprecated", message)


def _body(call: Call) -> dict[str, Any]:
    try:
        return call.json()
    except ApiError as error:
        raise bad_request("InvalidRequestContent", error.message) from error


def check_unlocked(call: Call, account: Account) -> None:
    if call.world.store.documents("operation", account.name, states=("Running",), limit=1) or gate.lingers(
        call.world, account.name
    ):
        message = (
            f"Another operation is being performed on the parent resource '{account.resource_id}'. "
            "Please try again later."
        )
        raise ApiError(409, "RequestConflict", message)


def _find(call: Call, account: Account) -> Document | None:
    return call.world.store.get("deployment", account.name, call.parts["deployment"].lower())


def _new(call: Call, account: Account, name: str) -> Document:
    now = long_timestamp(call.world.time)
    kind = "Application" if "@" not in call.principal else "User"
    wire = {
        "id": f"{account.resource_id}/deployments/{name}",
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": name,
        "sku": {},
        "properties": {},
        "systemData": {
            "createdBy": call.principal,
            "createdByType": kind,
            "createdAt": now,
            "lastModifiedBy": call.principal,
            "lastModifiedByType": kind,
            "lastModifiedAt": now,
        },
    }
    return Document("deployment", account.name, name.lower(), wire)


def _fill(call: Call, deployment: Document, wanted: dict[str, Any], model: Model) -> None:
    sku, custom = wanted["sku"], model.custom
    period = REQUEST_SECONDS.get(SKUS[sku["name"].lower()], 60)
    properties = {
        "model": wanted["model"],
        "versionUpgradeOption": wanted["versionUpgradeOption"],
        "currentCapacity": sku["capacity"],
        "capabilities": {"chatCompletion": "true"},
        "provisioningState": "Creating" if custom else "Succeeded",
        "rateLimits": [
            {"key": "request", "renewalPeriod": period, "count": sku["capacity"]},
            {"key": "token", "renewalPeriod": 60, "count": sku["capacity"] * 1000},
        ],
    }
    if "raiPolicyName" in wanted:
        properties["raiPolicyName"] = wanted["raiPolicyName"]
    usage = offers.usage_name(model.base, SKUS[sku["name"].lower()], custom)
    deployment.hidden |= {"declared": wanted, "custom": custom, "usage": usage}
    deployment.wire |= {"sku": sku, "properties": properties}
    deployment.wire.pop("tags", None)
    if "tags" in wanted:
        deployment.wire["tags"] = wanted["tags"]
    deployment.wire["etag"] = f'"{uuid(call.world.identifier("etag"))}"'
    touch(call, deployment)


def touch(call: Call, deployment: Document) -> None:
    deployment.wire["systemData"] |= {
        "lastModifiedBy": call.principal,
        "lastModifiedByType": "Application" if "@" not in call.principal else "User",
        "lastModifiedAt": long_timestamp(call.world.time),
    }
    call.world.store.save(deployment)


def answer(deployment: Document, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(deployment.wire, status, {"ETag": deployment.wire["etag"], **(headers or {})})


def existing(call: Call, account: Account) -> Document:
    deployment = _find(call, account)
    if deployment is None:
        resource = f"{account.resource_id}/deployments/{call.parts['deployment']}"
        raise ApiError(404, "NotFound", f"Specified resource '{resource}' cannot be found.")
    return deployment


def retrieve(call: Call) -> Response:
    return answer(existing(call, addressed(call)), 200)


def patch(call: Call) -> Response:
    """Only `tags` and `sku` can be patched (API description); that it happens within the call is inferred."""
    account, body = addressed(call), _body(call)
    deployment = existing(call, account)
    check_unlocked(call, account)
    if unknown := sorted(body.keys() - {"tags", "sku"}):
        raise bad_request("InvalidRequestContent", f"Only 'tags' and 'sku' can be patched, not {unknown}.")
    wanted = dict(deployment.hidden["declared"])
    if "tags" in body:
        wanted.pop("tags", None)
        wanted |= declared.tags(body)
    if "sku" in body:
        if not isinstance(body["sku"], dict):
            raise bad_request("InvalidRequestContent", "The sku is not an object.")
        wanted["sku"] = declared.sku(wanted["sku"] | body["sku"])
    if wanted == deployment.hidden["declared"]:
        touch(call, deployment)
    else:
        model = Model(BASE_BY_NAME[deployment.hidden["base"]], deployment.hidden["custom"])
        quota.check(call.world, account, model, wanted["sku"], deployment)
        _fill(call, deployment, wanted, model)
        deployment.wire["properties"]["provisioningState"] = "Succeeded"
        call.world.store.save(deployment)
        leases.begin(call.world, deployment, created=False)
    return answer(deployment, 200)


def delete(call: Call) -> Response:
    """An operation for a fine-tuned model, 200 for a base model (both recorded), 204 for none (documented)."""
    account = addressed(call)
    deployment = _find(call, account)
    if deployment is None:
        return Response(status_code=204)
    check_unlocked(call, account)
    if not deployment.hidden["custom"]:
        leases.remove(call.world, deployment)
        return Response(status_code=200)
    deployment.wire["properties"]["provisioningState"] = "Deleting"
    call.world.store.save(deployment)
    return Response(status_code=202, headers=operations.begin(call, account, deployment.id, "delete"))


def list_deployments(call: Call) -> Response:
    """Pages follow each other by `nextLink`, which is absent on the last one (recorded)."""
    account, size = addressed(call), shapes.page_size(call.world)
    token = call.query.get("$skipToken", "0")
    if not token.isdigit():
        raise bad_request("InvalidRequestContent", "The value of '$skipToken' is not valid.")
    found = call.world.store.documents("deployment", account.name, beyond=int(token), limit=size + 1)
    body: dict[str, Any] = {"value": [deployment.wire for deployment in found[:size]]}
    if len(found) > size:
        version = call.query["api-version"]
        body["nextLink"] = f"{call.base}{call.path}?api-version={version}&$skipToken={found[size - 1].seq}"
    return JSONResponse(body)


PATH = GROUP + "/{account}/deployments"
OPERATIONS = (
    Operation("deployments.list", "GET", PATH, list_deployments),
    Operation("deployments.get", "GET", PATH + "/{deployment}", retrieve),
    Operation("deployments.create_or_update", "PUT", PATH + "/{deployment}", put),
    Operation("deployments.update", "PATCH", PATH + "/{deployment}", patch),
    Operation("deployments.delete", "DELETE", PATH + "/{deployment}", delete),
)
