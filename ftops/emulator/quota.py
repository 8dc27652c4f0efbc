"""Capacity: what deployments of a subscription use in a region, and what is left.

Capacity comes in thousands of tokens a minute (provisioned: in units), one pool for every size and model, shared by
all accounts of the subscription in the region (documented). A deleted deployment's share is free some seconds later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ftops.emulator import gate, offers, settings
from ftops.emulator.catalogue import BASES, SKUS
from ftops.emulator.errors import ApiError
from ftops.emulator.store import Account, Document

if TYPE_CHECKING:
    from ftops.emulator.models import Model
    from ftops.emulator.world import World

LIMIT = 1000
"""Of every pool that the world does not limit otherwise (invented)."""
MAX_CUSTOM = 10
MAX_STANDARD = 32
"""Deployments of an account: of fine-tuned models, and of all models by the token (documented)."""
CUSTOM_USAGE = "OpenAI.FineTuned.Deployments"


class Pool(NamedTuple):
    subscription: str
    region: str
    usage: str

    @property
    def title(self) -> str:
        """As the service names it to people: for Standard in threads, with the size for others inferred."""
        _, sku, *model = self.usage.split(".", 2)
        if not model:
            return f"Provisioned Throughput Units - {sku}"
        return f"Tokens Per Minute (thousands) - {model[0]}" + ("" if sku == "Standard" else f" - {sku}")


def pool(account: Account, model: Model, sku: str) -> Pool:
    name = offers.usage_name(model.base, SKUS[sku.lower()], model.custom)
    return Pool(account.resource_id.split("/")[2].lower(), account.region, name)


def accounts(world: World, subscription: str, region: str) -> list[Account]:
    prefix = f"/subscriptions/{subscription}/".lower()
    known = world.store.accounts()
    return [one for one in known if one.region == region and one.resource_id.lower().startswith(prefix)]


def used(world: World, within: list[Account], *, but: str = "") -> dict[str, int]:
    """Capacity in use by usage name, with what was freed just now; `but` is a deployment not to count."""
    total: dict[str, int] = {}
    for account in within:
        for deployment in world.store.documents("deployment", account.name):
            if usage := deployment.hidden.get("usage"):
                capacity = 0 if deployment.wire["id"] == but else deployment.wire["sku"]["capacity"]
                total[usage] = total.get(usage, 0) + capacity
        for release in world.store.documents("release", account.name):
            if release.hidden["until"] > world.time:
                usage = release.hidden["usage"]
                total[usage] = total.get(usage, 0) + release.hidden["capacity"]
    return total


def limit(world: World, region: str, usage: str) -> int:
    known = settings.limits(world)
    return known.get((region, usage), known.get(("*", usage), LIMIT))


def check(world: World, account: Account, model: Model, sku: dict[str, Any], deployment: Document | None) -> None:
    """Refuse a deployment, or a larger one, that does not fit into the quota."""
    wanted = pool(account, model, sku["name"])
    if deployment is None:
        _check_number(world, account, model, wanted)
    own = 0
    if deployment and deployment.hidden.get("usage") == wanted.usage:
        own = deployment.wire["sku"]["capacity"]
    most = limit(world, account.region, wanted.usage)
    usage = used(world, accounts(world, wanted.subscription, wanted.region)).get(wanted.usage, 0)
    needed = sku["capacity"] - own
    if needed > 0 and gate.no_capacity(world, account.name):
        raise insufficient(wanted.title, needed, most, most)
    if needed > 0 and needed > most - usage:
        raise insufficient(wanted.title, needed, usage, most)


def _check_number(world: World, account: Account, model: Model, wanted: Pool) -> None:
    """That these two are refused like missing capacity is inferred; no recording shows it."""
    known = world.store.documents("deployment", account.name)
    custom = sum(deployment.hidden["custom"] for deployment in known)
    most = limit_of_custom(world, account.region)
    if model.custom and custom >= most:
        raise insufficient("Fine-tuned Model Deployments", 1, custom, most)
    by_token = sum(not _provisioned(deployment.wire["sku"]["name"]) for deployment in known)
    if not _provisioned(wanted.usage.split(".")[1]) and by_token >= MAX_STANDARD:
        raise insufficient("Standard Deployments Per Resource", 1, by_token, MAX_STANDARD)


def limit_of_custom(world: World, region: str) -> int:
    known = settings.limits(world)
    return known.get((region, CUSTOM_USAGE), known.get(("*", CUSTOM_USAGE), MAX_CUSTOM))


def _provisioned(sku: str) -> bool:
    return SKUS[sku.lower()] in offers.PROVISIONED


def insufficient(title: str, needed: int, usage: int, most: int) -> ApiError:
    """Code, status and sentence as in threads (PubSec-Info-Assistant 880, business-process-automation 276)."""
    message = (
        f"This operation require {needed} new capacity in quota {title}, which is bigger than the current "
        f"available capacity {max(0, most - usage)}. The current quota usage is {usage} and the quota limit is "
        f"{most} for quota {title}."
    )
    return ApiError(400, "InsufficientQuota", message)


def release(world: World, deployment: Document) -> None:
    """A deployment is gone: 15 to 20 s later its capacity can be used again (documented)."""
    for old in world.store.documents("release", deployment.account):
        if old.hidden["until"] <= world.time:
            world.store.remove(old)
    if usage := deployment.hidden.get("usage"):
        until = world.time + world.delay("quota.release")
        hidden = {"usage": usage, "capacity": deployment.wire["sku"]["capacity"], "until": until}
        world.store.save(Document("release", deployment.account, world.identifier("release"), {}, hidden))


def usages(world: World, region: str) -> list[str]:
    """All pools of a region, by usage name."""
    names = []
    for base in BASES:
        if offers.offered(world, base, region):
            for custom in (False, True):
                names += [offers.usage_name(base, sku, custom) for sku in offers.skus(base, region, custom)]
    return list(dict.fromkeys(names))
