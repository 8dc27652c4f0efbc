"""Where and how long a base model and the models trained from it are offered, and what that is called.

Regions, sizes and the two end dates of a fine-tuned model are from the service's documentation of 2026; the dates
move there too, so a world can have its own (`world.yaml`, `catalogue`).
"""

from __future__ import annotations

import time
from calendar import timegm
from typing import TYPE_CHECKING, NamedTuple

from ftops.emulator import settings
from ftops.emulator.catalogue import SKUS, Base

if TYPE_CHECKING:
    from ftops.emulator.world import World

REGIONS = (
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "canadaeast",
    "eastus",
    "eastus2",
    "francecentral",
    "germanywestcentral",
    "italynorth",
    "japaneast",
    "koreacentral",
    "northcentralus",
    "norwayeast",
    "polandcentral",
    "southafricanorth",
    "southcentralus",
    "southindia",
    "southeastasia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "switzerlandwest",
    "uksouth",
    "westeurope",
    "westus",
    "westus3",
)
"""Regions with fine-tuning (global training, documented 2026-10)."""

STANDARD_REGIONS = {
    "gpt-4o-2024-08-06": ("eastus2", "swedencentral"),
    "o4-mini-2025-04-16": ("eastus2", "swedencentral"),
}
"""Where a fine-tuned model can have a Standard deployment, if not in these two (documented 2026-10)."""
TWO_REGIONS = ("northcentralus", "swedencentral")

METHODS = {
    "gpt-4o-mini-2024-07-18": ("supervised",),
    "o4-mini-2025-04-16": ("reinforcement",),
    "gpt-35-turbo-0613": ("supervised",),
}
"""Documented 2026-03; the others of OpenAI's learn by `supervised` and `dpo`, open-weight ones by `supervised`."""

PROVISIONED = ("ProvisionedManaged", "GlobalProvisionedManaged", "DataZoneProvisionedManaged")


class Dates(NamedTuple):
    """Days as `2027-04-14`, empty if none is known: the last of training, of base and of tuned deployments."""

    training: str = ""
    inference: str = ""
    custom: str = ""


DATES = {
    "gpt-4.1-2025-04-14": Dates("2027-04-14", "2027-04-14", "2027-10-14"),
    "gpt-4o-mini-2024-07-18": Dates("2026-10-01", "2026-10-01", "2027-10-01"),
}
"""Retirement schedule of September 2026 (gpt-4.1) and of April 2026, with the documented year after the end of
training for tuned deployments (gpt-4o-mini). No date was found for the others."""


def dates(world: World, base: Base) -> Dates:
    own = settings.of_model(world, base.name)
    known = DATES.get(base.name, Dates())
    return Dates(*(own.get(f"{name}_ends", getattr(known, name)) for name in Dates._fields))


def methods(base: Base) -> tuple[str, ...]:
    return METHODS.get(base.name, ("supervised",) if base.open_weight else ("supervised", "dpo"))


def offered(world: World, base: Base, region: str) -> bool:
    """Whether the model is offered in this region at all: everywhere, unless the world says otherwise."""
    regions = settings.of_model(world, base.name).get("regions")
    return regions is None or region in regions


def trains_in(region: str) -> bool:
    return region in REGIONS


def over(world: World, day: str) -> bool:
    """Whether the first second of this day has come."""
    return bool(day) and world.time >= timegm(time.strptime(day, "%Y-%m-%d"))


def lifecycle(world: World, base: Base) -> str:
    """The values are the API description's; that they follow the dates is inferred."""
    ends = dates(world, base)
    if over(world, ends.inference):
        return "Deprecated"
    return "Deprecating" if over(world, ends.training) else "GenerallyAvailable"


def skus(base: Base, region: str, custom: bool) -> list[str]:
    """Open-weight models are offered globally only. Nothing is refused for being absent here."""
    if base.open_weight:
        return ["GlobalStandard"]
    if not custom:
        return [name for name in SKUS.values() if name != "DeveloperTier"]
    found = ["GlobalStandard", "DeveloperTier"]
    if region in STANDARD_REGIONS.get(base.name, TWO_REGIONS):
        found = ["Standard", *found]
    return found


def usage_name(base: Base, sku: str, custom: bool) -> str:
    """`OpenAI.<sku>.<model>` is recorded; `-finetune` is seen in practice, its exact place is inferred.

    Provisioned capacity is one pool for all models (documented).
    """
    if sku in PROVISIONED:
        return f"OpenAI.{sku}"
    return f"{'AIServices' if base.open_weight else 'OpenAI'}.{sku}.{base.alias}{'-finetune' if custom else ''}"
