"""Uploads in parts. Only dated previews of an account have them: elsewhere the gateway answers 404 (documented)."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator import fileplaces, uploads
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import MAX_UPLOAD_BYTES
from ftops.emulator.errors import entity_not_found, invalid, resource_not_found, wrong_state
from ftops.emulator.routes.files import known_purpose
from ftops.emulator.store import Document


def create(call: Call) -> Response:
    """200 and a Location (API description)."""
    _check_surface(call)
    body = call.json()
    purpose = known_purpose(body)
    for name in ("filename", "mime_type"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(f"The request needs '{name}'.", name)
    size = body.get("bytes")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= MAX_UPLOAD_BYTES:
        raise invalid(f"The bytes are not a number from 1 to {MAX_UPLOAD_BYTES}.", "bytes")
    upload = uploads.begin(call.world, call.account.name, filename=body["filename"], purpose=purpose, size=size)
    location = f"{call.base}/openai/uploads/{upload.id}?api-version={call.surface.location_version}"
    return JSONResponse(upload.wire, headers={"Location": location})


def _check_surface(call: Call) -> None:
    if not call.surface.dated or call.surface.project or not call.surface.version.endswith("-preview"):
        raise resource_not_found()


def _open(call: Call) -> Document:
    """The upload the address names, if it still takes parts. How else it is refused is inferred."""
    _check_surface(call)
    upload = call.world.store.get("upload", call.account.name, call.parts["upload"])
    if upload is None:
        raise entity_not_found()
    if upload.state != "pending":
        raise wrong_state(f"The upload is {upload.state}.")
    return upload


def add_part(call: Call) -> Response:
    upload = _open(call)
    if call.upload is None or call.upload.part != "data":
        raise invalid("The request has no part named 'data'.", "data")
    so_far = sum(part.hidden["bytes"] for part in uploads.parts(call.world, upload))
    if so_far + call.upload.size > upload.wire["bytes"]:
        raise invalid(f"The parts have more than the announced {upload.wire['bytes']} bytes.", "data")
    part = uploads.add_part(call.world, upload, call.upload.size, call.upload.pieces())
    return JSONResponse(part.wire)


def complete(call: Call) -> Response:
    """The order of the ids is that of the content; sizes must add up (documented)."""
    upload, body = _open(call), call.json()
    ids = body.get("part_ids")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids) or len(set(ids)) < len(ids):
        raise invalid("The part_ids are not a list of different ids.", "part_ids")
    ordered = uploads.chosen(call.world, upload, ids)
    if ordered is None:
        raise invalid("The part_ids name a part that this upload does not have.", "part_ids")
    size, announced = sum(part.hidden["bytes"] for part in ordered), upload.wire["bytes"]
    if size != announced:
        raise invalid(f"The parts have {size} bytes, but {announced} were announced.", "part_ids")
    md5 = body.get("md5")
    if md5 is not None and str(md5).lower() != uploads.md5(call.world, ordered):
        raise invalid("The md5 is not that of the content.", "md5")
    fileplaces.check_room(call.world, call.account.name, upload.wire["purpose"], size)
    uploads.complete(call.world, upload, ordered)
    return JSONResponse(upload.wire)


def cancel(call: Call) -> Response:
    upload = _open(call)
    uploads.close(call.world, upload, "cancelled")
    return JSONResponse(upload.wire)


OPERATIONS = (
    Operation("uploads.create", "POST", "/uploads", create),
    Operation("uploads.parts.create", "POST", "/uploads/{upload}/parts", add_part),
    Operation("uploads.complete", "POST", "/uploads/{upload}/complete", complete),
    Operation("uploads.cancel", "POST", "/uploads/{upload}/cancel", cancel),
)
