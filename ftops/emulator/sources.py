"""A deployment whose model lives in another account: `source` within the tenant, `sourceAccount` across tenants.

Names and rules are documented; codes and words of the refusals are inferred.
"""

from __future__ import annotations

from typing import Any

from ftops.emulator import conditions, identities, offers
from ftops.emulator.call import Call
from ftops.emulator.errors import ApiError, bad_request
from ftops.emulator.store import Account

AUXILIARY = "x-ms-authorization-auxiliary"


def home(call: Call, account: Account, body: dict[str, Any]) -> str:
    """The name of the account whose models are meant: the deployment's own unless it names another one."""
    properties = body.get("properties")
    model = properties.get("model") if isinstance(properties, dict) else None
    if not isinstance(model, dict) or not ("source" in model or "sourceAccount" in model):
        return account.name
    if "source" in model and "sourceAccount" in model:
        raise bad_request("InvalidResourceProperties", "A model has either 'source' or 'sourceAccount'.")
    field = "source" if "source" in model else "sourceAccount"
    source = _account(call, model[field])
    abroad = _tenant(call, source) != _tenant(call, account)
    if abroad and field == "source":
        message = f"The source account '{source.resource_id}' belongs to another tenant; use 'sourceAccount'."
        raise bad_request("InvalidResourceProperties", message)
    _check_access(call, source, _caller(call, abroad))
    if not offers.trains_in(account.region):
        message = f"The region '{account.region}' does not support fine-tuned models of another account."
        raise bad_request("DeploymentModelNotSupported", message)
    return source.name


def _account(call: Call, id: object) -> Account:
    wanted = str(id).rstrip("/").lower()
    for account in call.world.store.accounts():
        if account.resource_id.lower() == wanted:
            return account
    raise bad_request("InvalidResourceProperties", f"The source account '{id}' was not found.")


def _tenant(call: Call, account: Account) -> str:
    return conditions.read(call.world, account.name, "tenant")


def _caller(call: Call, abroad: bool) -> str:
    """Whose right to read the source counts: across tenants the one of the auxiliary token."""
    if not abroad:
        return call.principal
    tokens = [token.strip().removeprefix("Bearer ") for token in call.headers.get(AUXILIARY, "").split(",")]
    for token in tokens:
        if principal := identities.management_principal(token):
            return principal
    message = f"A model of another tenant needs a token of that tenant in the header '{AUXILIARY}'."
    raise ApiError(403, "LinkedAuthorizationFailed", message)


def _check_access(call: Call, source: Account, principal: str) -> None:
    if identities.ARM_READ not in identities.permissions(call.world, principal, source.name):
        action = "Microsoft.CognitiveServices/accounts/read"
        code = "LinkedAuthorizationFailed"
        raise identities.forbidden(call.world, principal, action, source.resource_id, code)
