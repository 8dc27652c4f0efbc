"""The fidelity ledger: what the emulator does, how far each behaviour is known, and the test that proves it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import yaml

from ftops.emulator.errors import EmulatorError

FILE = Path(__file__).with_name("ledger.yaml")
MARKS = {
    "recorded": "seen in traffic of the live service that its maker publishes",
    "documented": "stated by the service's documents or API descriptions",
    "inferred": "no source says so, but known behaviour suggests it",
    "invented": "made up, because something had to be chosen",
}


class Row(NamedTuple):
    """`test` is the id of a pytest node; without a parameter it stands for all of them."""

    id: str
    behaviour: str
    mark: str
    source: str
    test: str


@functools.cache
def rows() -> tuple[Row, ...]:
    """All rows, in the file's order."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> tuple[Row, ...]:
    """Rows from YAML. A key that is missing, unknown or empty, a foreign mark or a second use of an id is an error."""
    found: dict[str, Row] = {}
    for entry in yaml.safe_load(text) or []:
        if not isinstance(entry, dict) or sorted(entry) != sorted(Row._fields):
            raise EmulatorError(f"a ledger row needs exactly {', '.join(Row._fields)}: {entry}")
        row = Row(**{name: str(value or "").strip() for name, value in entry.items()})
        if not all(row):
            raise EmulatorError(f"a ledger row has an empty field: {entry}")
        if row.mark not in MARKS:
            raise EmulatorError(f"ledger row `{row.id}`: `{row.mark}` is not one of {', '.join(MARKS)}")
        if row.id in found:
            raise EmulatorError(f"two ledger rows have the id `{row.id}`")
        found[row.id] = row
    return tuple(found.values())
