"""What can go wrong, in the services' wire form.

EmulatorError      the emulator itself is used wrongly: an unknown file format, a foreign address
ApiError           an answer of the emulated service with a status of 400 or above
"""

from __future__ import annotations

from collections.abc import Mapping


class EmulatorError(Exception):
    """The emulator cannot do what it was asked to do."""


class ApiError(Exception):
    """An answer of the service. Both planes send a code and a message and nothing else (recorded)."""

    target = ""
    """The part of the request that is wrong, where one is; only the data plane shows it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, dict[str, str]]:
        return {"error": {"code": self.code, "message": self.message}}


def invalid(message: str, target: str = "") -> ApiError:
    """The code is in the API's list; the HTTP status is inferred."""
    error = ApiError(400, "invalidPayload", message)
    error.target = target
    return error


def wrong_state(message: str) -> ApiError:
    """The code is in the API's list; the HTTP status is inferred."""
    return ApiError(400, "unexpectedEntityState", message)


def over_quota(message: str) -> ApiError:
    """The code is in the API's list; the HTTP status is inferred."""
    return ApiError(400, "quotaExceeded", message)


def entity_not_found() -> ApiError:
    """An absent or deleted job (recorded); the same for files and checkpoints is inferred."""
    return ApiError(404, "notFound", "The specified entity cannot be found.")


def resource_not_found() -> ApiError:
    """The gateway's answer where no service listens."""
    return ApiError(404, "404", "Resource not found")


def not_emulated(what: str) -> ApiError:
    """Never a plain 404: a client would take that for "does not exist"."""
    return ApiError(501, "EmulatorNotImplemented", f"The emulator does not implement {what}.")


def bad_key() -> ApiError:
    """Recorded at the gateway, before any service is reached."""
    return ApiError(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid "
        "key for an active subscription and use a correct regional API endpoint for your resource.",
    )


def bad_request(code: str, message: str) -> ApiError:
    """A refusal of the control plane."""
    return ApiError(400, code, message)
