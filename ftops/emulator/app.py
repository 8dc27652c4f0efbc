"""The emulator as an ASGI application: from an HTTP request to a route and back, in one transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftops.emulator import gate, headers, identities, incidents, routes, settings
from ftops.emulator.call import Call, Operation, Upload
from ftops.emulator.catalogue import ARM_VERSIONS
from ftops.emulator.errors import (
    ApiError,
    EmulatorError,
    bad_request,
    invalid,
    not_emulated,
    resource_not_found,
)
from ftops.emulator.incidents import Incident
from ftops.emulator.journal import Entry
from ftops.emulator.learning import shelf
from ftops.emulator.spoil import TRANSPORT, Lost
from ftops.emulator.store import Account
from ftops.emulator.surfaces import Surface, check_version, error_body, split
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
    surface: Surface | None = None
    incident: Incident = field(default_factory=Incident)


def create_app(world: World) -> Starlette:
    """Both planes of the service and the emulator's own control endpoints, by host name or by path prefix."""

    async def endpoint(request: Request) -> Response:
        while True:
            try:
                return await answer(request)
            except shelf.Unlearned as wanted:
                # The transaction was rolled back. On a socket others are served meanwhile; in process everything
                # keeps its order, so that two runs of a program are equal.
                if TRANSPORT in request.scope:
                    await run_in_threadpool(shelf.supply, world, wanted)
                else:
                    shelf.supply(world, wanted)

    async def answer(request: Request) -> Response:
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
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    for part in ("file", "data"):
        file = form.get(part)
        if isinstance(file, UploadFile):
            return Upload(fields, file.filename or "file", file.file, file.size or 0, part)
    return None


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
            effect = world.store.writes() > before and trace.operation != "unknown"
        except ApiError as error:
            body_of = error_body(error, trace.surface)
            response, effect = JSONResponse(body_of, error.status, error.headers), False
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        entry = Entry(world.time, request.method, path, trace.operation, trace.name, "", 0, "", effect)
        response = incidents.close(world, trace.incident, entry, response)
        response.headers.update(headers.common(world, trace.account, reached=trace.reached))
        if trace.surface and trace.surface.of_2024:
            del response.headers["api-supported-versions"]
        return incidents.delayed(world, trace.incident, response)


def _serve(world: World, request: Request, body: bytes, upload: Upload | None, trace: Trace) -> Response:
    target = _target(world, request)
    trace.account = target.account
    trace.name = target.account.name if target.account else _addressed(world, target.path)
    if gate.unreachable(world, trace.name):
        return Lost("refuse")
    trace.incident.principal = principal = _principal(world, request, target.account)
    trace.reached = True
    surface, path = _surface(request, target)
    trace.surface = surface if target.account else None
    table = routes.ARM if not target.account else routes.DATED if surface.dated else routes.DATA
    operation, parts = _find(table, request.method, path)
    trace.operation = operation.name
    if target.account:
        check_version(surface, path)
    else:
        _check_version(request)
    _authorize(world, request, target, trace, principal)
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
        surface,
    )
    gate.check_role(world, trace.name, principal, operation.name, data=target.account is not None)
    return incidents.serve(call, operation, trace.name, trace.incident)


def _surface(request: Request, target: Target) -> tuple[Surface, str]:
    if target.account is None:
        return Surface(), target.path
    host = (request.url.hostname or "").lower()
    return split(host, target.path, request.query_params.get("api-version"))


def _addressed(world: World, path: str) -> str:
    """The name of the account that a path of the control plane leads to."""
    for account in world.store.accounts():
        if f"{path}/".lower().startswith(f"{account.resource_id}/".lower()):
            return account.name
    return ""


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _target(world: World, request: Request) -> Target:
    host, path, base = settings.main_host(world, request.url.hostname or ""), request.url.path, _base(request)
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


def _principal(world: World, request: Request, account: Account | None) -> str:
    """Who calls, or 401. A token is good for one plane only."""
    if account:
        return identities.data_caller(world, account, request.headers)
    return identities.arm_caller(request.headers)


def _authorize(world: World, request: Request, target: Target, trace: Trace, principal: str) -> None:
    """Or 403. The path is the one within the plane."""
    what = (principal, trace.operation, request.method, target.path)
    if target.account:
        identities.authorize_data(world, target.account, *what)
    else:
        identities.authorize_arm(world, trace.name, *what)


def _find(table: routes.Table, method: str, path: str) -> tuple[Operation, dict[str, str]]:
    for pattern, operation in table:
        if operation.method == method and (found := pattern.fullmatch(path)):
            return operation, found.groupdict()
    raise not_emulated(f"{method} {path}")


def _check_version(request: Request) -> None:
    """Codes and texts of these refusals are inferred."""
    version = request.query_params.get("api-version")
    if version is None:
        message = (
            "The api-version query parameter (?api-version=) is required for all requests. "
            f"The supported api-versions are '{', '.join(ARM_VERSIONS)}'."
        )
        raise bad_request("MissingApiVersionParameter", message)
    if version not in ARM_VERSIONS:
        message = (
            f"No registered resource provider found for API version '{version}'. "
            f"The supported api-versions are '{', '.join(ARM_VERSIONS)}'."
        )
        raise bad_request("NoRegisteredProviderFound", message)
