"""What is hashed and sent does not depend on the platform of a checkout."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from ftops.data.content import blocks, digest, open_normalised

BOM = b"\xef\xbb\xbf"
BLOCK = 1 << 20


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"a\nb\n", b"a\nb\n", id="normal already"),
        pytest.param(BOM, b"", id="only a BOM"),
        pytest.param(BOM + b"a\n", b"a\n", id="BOM"),
        pytest.param(BOM + BOM + b"a", BOM + b"a", id="one BOM is a mark, two are content"),
        pytest.param(b"a" + BOM, b"a" + BOM, id="BOM elsewhere"),
        pytest.param(b"a\r\nb\r\n", b"a\nb\n", id="CRLF"),
        pytest.param(b"a\rb", b"a\rb", id="CR alone is content"),
        pytest.param(b"a\r", b"a\r", id="CR at the end"),
        pytest.param(b"a\r\r\nb", b"a\r\nb", id="CR before CRLF"),
        pytest.param(BOM + b"\r\n", b"\n", id="BOM and CRLF"),
        pytest.param(b"\xff\xfe\r\n", b"\xff\xfe\n", id="bytes that are no UTF-8"),
        pytest.param(b"x" * (BLOCK - 1) + b"\r\ny", b"x" * (BLOCK - 1) + b"\ny", id="CRLF over two blocks"),
        pytest.param(b"x" * (BLOCK - 1) + b"\ry", b"x" * (BLOCK - 1) + b"\ry", id="CR at the end of a block"),
        pytest.param(b"x" * (BLOCK - 1) + b"\r", b"x" * (BLOCK - 1) + b"\r", id="CR at the end of block and file"),
        pytest.param(b"\r" * (BLOCK + 1) + b"\n", b"\r" * BLOCK + b"\n", id="a block of CR"),
        pytest.param(b"\r\n" * BLOCK, b"\n" * BLOCK, id="two blocks of CRLF"),
        pytest.param(BOM + b"\r\n" * BLOCK, b"\n" * BLOCK, id="two blocks of CRLF after a BOM"),
    ],
)
def test_content(tmp_path: Path, written: bytes, normal: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(written)

    assert b"".join(blocks(path)) == normal
    assert digest(path) == sha256(normal).hexdigest()
    with open_normalised(path) as file:
        assert file.read() == normal
    assert path.read_bytes() == written


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest(tmp_path / "rows.jsonl")
