"""Files: upload, list, get, content, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import fileplaces, files, imports, learning, results
from ftops.emulator.call import Call, Operation
from ftops.emulator.catalogue import MAX_FILE_BYTES, UPLOAD_PURPOSES
from ftops.emulator.errors import entity_not_found, invalid
from ftops.emulator.store import Document

MAX_PAGE = 10_000


def create(call: Call) -> Response:
    """201 and a Location, also on the v1 path (recorded)."""
    if call.upload is None or call.upload.part != "file":
        raise invalid("The request has no part named 'file'.", "file")
    upload, purpose = call.upload, known_purpose(call.upload.fields)
    seconds = fileplaces.lifetime(upload.fields)
    if upload.size > MAX_FILE_BYTES:
        raise invalid(f"The file has more than {MAX_FILE_BYTES} bytes.", "file")
    fileplaces.check_room(call.world, call.account.name, purpose, upload.size)
    file = files.add(
        call.world,
        call.account.name,
        filename=upload.filename,
        purpose=purpose,
        size=upload.size,
        pieces=upload.pieces(),
    )
    return created(call, file, seconds)


def known_purpose(fields: Mapping[str, Any]) -> str:
    purpose = fields.get("purpose", "")
    if purpose not in UPLOAD_PURPOSES:
        raise invalid(f"The purpose '{purpose}' is not one of {', '.join(UPLOAD_PURPOSES)}.", "purpose")
    return str(purpose)


def created(call: Call, file: Document, seconds: int | None) -> Response:
    """201 and a Location without `/v1` that names a version of its own (recorded)."""
    location = f"{call.base}/openai/files/{file.id}?api-version={call.surface.location_version}"
    answer = JSONResponse(file.wire, 201, {"Location": location})
    if seconds is not None:
        files.expire_after(call.world, file, seconds)
    return answer


def import_file(call: Call) -> Response:
    """From an address (dated versions only)."""
    body = call.json()
    purpose, seconds = known_purpose(body), fileplaces.lifetime(body)
    names = ("filename", "content_url")
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(f"The request needs '{name}'.", name)
    if not re.match(r"https?://[^/]", body["content_url"]):
        raise invalid("The content_url is not an address.", "content_url")
    fileplaces.check_room(call.world, call.account.name, purpose, 0)
    file = imports.add(
        call.world, call.account.name, filename=body["filename"], purpose=purpose, url=body["content_url"]
    )
    return created(call, file, seconds)


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
    file = _existing(call)
    if results.belongs_to_run(file):
        data = results.content(call.world, file)
        return Response(data, media_type="application/octet-stream", headers=learning.HEADER)
    pieces = call.world.store.content(file.id)
    return Response(b"".join(pieces), media_type="application/octet-stream")


def delete(call: Call) -> Response:
    """Allowed also while a job still needs the file (documented for used files)."""
    file = _existing(call)
    files.remove(call.world, file)
    if call.surface.of_2024:
        return Response(status_code=204)
    return JSONResponse({"object": "file", "deleted": True, "id": file.id})


OPERATIONS = (
    Operation("files.create", "POST", "/files", create),
    Operation("files.list", "GET", "/files", list_files),
    Operation("files.retrieve", "GET", "/files/{file}", retrieve),
    Operation("files.content", "GET", "/files/{file}/content", content),
    Operation("files.delete", "DELETE", "/files/{file}", delete),
)
DATED = (Operation("files.import", "POST", "/files/import", import_file),)
