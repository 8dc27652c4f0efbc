"""What faults do to a request before the service sees it, and where the service asks whether one stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftops.emulator import hitches
from ftops.emulator.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ftops.emulator.faults import Rule
    from ftops.emulator.store import Account, Document
    from ftops.emulator.world import World


def unreachable(world: World, account: str) -> bool:
    """Whether no connection to this account comes about."""
    return bool(account) and _refuses(world, "unreachable", account) is not None


def keys(world: World, account: Account, regular: Collection[str]) -> Collection[str]:
    """The keys that open the account now."""
    found = hitches.meets(world, "key-rotated", account.name)
    if found is None:
        return regular
    new = found.state.get("key")
    return [str(new)] if new else []


def check_role(world: World, account: str, principal: str, operation: str, *, data: bool) -> None:
    """Refuse who has lost the role. ARM's code is in reports, the data plane's is inferred."""
    rule = hitches.meets(world, "role-removed", account)
    if rule is None or rule.state.get("principal") not in (None, principal):
        return
    world.faults.note([rule], rule)
    if data:
        raise ApiError(403, "PermissionDenied", "Principal does not have access to API/Operation.")
    raise ApiError(
        403,
        "AuthorizationFailed",
        f"The client '{principal}' does not have authorization to perform action '{operation}' over the account "
        f"'{account}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def lingers(world: World, account: str) -> bool:
    """Whether the lock of an operation that has ended is still held."""
    rule = hitches.meets(world, "lock-lingers", account)
    if rule is None:
        return False
    since = world.time - float(rule.state.get("seconds", 600))
    ended = world.store.documents("operation", account, states=("Succeeded", "Failed"), newest_first=True, limit=1)
    return bool(ended) and ended[0].hidden.get("ended", 0.0) > since


def no_capacity(world: World, account: str) -> bool:
    """Whether a deployment that needs more capacity is refused whatever the quota."""
    return _refuses(world, "no-capacity", account) is not None


def unready(world: World, deployment: Document) -> bool:
    """Whether a deployment that is `Succeeded` must not answer yet."""
    return hitches.meets(world, "deployment-unready", deployment.account, deployment.wire) is not None


def _refuses(world: World, what: str, account: str) -> Rule | None:
    """The rule that makes this request fail; counted once the request is done with."""
    rule = hitches.meets(world, what, account)
    if rule:
        world.faults.note([rule], rule)
    return rule
