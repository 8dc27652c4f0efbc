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


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]


def rewrite(world: World, file: Document, data: bytes) -> None:
    world.store.set_content(file.id, cut(data))
    file.wire["bytes"] = len(data)
    world.store.save(file)
