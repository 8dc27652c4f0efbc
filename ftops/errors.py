"""Every error that ftops raises on purpose.

FtopsError                 what is wrong (message) and what to do next (hint)
  SpecsInvalid             the documents are wrong; carries every problem of every file
  WrongUsage               the command line asks for something that cannot be
  UnsafePlan               the plan crosses a limit that the project set
  CredentialMissing        no key or token for an account
  ServiceError             the service answered, and the answer is no
    NotFound, Denied, Conflict, Throttled
  Unreachable              nothing was sent: no connection could be made
  OutcomeUnknown           something was sent, and whether it took effect is not known
  Obstacle                 a resource cannot be worked on now, for a reason its user can remove
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def printable(value: object) -> str:
    """Text that is safe to print: control characters, which could steer a terminal or a CI log, become visible."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: line and column count from 1, length is in characters, text is the source line."""

    path: Path
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else str(self.path)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the documents."""

    code: str
    message: str
    place: Place
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {printable(self.message)}", f"  --> {printable(self.place)}"]
        if self.place.line:
            number = str(self.place.line)
            margin = " " * len(number)
            caret = " " * (self.place.column - 1) + "^" * max(1, self.place.length)
            source = "".join(c if c.isprintable() else " " for c in self.place.text)
            lines += [f" {margin} |", f" {number} | {source}".rstrip(), f" {margin} | {caret}"]
        if self.hint:
            lines.append(f"  hint: {printable(self.hint)}")
        return "\n".join(lines)


class FtopsError(Exception):
    """Something a user can act on; never shown with a traceback."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SpecsInvalid(FtopsError):
    """The documents cannot be worked with; `problems` holds all of them, sorted by place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problem{'s' * (len(problems) != 1)} in the specs")
        self.problems = sorted(problems, key=lambda p: (str(p.place.path), p.place.line, p.place.column))


class WrongUsage(FtopsError):
    """The command line names something that does not exist or does not go together."""


class UnsafePlan(FtopsError):
    """The plan does more than the project allows in one run."""


class CredentialMissing(FtopsError):
    """There is no key or token with which an account could be asked."""


class Obstacle(FtopsError):
    """A resource cannot be worked on now; the message says what stands in the way."""


class Unreachable(FtopsError):
    """No connection could be made, so nothing was sent and nothing has changed."""


class OutcomeUnknown(FtopsError):
    """A write was sent and its answer was lost or unreadable: it may have taken effect or not."""


class ServiceError(FtopsError):
    """The service answered with an error.

    `status` is the HTTP status, `code` the service's own code, `request_id` what its support asks for.
    """

    def __init__(self, status: int, code: str, message: str, request_id: str = "") -> None:
        super().__init__(f"{message or 'no message'} ({status}{f' {code}' if code not in ('', str(status)) else ''})")
        self.status = status
        self.code = code
        self.request_id = request_id


class NotFound(ServiceError):
    """404: what was asked for does not exist."""


class Denied(ServiceError):
    """401 or 403: the credential is wrong or lacks a role."""


class Conflict(ServiceError):
    """409 `RequestConflict`: another operation holds the parent resource; nothing was changed."""


class Throttled(ServiceError):
    """429: too many requests; nothing was changed."""
