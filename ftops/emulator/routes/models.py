"""Models an account can name: list, get, delete. The dated shape says far more than that of v1."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import models
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import BASE_BY_NAME, BASES, Base
from ftops.emulator.clock import START
from ftops.emulator.errors import ApiError, entity_not_found, invalid
from ftops.emulator.store import Document

YEAR = 365 * 86_400
CREATED = int(START) - 2 * YEAR
INFERENCE_UNTIL, TRAINING_UNTIL = int(START) + 2 * YEAR, int(START) + YEAR
"""Dates of base models are invented."""


def _shown(call: Call, base: Base, tuned: Document | None) -> dict[str, Any]:
    """v1: four keys (API description). Dated: base and job of a fine-tuned model, abilities, dates (the same)."""
    name = tuned.id if tuned else base.name
    created = tuned.hidden["created"] if tuned else CREATED
    if not call.surface.dated:
        owner = "azure-openai" if tuned is None else call.account.name
        return {"id": name, "created": created, "object": "model", "owned_by": owner}
    # That open-weight models are said not to be trainable is an error of the service (documented).
    trainable = tuned is None and not base.open_weight
    wire: dict[str, Any] = {"status": "succeeded"}
    if tuned:
        wire |= {"model": base.name, "fine_tune": tuned.hidden["job"]}
    abilities = {"inference": True, "completion": False, "chat_completion": True, "embeddings": False}
    return wire | {
        "capabilities": {"fine_tune": trainable, **abilities},
        "lifecycle_status": "generally-available",
        "deprecation": {"inference": INFERENCE_UNTIL} | ({} if tuned else {"fine_tune": TRAINING_UNTIL}),
        "id": name,
        "created_at": created,
        "object": "model",
    }


def _tuned(call: Call) -> list[Document]:
    """Results of jobs: no earlier checkpoints (inferred), no copies (documented)."""
    return [found for found in call.world.store.documents("model", call.account.name) if found.hidden.get("job")]


def list_models(call: Call) -> Response:
    """Not paged (documented)."""
    data = [_shown(call, base, None) for base in BASES]
    data += [_shown(call, BASE_BY_NAME[tuned.hidden["base"]], tuned) for tuned in _tuned(call)]
    return JSONResponse({"data": data, "object": "list"})


def retrieve(call: Call) -> Response:
    name = call.parts["model"]
    if name in BASE_BY_NAME:
        return JSONResponse(_shown(call, BASE_BY_NAME[name], None))
    for tuned in _tuned(call):
        if tuned.id == name:
            return JSONResponse(_shown(call, BASE_BY_NAME[tuned.hidden["base"]], tuned))
    raise entity_not_found()


def delete(call: Call) -> Response:
    """Refused while deployed (documented; code and status are inferred). The job and its checkpoints stay."""
    name = call.parts["model"]
    if name in BASE_BY_NAME:
        raise invalid("A base model cannot be deleted.", "model")
    tuned = next((known for known in _tuned(call) if known.id == name), None)
    if tuned is None:
        raise entity_not_found()
    if used := models.deployments(call.world, call.account.name, name):
        raise ApiError(409, "conflict", f"The model is in use by deployment '{used[0].wire['name']}'.")
    call.world.store.remove(tuned)
    return JSONResponse({"id": name, "object": "model", "deleted": True})


DATED = (
    Operation("models.list", "GET", "/models", list_models),
    Operation("models.retrieve", "GET", "/models/{model}", retrieve),
)
OPERATIONS = (*DATED, Operation("models.delete", "DELETE", "/models/{model}", delete))
