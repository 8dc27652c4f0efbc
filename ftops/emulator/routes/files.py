"""Files: upload, list, get, content, delete."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from ftops.emulator import files
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import MAX_FILE_BYTES, MAX_USER_FILES, UPLOAD_PURPOSES
from ftops.emulator.errors import entity_not_found, invalid, not_emulated, over_quota
from ftops.emulator.store import Document

MAX_PAGE = 10_000


def create(call: Call) -> Response:
    """201 and a Location, also on the v1 path (recorded)."""
    if call.upload is None:
        raise invalid("The request has no part named 'file'.")
    purpose = call.upload.fields.get("purpose", "")
    if purpose not in UPLOAD_PURPOSES:
        raise invalid(f"The purpose '{purpose}' is not one of {', '.join(UPLOAD_PURPOSES)}.")
    if any(name.startswith("expires_after") for name in call.upload.fields):
        raise not_emulated("files.create with expires_after")
    if call.upload.size > MAX_FILE_BYTES:
        raise invalid(f"The file has more than {MAX_FILE_BYTES} bytes.")
    known = call.world.store.documents("file", call.account.name)
    if purpose == "fine-tune" and sum(file.wire["purpose"] == purpose for file in known) >= MAX_USER_FILES:
        raise over_quota(f"The resource already has {MAX_USER_FILES} files.")
    upload = call.upload
    file = files.add(
        call.world,
        call.account.name,
        filename=upload.filename,
        purpose=purpose,
        size=upload.size,
        pieces=upload.pieces(),
    )
    # The address lacks `/v1` and names a version of its own, as recorded.
    location = f"{call.base}/openai/files/{file.id}?api-version=1"
    return JSONResponse(file.wire, 201, {"Location": location})


def list_files(call: Call) -> Response:
    """The envelope of an unpaged answer is recorded; that of a page is by the API description."""
    order = call.query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise invalid("The value of 'order' is not 'asc' or 'desc'.")
    found = call.world.store.documents("file", call.account.name, newest_first=order == "desc")
    if purpose := call.query.get("purpose"):
        found = [file for file in found if file.wire["purpose"] == purpose]
    limit = call.limit(MAX_PAGE, MAX_PAGE)
    if after := call.query.get("after"):
        start = next((place for place, file in enumerate(found, start=1) if file.id == after), None)
        if start is None:
            raise invalid(f"There is no '{after}' in this list.")
        found = found[start:]
    chosen = [file.wire for file in found[:limit]]
    body: dict[str, object] = {"object": "list", "data": chosen}
    if after or "limit" in call.query:
        ends = {"first_id": chosen[0]["id"], "last_id": chosen[-1]["id"]} if chosen else {}
        body |= {"has_more": len(found) > limit, **ends}
    return JSONResponse(body)


def _existing(call: Call) -> Document:
    file = call.world.store.get("file", call.account.name, call.parts["file"])
    if not file:
        raise entity_not_found()
    return file


def retrieve(call: Call) -> Response:
    return JSONResponse(_existing(call).wire)


def content(call: Call) -> Response:
    pieces = call.world.store.content(_existing(call).id)
    return Response(b"".join(pieces), media_type="application/octet-stream")


def delete(call: Call) -> Response:
    """Allowed also while a job still needs the file (documented for used files)."""
    file = _existing(call)
    call.world.store.remove(file)
    call.world.store.drop_content(file.id)
    return JSONResponse({"object": "file", "deleted": True, "id": file.id})


OPERATIONS = (
    Operation("files.create", "POST", "/files", create),
    Operation("files.list", "GET", "/files", list_files),
    Operation("files.retrieve", "GET", "/files/{file}", retrieve),
    Operation("files.content", "GET", "/files/{file}/content", content),
    Operation("files.delete", "DELETE", "/files/{file}", delete),
)
