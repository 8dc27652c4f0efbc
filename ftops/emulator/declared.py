"""What a request declares of a deployment, checked, with what the service fills in."""

from __future__ import annotations

from typing import Any

from ftops.emulator import models, safety
from ftops.emulator.catalogue import SKUS, UPGRADE_OPTIONS
from ftops.emulator.errors import ApiError, bad_request, not_emulated
from ftops.emulator.world import World

NOT_EMULATED = (
    "deploymentState",
    "parentDeploymentName",
    "routing",
    "serviceTier",
    "spilloverDeploymentName",
)


def model(world: World, account: str, body: dict[str, Any]) -> models.Model:
    """The model to deploy, if the account it lives in knows it under this format, name and version."""
    properties = body.get("properties")
    wanted = properties.get("model") if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(wanted, dict):
        raise bad_request("InvalidRequestContent", "The request needs 'properties.model'.")
    for name in NOT_EMULATED:
        if name in properties:
            raise not_emulated(f"deployments.create_or_update with {name}")
    name = str(wanted.get("name"))
    found = models.find(world, account, name)
    if harms := models.harms(world, account, name):
        raise bad_request("DeploymentModelNotSupported", safety.refusal(harms))
    if found:
        wanted.setdefault("version", "1" if found.custom else found.base.version)
        if wanted == wanted | _deployable(found, name):
            return found
        if wanted == wanted | {**_deployable(found, name), "format": wanted.get("format")}:
            # A wrong format is answered like this (microsoft/azure-skills, from Microsoft's own testing).
            raise ApiError(500, "InternalServerError", "")
    described = ", ".join(f"{key.title()}: {wanted.get(key)}" for key in ("format", "name", "version"))
    message = f"The model '{described}' of account deployment is not supported."
    raise bad_request("DeploymentModelNotSupported", message)


def _deployable(model: models.Model, name: str) -> dict[str, str]:
    """A fine-tuned model has version 1; a base model goes by plain name and version, not by dated name."""
    base = model.base
    if not model.custom:
        name = base.name if base.open_weight else base.alias
    return {"format": base.format, "name": name, "version": "1" if model.custom else base.version}


def read(body: dict[str, Any], model: models.Model) -> dict[str, Any]:
    """What the client decides, with what the service fills in where the client leaves it out (recorded)."""
    shown: dict[str, Any] = {
        "sku": sku(body.get("sku") or {"name": "Standard"}),
        "model": body["properties"]["model"],
        "versionUpgradeOption": "NoAutoUpgrade" if model.custom else "OnceNewDefaultVersionAvailable",
    }
    properties = body["properties"]
    for name in ("versionUpgradeOption", "raiPolicyName"):
        if properties.get(name) is not None:
            shown[name] = properties[name]
    if shown["versionUpgradeOption"] not in UPGRADE_OPTIONS:
        expected = ", ".join(UPGRADE_OPTIONS)
        raise bad_request("InvalidResourceProperties", f"versionUpgradeOption is not one of {expected}.")
    return shown | tags(body)


def sku(asked: object) -> dict[str, Any]:
    """The name's letter case stays as it was sent (recorded)."""
    if not isinstance(asked, dict) or str(asked.get("name")).lower() not in SKUS:
        raise bad_request("InvalidResourceProperties", f"The sku is not one of {', '.join(SKUS.values())}.")
    capacity = asked.get("capacity", 1)
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
        raise bad_request("InvalidResourceProperties", "The capacity of the sku is not a positive integer.")
    return {"name": asked["name"], "capacity": capacity}


def tags(body: dict[str, Any]) -> dict[str, Any]:
    """Absent when none were sent (recorded); that they come back is by the API description."""
    asked = body.get("tags") or {}
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise bad_request("InvalidRequestContent", "Tags are pairs of text.")
    return {"tags": asked} if asked else {}
