"""Files of an account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftops.emulator.store import CHUNK, Document

if TYPE_CHECKING:
    from ftops.emulator.world import World


def add(world: World, account: str, *, filename: str, purpose: str, size: int, pieces: Iterable[bytes]) -> Document:
    """Only fine-tuning files have to be imported first (recorded); all others are ready at once."""
    id = f"file-{world.identifier('file')}"
    wire = {
        "status": "",
        "bytes": size,
        "purpose": purpose,
        "filename": filename,
        "id": id,
        "created_at": int(world.time),
        "object": "file",
    }
    document = Document("file", account, id, wire)
    world.store.set_content(id, pieces)
    world.enter(document, "pending" if purpose == "fine-tune" else "processed")
    return document


def expire_after(world: World, file: Document, seconds: int) -> None:
    """A file that goes by itself. Its `expires_at` is not in the answer that creates it (recorded)."""
    file.wire["expires_at"] = file.wire["created_at"] + seconds
    world.store.save(file)
    world.enter(Document("expiry", file.account, file.id, {}, {"at": file.wire["expires_at"]}), "waiting")


def seconds_to_expiry(world: World, expiry: Document) -> float:
    at: float = expiry.hidden["at"]
    return max(0.0, at - world.time)


def expire(world: World, expiry: Document) -> str | None:
    """An expired file is as gone as a deleted one (inferred)."""
    if file := world.store.get("file", expiry.account, expiry.id):
        remove(world, file)
    return None


def remove(world: World, file: Document) -> None:
    world.store.remove(file)
    world.store.drop_content(file.id)
    expiry = world.store.get("expiry", file.account, file.id)
    if expiry and expiry.state == "waiting":
        world.store.remove(expiry)


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]


def rewrite(world: World, file: Document, data: bytes) -> None:
    world.store.set_content(file.id, cut(data))
    file.wire["bytes"] = len(data)
    world.store.save(file)
