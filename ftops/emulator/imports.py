"""Files that the service fetches itself from an address (dated versions only).

Nothing is ever fetched from a network: only addresses registered with the world have content (invented).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftops.emulator import files
from ftops.emulator.catalogue import MAX_FILE_BYTES
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

BLOB = "blob/"


def register(world: World, url: str, content: bytes) -> None:
    """From now on this address holds this content, for every account of the world."""
    with world.transaction():
        world.store.set_content(BLOB + url, files.cut(content))
        world.store.save(Document("blob", "", url, {}, {"bytes": len(content)}))


def add(world: World, account: str, *, filename: str, purpose: str, url: str) -> Document:
    """A file that is `pending`, of no size yet (the API's example), until its content has been fetched."""
    nothing: Iterable[bytes] = ()
    file = files.add(world, account, filename=filename, purpose=purpose, size=0, pieces=nothing)
    del file.wire["bytes"]
    file.hidden["url"] = url
    world.enter(file, "pending")
    return file


def fetch(world: World, file: Document) -> str | None:
    """The import of a file. `error` is declared for a failed one; its explanation's wording is inferred."""
    url = file.hidden.get("url")
    if url is None:
        return None
    blob = world.store.get("blob", "", url)
    size = blob.hidden["bytes"] if blob else 0
    if blob is None or size > MAX_FILE_BYTES:
        reason = "The content could not be read from the given URL." if blob is None else "The content is too large."
        file.wire |= {"bytes": 0, "status_details": f"fileImportFailed: {reason}"}
        return "error"
    world.store.set_content(file.id, world.store.content(BLOB + url))
    file.wire["bytes"] = size
    return None
