"""Uploads in parts: the pieces of one file, put together at the end (dated versions only)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ftops.emulator import files
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

SECONDS_OPEN = 7200
"""An upload expires two hours after it was begun (documented)."""


def begin(world: World, account: str, *, filename: str, purpose: str, size: int) -> Document:
    """The form of the id is that of the API's example."""
    id = f"{purpose}-{world.identifier('upload')}"
    wire = {
        "bytes": size,
        "filename": filename,
        "purpose": purpose,
        "status": "",
        "expires_at": int(world.time) + SECONDS_OPEN,
        "id": id,
        "created_at": int(world.time),
        "object": "upload",
    }
    upload = Document("upload", account, id, wire)
    world.enter(upload, "pending")
    return upload


def add_part(world: World, upload: Document, size: int, pieces: Iterable[bytes]) -> Document:
    digits = world.identifier("part")
    id = f"uplprt-{digits}"
    wire = {
        "upload_id": upload.id,
        "azure_block_id": base64.b64encode(bytes.fromhex(digits)).decode(),
        "id": id,
        "created_at": int(world.time),
        "object": "upload.part",
    }
    part = Document("part", upload.account, id, wire, {"bytes": size}, upload.id)
    world.store.set_content(part.id, pieces)
    world.store.save(part)
    return part


def chosen(world: World, upload: Document, ids: list[str]) -> list[Document] | None:
    """The parts in the order named; both of a part's ids will do (documented). None if one is unknown."""
    known: dict[str, Document] = {}
    for part in parts(world, upload):
        known |= {part.id: part, part.wire["azure_block_id"]: part}
    return [known[id] for id in ids] if all(id in known for id in ids) else None


def parts(world: World, upload: Document) -> list[Document]:
    return world.store.documents("part", upload.account, parent=upload.id)


def content(world: World, ordered: list[Document]) -> Iterator[bytes]:
    for part in ordered:
        yield from world.store.content(part.id)


def md5(world: World, ordered: list[Document]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in content(world, ordered):
        digest.update(piece)
    return digest.hexdigest()


def complete(world: World, upload: Document, ordered: list[Document]) -> Document:
    """The file is like any other new one: first `pending` if it is for fine-tuning (inferred)."""
    wire = upload.wire
    file = files.add(
        world,
        upload.account,
        filename=wire["filename"],
        purpose=wire["purpose"],
        size=wire["bytes"],
        pieces=content(world, ordered),
    )
    wire["file"] = dict(file.wire)
    close(world, upload, "completed")
    return file


def close(world: World, upload: Document, state: str) -> None:
    discard_parts(world, upload)
    world.enter(upload, state)


def discard_parts(world: World, upload: Document) -> None:
    for part in parts(world, upload):
        world.store.drop_content(part.id)
        world.store.remove(part)


def expire(world: World, upload: Document) -> str | None:
    discard_parts(world, upload)
    return None
