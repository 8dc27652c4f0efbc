"""What is used of the quota, per location and per account (the location's form is recorded)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import offers, quota
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import BASES
from ftops.emulator.routes.accounts import GROUP, addressed
from ftops.emulator.store import Account

MAX_ACCOUNTS = 30
"""OpenAI accounts of a subscription in a region (documented)."""
MAX_ALL_ACCOUNTS = 200
"""From the API's example."""
LOCATION = "/providers/Microsoft.CognitiveServices/locations/{location}"


def _entry(name: str, title: str, current: int, limit: int) -> dict[str, Any]:
    """No `status`, no `nextResetTime`; numbers are floats (recorded)."""
    return {
        "name": {"value": name, "localizedValue": title},
        "currentValue": float(current),
        "limit": float(limit),
        "unit": "Count",
    }


def _capacities(call: Call, region: str, within: list[Account]) -> list[dict[str, Any]]:
    used = quota.used(call.world, within)
    pools = [quota.Pool("", region, name) for name in quota.usages(call.world, region)]
    return [
        _entry(pool.usage, pool.title, used.get(pool.usage, 0), quota.limit(call.world, region, pool.usage))
        for pool in pools
    ]


def _custom(call: Call, region: str, within: list[Account]) -> dict[str, Any]:
    """Recorded for a whole location with one limit; that it grows with the accounts is inferred."""
    number = sum(
        deployment.hidden["custom"]
        for account in within
        for deployment in call.world.store.documents("deployment", account.name)
    )
    most = quota.limit_of_custom(call.world, region) * max(1, len(within))
    return _entry(quota.CUSTOM_USAGE, "Fine-tuned model deployments", number, most)


def of_location(call: Call) -> Response:
    region = _region(call)
    here = quota.accounts(call.world, call.parts["subscription"], region)
    prefix = f"/subscriptions/{call.parts['subscription']}/".lower()
    known = call.world.store.accounts()
    every = [account for account in known if account.resource_id.lower().startswith(prefix)]
    value = [
        _entry("AccountCount", "Cognitive Services total account limit", len(every), MAX_ALL_ACCOUNTS),
        _entry("OpenAI.S0.AccountCount", "OpenAI account limit", len(here), MAX_ACCOUNTS),
        _custom(call, region, here),
        *_capacities(call, region, here),
    ]
    return JSONResponse({"value": value})


def of_account(call: Call) -> Response:
    """The same entries for one account alone: inferred, the API's example shows another service's."""
    account = addressed(call)
    value = [_custom(call, account.region, [account]), *_capacities(call, account.region, [account])]
    return JSONResponse({"value": value})


def capacities(call: Call) -> Response:
    """What could still be deployed of a model, by size and location (form: API description)."""
    wanted = {name: call.query.get(f"model{name.title()}") for name in ("format", "name", "version")}
    here = [_region(call)] if "location" in call.parts else list(offers.REGIONS)
    value = []
    for base in BASES:
        name = base.name if base.open_weight else base.alias
        if wanted == {"format": base.format, "name": name, "version": base.version}:
            model = {"format": base.format, "name": name, "version": base.version}
            for region in (region for region in here if offers.offered(call.world, base, region)):
                used = quota.used(call.world, quota.accounts(call.world, call.parts["subscription"], region))
                for sku in offers.skus(base, region, custom=False):
                    left = [_left(call, region, used, offers.usage_name(base, sku, tuned)) for tuned in (False, True)]
                    value.append(_capacity(call, region, sku, model, left))
    return JSONResponse({"value": value})


def _left(call: Call, region: str, used: dict[str, int], usage: str) -> int:
    return max(0, quota.limit(call.world, region, usage) - used.get(usage, 0))


def _capacity(call: Call, region: str, sku: str, model: dict[str, str], left: list[int]) -> dict[str, Any]:
    path = f"/subscriptions/{call.parts['subscription']}{LOCATION.format(location=region)}"
    return {
        "id": f"{path}/models/{model['format']}.{model['name']}.{model['version']}/skuCapacities/{sku}",
        "type": "Microsoft.CognitiveServices/locations/models/skuCapacities",
        "name": sku,
        "location": region,
        "properties": {
            "model": model,
            "skuName": sku,
            "availableCapacity": float(left[0]),
            "availableFinetuneCapacity": float(left[1]),
        },
    }


def _region(call: Call) -> str:
    return call.parts["location"].replace(" ", "").lower()


OPERATIONS = (
    Operation("usages.list", "GET", LOCATION + "/usages", of_location),
    Operation("usages.list_by_account", "GET", GROUP + "/{account}/usages", of_account),
    Operation("modelCapacities.list", "GET", "/providers/Microsoft.CognitiveServices/modelCapacities", capacities),
    Operation("modelCapacities.list_by_location", "GET", LOCATION + "/modelCapacities", capacities),
)
