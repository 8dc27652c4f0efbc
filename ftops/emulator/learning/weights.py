"""Weights as bytes and back: what differs from a shipped base, in eight bits for each feature.

Whoever continues or answers always starts from the bytes, so nothing depends on what happens to be in memory.
"""

from __future__ import annotations

import io
import json

from ftops.emulator.learning.features import TABLE
from ftops.emulator.learning.network import Network
from ftops.emulator.learning.numerics import Floats, np
from ftops.emulator.learning.words import Vocabulary

STEPS = 127
"""A feature's numbers are whole multiples of its largest one divided by this."""


def dump(network: Network, base: Network | None = None) -> bytes:
    """`base` is the shipped one that it all began with."""
    before = np.zeros_like(network.features) if base is None else base.features
    rows = np.flatnonzero((network.features != before).any(axis=1))
    values = network.features[rows]
    scale = (np.abs(values).max(axis=1) / STEPS + 1e-12).astype(np.float32)
    arrays = {
        "words": np.frombuffer(json.dumps(network.vocabulary.words).encode(), np.uint8),
        "rows": rows.astype(np.uint32),
        "scale": scale,
        "values": np.rint(values / scale[:, None]).astype(np.int8),
        "output": network.output.astype(np.float16),
        "bias": network.bias.astype(np.float16),
    }
    written = io.BytesIO()
    np.savez_compressed(written, **arrays)
    return written.getvalue()


def load(data: bytes, base: Network | None = None) -> Network:
    with np.load(io.BytesIO(data)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    words = json.loads(arrays["words"].tobytes())
    output: Floats = arrays["output"].astype(np.float32)
    features = np.zeros((TABLE, len(output)), np.float32) if base is None else base.features.copy()
    features[arrays["rows"]] = arrays["values"] * arrays["scale"][:, None]
    return Network(Vocabulary(words), features, output, arrays["bias"].astype(np.float32))
