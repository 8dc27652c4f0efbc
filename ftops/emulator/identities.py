"""Who calls, and what that allows: keys, readable tokens `emu.<audience>.<principal>`, roles of each plane.

Everybody may do everything, except `reader` and the principals that the world gives roles to: those may do
what their roles say and no more. A key opens the whole data plane of its account and nothing else (documented).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ftops.emulator import conditions, gate, settings
from ftops.emulator.errors import ApiError, bad_key
from ftops.emulator.store import Account

if TYPE_CHECKING:
    from ftops.emulator.world import World

KEY = "key"
"""The principal of a call with a key."""

DATA_READ, DATA_WRITE, INFER = "data/read", "data/write", "data/infer"
ARM_READ, ARM_WRITE, LIST_KEYS, USAGES = "arm/read", "arm/write", "arm/keys", "arm/usages"
DATA = frozenset({DATA_READ, DATA_WRITE, INFER})
ARM = frozenset({ARM_READ, ARM_WRITE, LIST_KEYS, USAGES})

ROLES: Mapping[str, frozenset[str]] = {
    "Owner": ARM,
    "Contributor": ARM,
    "Reader": frozenset({ARM_READ, USAGES}),
    "Cognitive Services Contributor": ARM,
    "Cognitive Services User": DATA | {ARM_READ, LIST_KEYS, USAGES},
    "Cognitive Services Data Reader": frozenset({DATA_READ}),
    "Cognitive Services OpenAI Contributor": DATA | {ARM_READ, ARM_WRITE, USAGES},
    "Cognitive Services OpenAI User": frozenset({DATA_READ, INFER, ARM_READ, USAGES}),
    "Cognitive Services Usages Reader": frozenset({USAGES}),
    "Foundry User": DATA | {ARM_READ, USAGES},
    "Azure AI User": DATA | {ARM_READ, USAGES},
    "Foundry Project Manager": DATA | {ARM_READ, USAGES},
    "Foundry Account Owner": ARM,
    "Foundry Owner": DATA | ARM,
    "Azure AI Owner": DATA | ARM,
}
"""Azure's own role names. That Owner opens no data plane, who may train and who may deploy is documented; the
rest follows the published role definitions as far as these seven permissions can say it (inferred)."""

BUILT_IN = {"reader": ("Reader", "Cognitive Services Data Reader")}
"""The emulator's own read-only identity, unless the world gives it other roles."""

CHALLENGE = {"WWW-Authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/common"'}


def data_caller(world: World, account: Account, headers: Mapping[str, str]) -> str:
    """The principal of a call to an account's data plane, or what the gateway answers."""
    token = headers.get("authorization", "").removeprefix("Bearer ")
    known = settings.of_account(world, account)
    keys = gate.keys(world, account, known.keys)
    if headers.get("api-key") in keys or token in keys:
        if not known.local_auth:
            # Status, code and text from threads (browser-use/browser-use 1295, azure-search-openai-demo 1617).
            message = "Key based authentication is disabled for this resource."
            raise ApiError(403, "AuthenticationTypeDisabled", message)
        caller = KEY
    elif re.fullmatch(r"emu\.data\..+", token):
        caller = token.removeprefix("emu.data.")
    else:
        raise bad_key()
    if conditions.read(world, account.name, "publicNetworkAccess") != "Enabled":
        # Text from threads (azure-search-openai-demo 1157, TabularEditor3 1557).
        raise ApiError(403, "403", "Public access is disabled. Please configure private endpoint.")
    return caller


def arm_caller(headers: Mapping[str, str]) -> str:
    """The principal of a call to the control plane, which takes only its own tokens."""
    token = headers.get("authorization", "").removeprefix("Bearer ")
    if not token:
        message = "Authentication failed. The 'Authorization' header is missing."
        raise ApiError(401, "AuthenticationFailed", message, CHALLENGE)
    if principal := management_principal(token):
        return principal
    message = "The access token is invalid, or not meant for https://management.azure.com."
    raise ApiError(401, "InvalidAuthenticationToken", message, CHALLENGE)


def management_principal(token: str) -> str:
    """Whose management token this is; empty if it is none."""
    return token.removeprefix("emu.management.") if re.fullmatch(r"emu\.management\..+", token) else ""


def permissions(world: World, principal: str, account: str | None) -> frozenset[str]:
    """What a principal may do on an account; with None, what it may do on at least one."""
    assigned = [row for row in settings.assignments(world) if row.principal == principal]
    if not assigned:
        roles = BUILT_IN.get(principal)
        return DATA | ARM if roles is None else frozenset().union(*(ROLES[role] for role in roles))
    here = [row.role for row in assigned if account is None or row.account in ("", account)]
    return frozenset().union(*(ROLES[role] for role in here))


def authorize_data(world: World, account: Account, principal: str, operation: str, method: str, path: str) -> None:
    """The text is from threads (microsoft-foundry/foundry-samples 155), which show it with 401; 403 is inferred."""
    if principal == KEY:
        return
    reading = method in ("GET", "HEAD")
    area = operation.split(".")[0]
    infers = area in ("chat", "completions", "responses", "embeddings")
    needed = INFER if infers and not reading else DATA_READ if reading else DATA_WRITE
    if needed in permissions(world, principal, account.name):
        return
    verb = "read" if reading else "delete" if method == "DELETE" else "action" if infers else "write"
    area = {"fine_tuning": "fine-tunes", "chat": "deployments/chat/completions"}.get(area, area)
    message = (
        f"The principal `{principal}` lacks the required data action "
        f"`Microsoft.CognitiveServices/accounts/OpenAI/{area}/{verb}` to perform `{method} {path}` operation."
    )
    raise ApiError(403, "PermissionDenied", message)


def authorize_arm(world: World, account: str, principal: str, operation: str, method: str, path: str) -> None:
    """`account` is empty for what belongs to a location or a subscription: there one account is enough."""
    allowed = permissions(world, principal, account or None)
    kind, _, verb = operation.partition(".")
    needed = {ARM_READ} if method in ("GET", "HEAD") else {ARM_WRITE}
    if kind in ("usages", "modelCapacities"):
        needed = {ARM_READ, USAGES}
    elif verb == "list_keys":
        needed = {LIST_KEYS}
    if not needed & allowed:
        raise forbidden(world, principal, _action(kind, verb, method), path)


def _action(kind: str, verb: str, method: str) -> str:
    done = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}.get(method)
    area = "accounts" if kind == "accounts" else f"accounts/{kind}"
    if kind in ("usages", "modelCapacities", "locations", "operationResults"):
        area = f"locations/{kind}"
    what = "listKeys" if verb == "list_keys" else verb
    return f"Microsoft.CognitiveServices/{area}/{done or f'{what}/action'}"


def forbidden(world: World, principal: str, action: str, scope: str, code: str = "AuthorizationFailed") -> ApiError:
    """Code and text from threads (microsoft/foundry-dev-tools 407, Azure-Samples/azure-search-openai-demo 582)."""
    digits = world.digest(f"principal/{principal}")
    id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    message = (
        f"The client '{principal}' with object id '{id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials."
    )
    return ApiError(403, code, message)
