"""Copying a checkpoint to another account (preview)."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator import copying
from ftops.emulator.call import Call, Operation
from ftops.emulator.errors import bad_request, entity_not_found, invalid
from ftops.emulator.routes.jobs import existing
from ftops.emulator.store import Account, Document

HEADER = "aoai-copy-ft-checkpoints"


def create(call: Call) -> Response:
    """Asking again for the same destination changes nothing (inferred)."""
    checkpoint = _checkpoint(call)
    job = existing(call)
    if not call.world.store.get("model", job.account, checkpoint.wire["fine_tuned_model_checkpoint"]):
        raise invalid("The checkpoint cannot be copied before its job has succeeded or is paused.")
    body = call.json()
    destination = _destination(call, body)
    id = f"{checkpoint.id} to {destination.resource_id.lower()}"
    if call.world.store.get("copy", job.account, id) is None:
        wire = {name: body[name] for name in ("destinationResourceId", "region")}
        hidden = {
            "destination": destination.name,
            "model": checkpoint.wire["fine_tuned_model_checkpoint"],
            "base": job.hidden["base"],
        }
        call.world.enter(Document("copy", job.account, id, wire, hidden, checkpoint.id), "InProgress")
    return _state(call, checkpoint)


def retrieve(call: Call) -> Response:
    return _state(call, _checkpoint(call))


def _checkpoint(call: Call) -> Document:
    """By id or by name: the documents show both in this place. That the header is needed is documented."""
    if call.headers.get(HEADER) != "preview":
        raise bad_request("BadRequest", f"This operation needs the header '{HEADER}: preview'.")
    job = existing(call)
    asked = call.parts["checkpoint"]
    for checkpoint in call.world.store.documents("checkpoint", job.account, parent=job.id):
        if asked in (checkpoint.id, checkpoint.wire["fine_tuned_model_checkpoint"]):
            return checkpoint
    raise entity_not_found()


def _destination(call: Call, body: dict[str, object]) -> Account:
    """The rule that the destination must have trained before is documented; how it is refused is inferred."""
    wanted, region = body.get("destinationResourceId"), body.get("region")
    if not isinstance(wanted, str) or not isinstance(region, str):
        raise invalid("The request needs 'destinationResourceId' and 'region'.")
    for account in call.world.store.accounts():
        if account.resource_id.lower() == wanted.rstrip("/").lower():
            if account.region != region.replace(" ", "").lower():
                raise invalid(f"The destination resource is in {account.region}, not in '{region}'.")
            if problem := copying.obstacle(call.world, call.account, account):
                raise invalid(problem, "destinationResourceId")
            return account
    raise invalid(f"The destination resource '{wanted}' does not exist.")


def _state(call: Call, checkpoint: Document) -> Response:
    copies = call.world.store.documents("copy", call.account.name, parent=checkpoint.id)
    body = {
        "checkpointedModelName": checkpoint.wire["fine_tuned_model_checkpoint"],
        "fineTuningJobId": checkpoint.parent,
        "copiedAccountDetails": [copy.wire for copy in copies],
    }
    return JSONResponse(body)


PATH = "/fine_tuning/jobs/{job}/checkpoints/{checkpoint}/copy"
OPERATIONS = (
    Operation("fine_tuning.jobs.checkpoints.copy", "POST", PATH, create),
    Operation("fine_tuning.jobs.checkpoints.copy.retrieve", "GET", PATH, retrieve),
)
