"""The bytes that are hashed and sent: the file without a byte-order mark, with LF line ends.

Two checkouts of one commit, on Windows and on Linux, therefore hold the same training set and train once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_BLOCK = 1 << 20
_BOM = b"\xef\xbb\xbf"


def blocks(path: Path) -> Iterator[bytes]:
    """The normalised content, block by block. Raises OSError."""
    with path.open("rb") as file:
        block = file.read(_BLOCK).removeprefix(_BOM)
        while block:
            while block.endswith(b"\r"):
                following = file.read(_BLOCK)
                block += following
                if not following:
                    break
            yield block.replace(b"\r\n", b"\n") if b"\r" in block else block
            block = file.read(_BLOCK)


def digest(path: Path) -> str:
    """SHA-256 of the normalised content, as hex. Raises OSError."""
    found = hashlib.sha256()
    for block in blocks(path):
        found.update(block)
    return found.hexdigest()


def digest_of(content: IO[bytes]) -> str:
    """SHA-256 of normalised content that is open already; leaves it at its beginning."""
    found = hashlib.sha256()
    while block := content.read(_BLOCK):
        found.update(block)
    content.seek(0)
    return found.hexdigest()


def open_normalised(path: Path) -> IO[bytes]:
    """The normalised content as a file to read from; the file itself where it is normal already."""
    if sum(map(len, blocks(path))) == path.stat().st_size:
        return path.open("rb")
    copy = TemporaryFile()  # noqa: SIM115 - the caller closes it
    for block in blocks(path):
        copy.write(block)
    copy.seek(0)
    return copy
