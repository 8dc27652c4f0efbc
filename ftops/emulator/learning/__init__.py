"""What a job learns: a small next-token model, really trained on the assistant turns of the uploaded file.

Every figure shown by the emulator is measured on this toy. It overfits when data are few and answers from what it
has learned, but says nothing about the quality, cost or time of a real model. Everything in this package except
the wire's field names is invented.

Training is a pure function of a `Recipe`: content hashes, base, method, hyperparameters, seed and version. It runs
when somebody first asks for a figure or an answer, outside of any transaction; time only reveals its rows.

This package imports numpy in the modules that compute and nowhere else: `numerics` first, all others through it.
"""

from __future__ import annotations

VERSION = "1"
"""Goes up whenever the same recipe would give other figures."""

TRAINER = f"tiny-lm/{VERSION}"
HEADER = {"x-ftops-emulated": TRAINER}
"""On every answer that shows a figure or a text of the toy."""
