"""The headers that come with every answer, as recorded for each plane."""

from __future__ import annotations

from ftops.emulator.catalogue import REGION_NAMES, SUPPORTED_VERSIONS
from ftops.emulator.clock import http_date
from ftops.emulator.store import Account
from ftops.emulator.world import World, uuid


def common(world: World, account: Account | None, *, reached: bool) -> dict[str, str]:
    """`reached` is False when the gateway answered by itself. The journal must have the request already."""
    request = uuid(world.digest(f"request/{world.store.journal_length()}"))
    every = {
        "Date": http_date(world.time),
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    }
    if account is None:
        return every | _arm(request)
    every["apim-request-id"] = request
    return every | _data(account) if reached else every


def _data(account: Account) -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        "x-ms-region": REGION_NAMES.get(account.region, account.region),
        "api-supported-versions": SUPPORTED_VERSIONS,
        "x-request-time": "0.042",
    }


def _arm(request: str) -> dict[str, str]:
    remaining = {
        f"x-ms-ratelimit-remaining-subscription-{scope}{verb}": "11999"
        for scope in ("", "global-")
        for verb in ("reads", "writes", "deletes")
    }
    return remaining | {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": request,
        "x-ms-correlation-request-id": request,
        "x-ms-routing-request-id": f"EMULATOR:{request}",
    }
