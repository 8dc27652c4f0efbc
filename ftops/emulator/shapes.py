"""What the same facts look like in other mouths: profiles that change answers and nothing behind them.

openai-shaped   as a private-preview job was once recorded, and as OpenAI's own API writes it
adversarial     everything the service is allowed to do and rarely does; what passes under this profile and under
                `azure` does not lean on an accident of the emulator (all of it invented, within the API descriptions)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ftops.emulator.lens import Lens

if TYPE_CHECKING:
    from starlette.responses import Response

    from ftops.emulator.world import World

Wire = dict[str, Any]

JOB_NULLS = (
    "error",
    "estimated_finish",
    "fine_tuned_model",
    "finished_at",
    "integrations",
    "metadata",
    "method",
    "organization_id",
    "result_files",
    "suffix",
    "trained_tokens",
    "validation_file",
)
LAG = 3.0
"""Seconds until a new object is in the lists of the adversarial profile. A job was recorded as listed within 2."""
PAGE = 3
EVENT_PAGE = 20
SHUFFLED = ("files.list", "fine_tuning.jobs.list", "fine_tuning.jobs.checkpoints.list")
LAGGING = ("files.list", "fine_tuning.jobs.list", "deployments.list")

OPENAI_STATUS = {"pending": "validating_files", "resuming": "queued"}
ODD_STATUS: dict[str, dict[str, tuple[str, ...]]] = {
    "fine_tuning.job": {"pending": ("queued", "validating_files", "created"), "running": ("running", "provisioning")},
    "file": {"pending": ("pending", "uploaded", "scanning")},
    "deployment": {"Creating": ("Accepted", "Creating", "Provisioning")},
    "operation": {"Running": ("InProgress", "Accepted", "Running")},
    "copy": {"InProgress": ("InProgress", "Queued")},
}


def lens(world: World, operation: str) -> Lens | None:
    if world.store.meta("profile") != "adversarial":
        return None
    return Lens(world, hide=LAG if operation in LAGGING else 0.0, shuffled=operation in SHUFFLED)


def disguise(world: World, operation: str, answer: Response) -> Response:
    """The answer as the world's profile tells it."""
    dress = PROFILES.get(world.store.meta("profile"))
    if dress is None or not answer.body or "json" not in answer.headers.get("content-type", ""):
        return answer
    dress(world, operation, answer)
    return answer


def _rewrite(answer: Response, content: Any, status: int | None = None) -> None:
    """Put other content into an answer; its headers stay."""
    answer.body = json.dumps(content, separators=(",", ":")).encode()
    answer.headers["content-length"] = str(len(answer.body))
    answer.status_code = status or answer.status_code


def _each(content: Any, change: Callable[[Wire], None]) -> Any:
    """Apply `change` to the object of an answer, or to those of a list."""
    for wire in [content, *_items(content)]:
        if isinstance(wire, dict):
            change(wire)
    return content


def _items(content: Any) -> list[Any]:
    for name in ("data", "value"):
        if isinstance(content, dict) and isinstance(content.get(name), list):
            return list(content[name])
    return []


def _openai_shaped(world: World, operation: str, answer: Response) -> None:
    def change(wire: Wire) -> None:
        if wire.get("object") != "fine_tuning.job":
            return
        wire["status"] = OPENAI_STATUS.get(wire["status"], wire["status"])
        nulls = {name: None for name in JOB_NULLS if name not in wire and name not in ("method", "suffix")}
        wire |= nulls
        wire["error"] = wire["error"] or {}
        wire["result_files"] = wire["result_files"] or []
        wire["user_provided_suffix"] = wire.pop("suffix", None)

    _rewrite(answer, _each(json.loads(bytes(answer.body)), change))


def _adversarial(world: World, operation: str, answer: Response) -> None:
    content = json.loads(bytes(answer.body))
    if answer.status_code < 400:
        _shorten(content)
        _each(content, lambda wire: _odd(world, operation, wire))
    _rewrite(answer, content, _other_status(operation, answer.status_code))


def _other_status(operation: str, status: int) -> int:
    """Creating calls may say 200 or 201."""
    creating = operation.endswith((".create", ".copy", ".create_or_update"))
    return {200: 201, 201: 200}.get(status, status) if creating else status


def _shorten(content: Any) -> None:
    """Fewer on a page than was asked for, and more to come."""
    if not isinstance(content, dict) or "has_more" not in content:
        return
    data = content["data"]
    most = EVENT_PAGE if data and data[0].get("object") == "fine_tuning.job.event" else PAGE
    if len(data) > most:
        content |= {"data": data[:most], "has_more": True}
        if "last_id" in content:
            content["last_id"] = data[most - 1]["id"]


def _odd(world: World, operation: str, wire: Wire) -> None:
    kind = _kind(operation, wire)
    if kind == "fine_tuning.job":
        wire |= {name: None for name in JOB_NULLS if name not in wire}
        if wire.get("trainingType"):
            wire["trainingType"] = wire["trainingType"][0].upper() + wire["trainingType"][1:]
    elif kind == "file":
        wire |= {name: None for name in ("expires_at", "status_details") if name not in wire}
    elif kind == "deployment":
        wire |= {name: None for name in ("tags",) if name not in wire}
        wire["properties"] |= {"dynamicThrottlingEnabled": None, "xNewSetting": {"mode": "auto"}}
    if wire.get("level") == "warning":
        wire["level"] = "warn"
    for name, value in wire.items():
        if name.endswith("_at") and isinstance(value, int):
            wire[name] = float(value)
    _odd_status(world, kind, wire)
    wire["x_new_field"] = {"since": "2026-11", "values": [1, None]}


def _odd_status(world: World, kind: str, wire: Wire) -> None:
    """The same object says the same in all its answers, so that nothing seems to move."""
    single: Wire = wire["properties"] if kind == "deployment" else wire
    places: list[Wire] = wire["copiedAccountDetails"] if kind == "copy" else [single]
    for place in places:
        name = "provisioningState" if kind == "deployment" else "status"
        if others := ODD_STATUS.get(kind, {}).get(str(place.get(name))):
            lot = int(world.digest(f"status/{wire.get('id', wire.get('checkpointedModelName'))}")[:8], 16)
            place[name] = others[lot % len(others)]


def _kind(operation: str, wire: Wire) -> str:
    if "copiedAccountDetails" in wire:
        return "copy"
    if operation.startswith("operationResults"):
        return "operation"
    if str(wire.get("type")).endswith("/deployments"):
        return "deployment"
    return str(wire.get("object"))


Dress = Callable[["World", str, "Response"], None]

PROFILES: dict[str, Dress] = {
    "openai-shaped": _openai_shaped,
    "adversarial": _adversarial,
}


def page_size(world: World) -> int:
    """Deployments on one page."""
    return min(world.page_size, PAGE) if world.store.meta("profile") == "adversarial" else world.page_size


def job_id(world: World) -> str:
    """`ftjob-` and 32 hex digits (recorded), or 24 letters and digits where OpenAI's form is worn (recorded)."""
    digits = world.identifier("job")
    if world.store.meta("profile") != "openai-shaped":
        return f"ftjob-{digits}"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    number, chosen = int(digits, 16) ** 2, ""
    for _ in range(24):
        number, place = divmod(number, len(letters))
        chosen += letters[place]
    return f"ftjob-{chosen}"
