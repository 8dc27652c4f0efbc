"""A deployment that a job asks for at its creation (`inference_configs`) and gets when it has succeeded.

The request and its echo are recorded. The deployment's name, size and moment are invented, as no recording shows one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ftops.emulator import runs
from ftops.emulator.catalogue import ARM_VERSIONS, BASE_BY_NAME
from ftops.emulator.errors import ApiError, invalid
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

SKUS = {0: "developerTier", 1: "standard", 2: "globalStandard"}
"""0 and 2 are recorded, 1 inferred."""
PRINCIPAL = "fine-tuning-service"


def asked(body: dict[str, Any]) -> dict[str, Any]:
    """The key `inference_configs` of the answer; the number of the size comes back as its name (recorded)."""
    configs = body.get("inference_configs")
    if configs is None:
        return {}
    enabled = configs.get("auto_inference_enabled") if isinstance(configs, dict) else None
    if not isinstance(configs, dict) or not isinstance(enabled, bool):
        raise invalid("The inference_configs need 'auto_inference_enabled', true or false.", "inference_configs")
    sku = configs.get("inference_sku", 0)
    if isinstance(sku, bool) or not isinstance(sku, int) or sku not in SKUS:
        raise invalid(f"The inference_sku is not one of {', '.join(map(str, SKUS))}.", "inference_configs")
    return {"inference_configs": {"auto_inference_enabled": enabled, "inference_sku": SKUS[sku]}}


def arrange(world: World, job: Document) -> None:
    """A job has succeeded."""
    if job.wire.get("inference_configs", {}).get("auto_inference_enabled"):
        world.enter(Document("auto_deployment", job.account, job.id, {}), "waiting")


def deploy(world: World, order: Document) -> str | None:
    """A request like everybody's; while another one is at work on the account, it is tried again later."""
    job = world.store.get("job", order.account, order.id)
    if job is None or not world.store.get("model", job.account, job.wire["fine_tuned_model"]):
        return None
    try:
        _put(world, job)
    except ApiError as error:
        if error.code == "RequestConflict":
            return "waiting"
        runs.tell(world, job, f"Automatic deployment failed: {error.message}", level="warning")
    return None


def name(job: Document) -> str:
    return f"{job.wire.get('suffix', 'auto')}-{job.id.removeprefix('ftjob-')[:8]}"


def _put(world: World, job: Document) -> None:
    # The control plane's routes need starlette, which is not wanted where a world is only looked at.
    from ftops.emulator.call import Call
    from ftops.emulator.routes import deployments

    account = next(known for known in world.store.accounts() if known.name == job.account)
    sku = job.wire["inference_configs"]["inference_sku"]
    base = BASE_BY_NAME[job.hidden["base"]]
    model = {"format": base.format, "name": job.wire["fine_tuned_model"], "version": "1"}
    body = {"sku": {"name": sku[0].upper() + sku[1:], "capacity": 1}, "properties": {"model": model}}
    _, _, subscription, _, group, *_, resource = account.resource_id.split("/")
    path = f"{account.resource_id}/deployments/{name(job)}"
    call = Call(
        world,
        path,
        "https://management.azure.com",
        {"api-version": ARM_VERSIONS[-1]},
        {},
        json.dumps(body).encode(),
        principal=PRINCIPAL,
        parts={"subscription": subscription, "group": group, "account": resource, "deployment": name(job)},
    )
    deployments.put(call)
