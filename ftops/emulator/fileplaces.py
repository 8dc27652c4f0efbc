"""How many fine-tuning files an account may hold, and for how long a file may be asked to live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftops.emulator.catalogue import MAX_TOTAL_BYTES, MAX_USER_FILES
from ftops.emulator.errors import invalid, over_quota

if TYPE_CHECKING:
    from ftops.emulator.world import World

DAY = 86_400
SHORTEST, LONGEST = 14 * DAY, 30 * DAY
"""Seconds of life that `expires_after` may ask for (API description)."""


def check_room(world: World, account: str, purpose: str, size: int) -> None:
    """The limits are documented; they hold for fine-tuning files only."""
    if purpose != "fine-tune":
        return
    known = [file for file in world.store.documents("file", account) if file.wire["purpose"] == purpose]
    if len(known) >= MAX_USER_FILES:
        raise over_quota(f"The resource already has {MAX_USER_FILES} files.")
    if sum(file.wire.get("bytes", 0) for file in known) + size > MAX_TOTAL_BYTES:
        raise over_quota(f"The files of the resource would have more than {MAX_TOTAL_BYTES} bytes in total.")


def lifetime(fields: Mapping[str, Any]) -> int | None:
    """Seconds, from a form's fields or a body's object; both spellings of the fields are in use (documented)."""
    asked = fields.get("expires_after")
    if asked is None:
        names = {name: (f"expires_after[{name}]", f"expires_after.{name}") for name in ("anchor", "seconds")}
        found = {name: fields[key] for name, keys in names.items() for key in keys if key in fields}
        if not found:
            return None
        asked = found
    anchor, seconds = (asked.get("anchor"), asked.get("seconds")) if isinstance(asked, dict) else (None, None)
    if anchor != "created_at":
        raise invalid("The anchor of expires_after is not 'created_at'.", "expires_after")
    text = "" if isinstance(seconds, bool) else str(seconds)
    if not text.isascii() or not text.isdigit() or not SHORTEST <= int(text) <= LONGEST:
        message = f"The seconds of expires_after are not a number from {SHORTEST} to {LONGEST}."
        raise invalid(message, "expires_after")
    return int(text)
