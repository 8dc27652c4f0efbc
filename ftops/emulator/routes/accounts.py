"""Accounts of the control plane: read only."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import conditions, settings
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import CAPABILITIES
from ftops.emulator.clock import START, long_timestamp
from ftops.emulator.errors import ApiError
from ftops.emulator.store import Account
from ftops.emulator.world import uuid

CREATED = long_timestamp(START - 365 * 86_400)
GROUP = "/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts"


def addressed(call: Call) -> Account:
    """The account the address names, whatever the letter case."""
    parts = call.parts
    wanted = f"/subscriptions/{parts['subscription']}{GROUP.format(group=parts['group'])}/{parts['account']}"
    for account in call.world.store.accounts():
        if account.resource_id.lower() == wanted.lower():
            return account
    raise ApiError(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.CognitiveServices/accounts/{parts['account']}' under resource group "
        f"'{parts['group']}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def _wire(call: Call, account: Account) -> dict[str, Any]:
    etag = f'"{uuid(call.world.digest(f"account/{account.resource_id}"))}"'
    endpoint = f"https://{account.host}/"
    known = settings.of_account(call.world, account)
    return {
        "id": account.resource_id,
        "name": account.resource_id.split("/")[-1],
        "type": "Microsoft.CognitiveServices/accounts",
        "etag": etag,
        "location": account.region,
        "sku": {"name": "S0"},
        "kind": known.kind,
        "properties": {
            "endpoint": endpoint,
            "provisioningState": "Succeeded",
            "internalId": call.world.digest(f"internal/{account.resource_id}"),
            "dateCreated": CREATED,
            "callRateLimit": {"rules": []},
            "isMigrated": False,
            "customSubDomainName": account.host.split(".")[0],
            "privateEndpointConnections": [],
            "publicNetworkAccess": conditions.read(call.world, account.name, "publicNetworkAccess"),
            **({} if known.local_auth else {"disableLocalAuth": True}),
            "capabilities": [{"name": name, "value": value} for name, value in CAPABILITIES.items()],
            "endpoints": {
                "OpenAI Language Model Instance API": endpoint,
                "OpenAI Model Scaleset API": endpoint,
            },
        },
        "systemData": {
            "createdBy": "emulator",
            "createdByType": "Application",
            "createdAt": CREATED,
            "lastModifiedBy": "emulator",
            "lastModifiedByType": "Application",
            "lastModifiedAt": CREATED,
        },
    }


def retrieve(call: Call) -> Response:
    wire = _wire(call, addressed(call))
    return JSONResponse(wire, headers={"ETag": wire["etag"]})


def list_accounts(call: Call) -> Response:
    prefix = f"/subscriptions/{call.parts['subscription']}/"
    if group := call.parts.get("group"):
        prefix += f"resourceGroups/{group}/"
    accounts = call.world.store.accounts()
    found = [account for account in accounts if account.resource_id.lower().startswith(prefix.lower())]
    if not found and group:
        raise ApiError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    return JSONResponse({"value": [_wire(call, account) for account in found]})


def list_keys(call: Call) -> Response:
    """Refused where keys are switched off (inferred)."""
    account = addressed(call)
    known = settings.of_account(call.world, account)
    if not known.local_auth:
        message = "Failed to list key. disableLocalAuth is set to be true"
        raise ApiError(400, "BadRequest", message)
    return JSONResponse({f"key{number}": key for number, key in enumerate(known.keys[:2], 1)})


OPERATIONS = (
    Operation("accounts.get", "GET", GROUP + "/{account}", retrieve),
    Operation("accounts.list_by_group", "GET", GROUP, list_accounts),
    Operation("accounts.list_keys", "POST", GROUP + "/{account}/listKeys", list_keys),
    Operation("accounts.list", "GET", "/providers/Microsoft.CognitiveServices/accounts", list_accounts),
)
