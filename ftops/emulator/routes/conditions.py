"""The emulator's own endpoints for what lies outside the service: conditions of accounts, contents of addresses."""

from __future__ import annotations

import base64
import binascii

from starlette.responses import JSONResponse, Response

from ftops.emulator import conditions, imports
from ftops.emulator.call import Call, Operation
from ftops.emulator.errors import invalid


def show(call: Call) -> Response:
    with call.world.transaction():
        names = [account.name for account in call.world.store.accounts()]
        return JSONResponse({name: conditions.every(call.world, name) for name in names})


def change(call: Call) -> Response:
    """`{"account": name, "tenant": …, …}`."""
    body = call.json()
    account = body.pop("account", None)
    if not isinstance(account, str) or not all(isinstance(value, str) for value in body.values()):
        raise invalid('Expected {"account": name, "<condition>": text, …}.')
    with call.world.transaction():
        for name, value in body.items():
            conditions.write(call.world, account, name, value)
        return JSONResponse(conditions.every(call.world, account))


def add_blob(call: Call) -> Response:
    """`{"url": …, "text": …}` or, for bytes, `{"url": …, "content": base64}`."""
    match call.json():
        case {"url": str(url), "text": str(text), **rest} if not rest:
            content = text.encode()
        case {"url": str(url), "content": str(encoded), **rest} if not rest:
            try:
                content = base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                raise invalid("The content is not base64.") from error
        case _:
            raise invalid('Expected {"url": …, "text": …} or {"url": …, "content": base64}.')
    imports.register(call.world, url, content)
    return JSONResponse({"url": url, "bytes": len(content)}, 201)


OPERATIONS = (
    Operation("conditions", "GET", "/conditions", show),
    Operation("conditions.change", "PUT", "/conditions", change),
    Operation("blobs.add", "POST", "/blobs", add_blob),
)
