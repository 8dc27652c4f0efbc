"""Models of a location and of an account, and the sizes of a deployment.

The keys of an entry are those a user's listing shows (`az cognitiveservices model list`, 2025-04) and the API
description has; `finetuneCapabilities` is null there and named by the description only, so its content is invented.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import offers
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import BASE_BY_NAME, BASES, REQUEST_SECONDS, SKUS, Base
from ftops.emulator.quota import MAX_CUSTOM
from ftops.emulator.routes.accounts import GROUP, addressed
from ftops.emulator.routes.deployments import existing
from ftops.emulator.routes.usages import LOCATION

MAX_TOKENS = 2_000_000_000
"""Of a job, counted with its epochs (documented, and in the listing)."""
MAX_CAPACITY = 1_000_000
DEFAULT_CAPACITY = 10


def _name(base: Base) -> str:
    return base.name if base.open_weight else base.alias


def _days(**ends: str) -> dict[str, str]:
    return {name: f"{day}T00:00:00Z" for name, day in ends.items() if day}


def _sku(base: Base, name: str, end: str, custom: bool) -> dict[str, Any]:
    period = REQUEST_SECONDS.get(name, 60)
    return {
        "name": name,
        "usageName": offers.usage_name(base, name, custom),
        **_days(deprecationDate=end),
        "capacity": {"maximum": MAX_CAPACITY, "default": DEFAULT_CAPACITY},
        "rateLimits": [
            {"key": "request", "renewalPeriod": period, "count": 1.0},
            {"key": "token", "renewalPeriod": 60.0, "count": 1000.0},
        ],
    }


def _model(call: Call, base: Base, region: str) -> dict[str, Any]:
    ends = offers.dates(call.world, base)
    trains = offers.trains_in(region) and not offers.over(call.world, ends.training)
    return {
        "format": base.format,
        "name": _name(base),
        "version": base.version,
        "isDefaultVersion": True,
        "skus": [_sku(base, name, ends.inference, False) for name in offers.skus(base, region, custom=False)],
        "maxCapacity": 3,
        "capabilities": {
            "chatCompletion": "true",
            **({"fineTune": "true", "FineTuneTokensMaxValue": str(MAX_TOKENS)} if trains else {}),
            "maxStandardFinetuneDeploymentCount": str(MAX_CUSTOM),
        },
        **({"finetuneCapabilities": dict.fromkeys(offers.methods(base), "true")} if trains else {}),
        "deprecation": _days(fineTune=ends.training, inference=ends.inference),
        "lifecycleStatus": offers.lifecycle(call.world, base),
    }


def _custom_model(call: Call, base: Base, region: str, name: str) -> dict[str, Any]:
    """A fine-tuned model names its base (API example)."""
    ends = offers.dates(call.world, base)
    return {
        "baseModel": {"format": base.format, "name": _name(base), "version": base.version},
        "format": base.format,
        "name": name,
        "version": "1",
        "skus": [_sku(base, sku, ends.custom, True) for sku in offers.skus(base, region, custom=True)],
        "maxCapacity": 3,
        "capabilities": {"chatCompletion": "true", "fineTune": "false" if base.open_weight else "true"},
        "deprecation": _days(fineTune=ends.training, inference=ends.custom),
        "lifecycleStatus": offers.lifecycle(call.world, base),
    }


def _bases(call: Call, region: str) -> list[Base]:
    return [base for base in BASES if offers.offered(call.world, base, region)]


def of_location(call: Call) -> Response:
    region = call.parts["location"].replace(" ", "").lower()
    value = [
        {"model": _model(call, base, region), "kind": kind, "skuName": "S0"}
        for base in _bases(call, region)
        for kind in (("AIServices",) if base.open_weight else ("OpenAI", "AIServices"))
    ]
    return JSONResponse({"value": value})


def of_account(call: Call) -> Response:
    """The results of the account's own jobs are among them; a copied model is in no list (documented)."""
    account = addressed(call)
    value = [_model(call, base, account.region) for base in _bases(call, account.region)]
    for model in call.world.store.documents("model", account.name):
        if model.hidden.get("job"):
            value.append(_custom_model(call, BASE_BY_NAME[model.hidden["base"]], account.region, model.id))
    return JSONResponse({"value": value})


def of_deployment(call: Call) -> Response:
    """Sizes and capacities it can be changed to (API example; which ones is inferred)."""
    account = addressed(call)
    deployment = existing(call, account)
    base = BASE_BY_NAME.get(deployment.hidden.get("base", ""))
    names = offers.skus(base, account.region, deployment.hidden["custom"]) if base else list(SKUS.values())
    capacity = {"minimum": 1, "maximum": MAX_CAPACITY, "step": 1, "default": DEFAULT_CAPACITY}
    value = [
        {
            "resourceType": "Microsoft.CognitiveServices/accounts/deployments",
            "sku": {"name": name, "capacity": deployment.wire["sku"]["capacity"]},
            "capacity": capacity,
        }
        for name in names
    ]
    return JSONResponse({"value": value})


OPERATIONS = (
    Operation("models.list_by_location", "GET", LOCATION + "/models", of_location),
    Operation("models.list_by_account", "GET", GROUP + "/{account}/models", of_account),
    Operation("deployments.list_skus", "GET", GROUP + "/{account}/deployments/{deployment}/skus", of_deployment),
)
