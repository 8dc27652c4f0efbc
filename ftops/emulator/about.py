"""What the emulator says about its own fidelity, for people and for programs."""

from __future__ import annotations

import textwrap
from typing import Any

from ftops.emulator.ledger import MARKS, rows

WIDTH = 110


def fidelity() -> dict[str, Any]:
    """The ledger as JSON: what each mark means, how many rows have it, and all rows."""
    return {
        "marks": MARKS,
        "counts": {mark: sum(row.mark == mark for row in rows()) for mark in MARKS},
        "rows": [row._asdict() for row in rows()],
    }


def text() -> str:
    """The ledger by mark, best known first."""
    parts = [
        f"The emulator reproduces {len(rows())} behaviours of Azure OpenAI fine-tuning. Each is proved by a test and",
        "marked by how far it is known.",
    ]
    for mark, meaning in MARKS.items():
        chosen = [row for row in rows() if row.mark == mark]
        parts += ["", f"{mark} ({len(chosen)}): {meaning}"]
        for row in chosen:
            parts += [f"  {row.id}", *_folded(row.behaviour), *_folded(f"source: {row.source}")]
    return "\n".join(parts) + "\n"


def _folded(content: str) -> list[str]:
    return textwrap.wrap(content, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
