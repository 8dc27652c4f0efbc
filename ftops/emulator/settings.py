"""What a world says of itself beyond the default: keys and switches of accounts, roles, quota, catalogue.

It is written once, when the world begins, from its `world.yaml` (`world_file.py`), and kept in the world's own
file. A world without such a file has no settings at all and everything has the values given here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ftops.emulator import conditions
from ftops.emulator.store import Account, Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
DEFAULT_ACCOUNTS: tuple[dict[str, Any], ...] = (
    {"name": "sweden", "region": "swedencentral", "trained": True},
    {"name": "eastus2", "region": "eastus2", "trained": True},
)


class AccountSettings(NamedTuple):
    """`keys` open the data plane, unless `local_auth` is off. Tenant and network: see `conditions.py`."""

    keys: tuple[str, ...]
    kind: str = "OpenAI"
    local_auth: bool = True


class Assignment(NamedTuple):
    """A role of a principal on one account, or on all when `account` is empty."""

    principal: str
    role: str
    account: str = ""


def of_account(world: World, account: Account) -> AccountSettings:
    keys = (f"emulator-key-{account.name}",)
    if document := world.store.get("settings", account.name, "account"):
        return AccountSettings(tuple(document.wire["keys"]) or keys, *document.wire["rest"])
    return AccountSettings(keys)


def of_world(world: World) -> dict[str, Any]:
    """The keys `hosts`, `roles`, `quota` and `catalogue`, or nothing."""
    document = world.store.get("settings", "", "world")
    return document.wire if document else {}


def main_host(world: World, host: str) -> str:
    """An account may have further hosts; the main one is in the account's own row."""
    host = host.lower()
    return str(of_world(world).get("hosts", {}).get(host, host))


def assignments(world: World) -> list[Assignment]:
    return [Assignment(*row) for row in of_world(world).get("roles", ())]


def limits(world: World) -> dict[tuple[str, str], int]:
    """Quota by region (`*` for all) and usage name, where it is not the default."""
    return {(region, name): limit for region, name, limit in of_world(world).get("quota", ())}


def of_model(world: World, name: str) -> dict[str, Any]:
    """What the world changes in the catalogue for a base model, by its dated name."""
    return dict(of_world(world).get("catalogue", {}).get(name, {}))


def described(world: World) -> dict[str, Any]:
    """The content of the `world.yaml` this world was made from."""
    text = world.store.find_meta("described")
    return dict(json.loads(text)) if text else {}


def populate(world: World) -> list[str]:
    """Make the accounts and write the settings. Returns the accounts that begin with an old job."""
    content = described(world)
    tenants = {row["id"]: row["tenant"] for row in content.get("subscriptions", ())}
    trained: list[str] = []
    hosts: dict[str, str] = {}
    roles = [[principal, role, ""] for principal, role in content.get("roles", ())]
    for row in content.get("accounts") or DEFAULT_ACCOUNTS:
        account = _account(row)
        world.store.add_account(account)
        hosts |= dict.fromkeys(row.get("hosts", ())[1:], account.host)
        roles += [[principal, role, account.name] for principal, role in row.get("roles", ())]
        if content:
            wire = {"keys": row.get("keys", []), "rest": [row.get("kind", "OpenAI"), row.get("local_auth", True)]}
            world.store.save(Document("settings", account.name, "account", wire))
        if tenant := tenants.get(account.resource_id.split("/")[2]):
            conditions.write(world, account.name, "tenant", tenant)
        if not row.get("public", True):
            conditions.write(world, account.name, "publicNetworkAccess", "Disabled")
        if row.get("trained"):
            trained.append(account.name)
    if content:
        wire = {"hosts": hosts, "roles": roles, "quota": content.get("quota", [])}
        wire["catalogue"] = content.get("catalogue", {})
        world.store.save(Document("settings", "", "world", wire))
    return trained


def _account(row: dict[str, Any]) -> Account:
    name = row["name"]
    resource_id = row.get("resource_id") or (
        f"/subscriptions/{row.get('subscription', SUBSCRIPTION)}/resourceGroups/{row.get('group', 'emulator')}"
        f"/providers/Microsoft.CognitiveServices/accounts/{name}"
    )
    host = row["hosts"][0] if row.get("hosts") else f"{name}.openai.azure.com"
    return Account(name, row["region"], resource_id, host)
