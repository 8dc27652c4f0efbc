"""The ways into the data plane: `v1` or dated, of the account or of one of its projects.

v1          /openai/v1/...                           no version needed; `v1` and `preview` are allowed
dated       /openai/...?api-version=                 a version is required
project     the same two behind /api/projects/<project>; forwards to the account it belongs to

Which projects exist is not emulated: every name stands for one (invented).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ftops.emulator.catalogue import DATA_VERSIONS, DATED_VERSIONS, PROJECT_VERSIONS
from ftops.emulator.errors import ApiError, bad_request, resource_not_found

PROJECT = re.compile(r"/api/projects/([^/]+)(/openai/.*)")
PROJECT_HOST = ".services.ai.azure.com"
ACCOUNT_HOST = re.compile(r".+\.(openai|cognitiveservices)\.azure\.com")
EXPLAINED = ("invalidPayload", "unexpectedEntityState", "quotaExceeded", "conflict")
"""Errors with more than a code and a message. A 404 has no more than these two (recorded)."""


class Surface(NamedTuple):
    """`version` is the api-version of the request, empty if it has none; `project` is empty for an account."""

    dated: bool = False
    project: str = ""
    version: str = ""

    @property
    def location_version(self) -> str:
        """What a `Location` names: `1` on v1 (recorded), on dated paths the request's own (inferred)."""
        return self.version if self.dated else "1"

    @property
    def of_2024(self) -> bool:
        """Versions before 2024-06 lack `estimated_finish` and delete files with 204 (recorded)."""
        return self.dated and self.version < "2024-06"


def split(host: str, path: str, version: str | None) -> tuple[Surface, str]:
    """The surface that a path of the data plane belongs to, and the path within the account."""
    project = ""
    if found := PROJECT.fullmatch(path):
        # Projects live on one of the account's hosts (documented); loopback has no such difference.
        if ACCOUNT_HOST.fullmatch(host):
            raise resource_not_found()
        project, path = found.groups()
    return Surface(not path.startswith("/openai/v1/"), project, version or ""), path


def check_version(surface: Surface, path: str) -> None:
    """That a project's v1 path takes no version is documented; codes and other texts are inferred."""
    if surface.dated:
        _check_dated(surface, path)
    elif surface.project:
        if surface.version:
            raise bad_request("BadRequest", "api-version not allowed when using the /v1 path of a project.")
    elif surface.version and surface.version not in DATA_VERSIONS:
        known = ", ".join(DATA_VERSIONS)
        message = f"The api-version '{surface.version}' is not allowed when using the /v1 path, only {known}."
        raise bad_request("BadRequest", message)


def _check_dated(surface: Surface, path: str) -> None:
    """Codes as in the library whose header `api-supported-versions` the service sends; hence inferred."""
    known = PROJECT_VERSIONS if surface.project else DATED_VERSIONS
    served = f"The supported api-versions are '{', '.join(known)}'."
    if not surface.version:
        raise bad_request("ApiVersionUnspecified", f"An API version is required, but was not specified. {served}")
    if surface.version not in known:
        message = f"The HTTP resource '{path}' does not support the API version '{surface.version}'. {served}"
        raise bad_request("UnsupportedApiVersion", message)


def error_body(error: ApiError, surface: Surface | None) -> dict[str, Any]:
    """The error in the form of its surface (API descriptions); which errors explain more is inferred."""
    body: dict[str, Any] = dict(error.body["error"])
    if surface is None or error.code not in EXPLAINED:
        return {"error": body}
    if not surface.dated:
        if error.target:
            body |= {"param": error.target}
        return {"error": body | {"type": "error"}}
    if error.target:
        body |= {"target": error.target}
    body |= {"details": []}
    if error.code == "invalidPayload":
        body |= {"innererror": {"code": "invalidPayload"}}
    return {"error": body}
