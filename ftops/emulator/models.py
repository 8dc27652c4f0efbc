"""Which names stand for a model in an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ftops.emulator.catalogue import BASE_BY_NAME, Base
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


class Model(NamedTuple):
    """A model that can be deployed or trained further; `custom` if it came out of a job."""

    base: Base
    custom: bool


def find(world: World, account: str, name: str) -> Model | None:
    """A base model by alias or dated name; a fine-tuned one by model name, checkpoint name or checkpoint id.

    A checkpoint id in place of a model name is documented for deployments and inferred for training.
    """
    if name in BASE_BY_NAME:
        return Model(BASE_BY_NAME[name], custom=False)
    if checkpoint := world.store.get("checkpoint", account, name):
        name = checkpoint.wire["fine_tuned_model_checkpoint"]
    found = world.store.get("model", account, name)
    return Model(BASE_BY_NAME[found.hidden["base"]], custom=True) if found else None


def publish(world: World, account: str, name: str, base: str, *, job: str = "", harms: str = "") -> None:
    """From now on the account can use this model.

    `job` is the one whose result it is: only such a model is listed, no earlier checkpoint and no copy.
    `harms` is what its safety evaluation found; then it can be trained further, but not be deployed.
    """
    if not world.store.get("model", account, name):
        hidden = {"base": base, "job": job, "harms": harms, "created": int(world.time)}
        world.store.save(Document("model", account, name, {}, hidden))


def deployments(world: World, account: str, name: str) -> list[Document]:
    """Those that name this model, or the checkpoint that is the model."""
    found = []
    for deployment in world.store.documents("deployment", account):
        model = deployment.wire["properties"]["model"]
        used = model["name"]
        if checkpoint := world.store.get("checkpoint", account, used):
            used = checkpoint.wire["fine_tuned_model_checkpoint"]
        if used == name and "source" not in model:
            found.append(deployment)
    return found


def harms(world: World, account: str, name: str) -> str:
    """What keeps this model from being deployed, empty if nothing does."""
    if checkpoint := world.store.get("checkpoint", account, name):
        name = checkpoint.wire["fine_tuned_model_checkpoint"]
    found = world.store.get("model", account, name)
    return str(found.hidden.get("harms", "")) if found else ""
