"""The emulator as an ASGI application: from an HTTP request to a route and back, in one transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftops.emulator import headers, routes
from ftops.emulator.call import Call, Operation, Upload
from ftops.emulator.catalogue import ARM_VERSIONS, DATA_VERSIONS
from ftops.emulator.errors import (
    ApiError,
    EmulatorError,
    bad_key,
    bad_request,
    invalid,
    not_emulated,
    resource_not_found,
)
from ftops.emulator.store import Account
from ftops.emulator.world import World

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
DATA_HOST = re.compile(r"(.+)\.(openai|services\.ai|cognitiveservices)\.azure\.com")
PREFIX = re.compile(r"/a/([^/]+)(/.*)")


class Target(NamedTuple):
    """Where a request goes. `account` is None for the control plane."""

    account: Account | None
    path: str
    base: str


@dataclass
class Trace:
    """What is known of a request so far, also if it is refused half-way.

    `account` is the one whose data plane is addressed, `name` also of one addressed in the control plane.
    `reached` says that the gateway let the request through to the service.
    """

    operation: str = "unknown"
    account: Account | None = None
    name: str = ""
    reached: bool = False


def create_app(world: World) -> Starlette:
    """Both planes of the service and the emulator's own control endpoints, by host name or by path prefix."""

    async def endpoint(request: Request) -> Response:
        if request.url.path.startswith("/_emulator/"):
            return _control(world, request, await request.body())
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await _answer_form(world, request)
        return _answer(world, request, await request.body(), None)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


async def _answer_form(world: World, request: Request) -> Response:
    try:
        form = await request.form()
    except HTTPException:
        return _answer(world, request, b"", None)
    try:
        return _answer(world, request, b"", _upload(dict(form)))
    finally:
        await form.close()


def _upload(form: dict[str, object]) -> Upload | None:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        return None
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return Upload(fields, file.filename or "file", file.file, file.size or 0)


def _control(world: World, request: Request, body: bytes) -> Response:
    call = Call(world, request.url.path, _base(request), request.query_params, request.headers, body)
    try:
        operation, _ = _find(routes.CONTROL, request.method, request.url.path)
        return operation.handler(call)
    except ApiError as error:
        return JSONResponse(error.body, error.status)
    except EmulatorError as error:
        return JSONResponse(invalid(str(error)).body, 400)


def _answer(world: World, request: Request, body: bytes, upload: Upload | None) -> Response:
    with world.transaction():
        world.settle()
        trace = Trace()
        before = world.store.writes()
        try:
            with world.attempt():
                response = _serve(world, request, body, upload, trace)
            effect = world.store.writes() > before
        except ApiError as error:
            response, effect = JSONResponse(error.body, error.status, error.headers), False
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        entry = (world.time, request.method, path, trace.operation, trace.name, response.status_code, effect)
        world.store.add_journal(entry)
        response.headers.update(headers.common(world, trace.account, reached=trace.reached))
        return response


def _serve(world: World, request: Request, body: bytes, upload: Upload | None, trace: Trace) -> Response:
    target = _target(world, request)
    trace.account = target.account
    trace.name = target.account.name if target.account else _addressed(world, target.path)
    principal = _principal(request, target.account)
    trace.reached = True
    table = routes.DATA if target.account else routes.ARM
    operation, parts = _find(table, request.method, target.path)
    trace.operation = operation.name
    _check_version(request, target.account)
    call = Call(
        world,
        target.path,
        target.base,
        request.query_params,
        request.headers,
        body,
        upload,
        principal,
        parts,
        target.account,
    )
    return operation.handler(call)


def _addressed(world: World, path: str) -> str:
    """The name of the account that a path of the control plane leads to."""
    for account in world.store.accounts():
        if f"{path}/".lower().startswith(f"{account.resource_id}/".lower()):
            return account.name
    return ""


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _target(world: World, request: Request) -> Target:
    host, path, base = (request.url.hostname or "").lower(), request.url.path, _base(request)
    accounts = world.store.accounts()
    known = DATA_HOST.fullmatch(host)
    for account in accounts:
        label = DATA_HOST.fullmatch(account.host)
        if host == account.host or (known and label and known[1] == label[1]):
            return Target(account, path, f"{request.url.scheme}://{account.host}")
    if known:
        raise resource_not_found()
    if prefixed := PREFIX.fullmatch(path):
        for account in accounts:
            if account.name == prefixed[1]:
                return Target(account, prefixed[2], f"{base}/a/{account.name}")
        raise resource_not_found()
    if path.lower().startswith("/subscriptions/"):
        return Target(None, path, base)
    raise not_emulated(f"{request.method} {path} at {host}")


def _principal(request: Request, account: Account | None) -> str:
    """Who calls, or 401. A token is good for one plane only."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if account:
        key = f"emulator-key-{account.name}"
        if key in (request.headers.get("api-key"), token):
            return "key"
        if re.fullmatch(r"emu\.data\..+", token):
            return token.removeprefix("emu.data.")
        raise bad_key()
    if re.fullmatch(r"emu\.management\..+", token):
        return token.removeprefix("emu.management.")
    challenge = {"WWW-Authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/common"'}
    if not token:
        message = "Authentication failed. The 'Authorization' header is missing."
        raise ApiError(401, "AuthenticationFailed", message, challenge)
    message = "The access token is invalid, or not meant for https://management.azure.com."
    raise ApiError(401, "InvalidAuthenticationToken", message, challenge)


def _find(table: routes.Table, method: str, path: str) -> tuple[Operation, dict[str, str]]:
    for pattern, operation in table:
        if operation.method == method and (found := pattern.fullmatch(path)):
            return operation, found.groupdict()
    raise not_emulated(f"{method} {path}")


def _check_version(request: Request, account: Account | None) -> None:
    """Codes and texts of these refusals are inferred."""
    version = request.query_params.get("api-version")
    if account:
        if version is not None and version not in DATA_VERSIONS:
            known = ", ".join(DATA_VERSIONS)
            message = f"The api-version '{version}' is not allowed when using the /v1 path, only {known}."
            raise bad_request("BadRequest", message)
    elif version is None:
        message = (
            "The api-version query parameter (?api-version=) is required for all requests. "
            f"The supported api-versions are '{', '.join(ARM_VERSIONS)}'."
        )
        raise bad_request("MissingApiVersionParameter", message)
    elif version not in ARM_VERSIONS:
        message = (
            f"No registered resource provider found for API version '{version}'. "
            f"The supported api-versions are '{', '.join(ARM_VERSIONS)}'."
        )
        raise bad_request("NoRegisteredProviderFound", message)
