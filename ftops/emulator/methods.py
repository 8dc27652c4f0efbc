"""Which ways of training a base model knows, and the request for reinforcement fine-tuning.

Such a request is checked in full and then refused: no model of the emulator could be trained that way honestly.
"""

from __future__ import annotations

from typing import Any

from ftops.emulator import graders
from ftops.emulator.catalogue import Base
from ftops.emulator.errors import invalid

REASONING = ("o4-mini-2025-04-16", "gpt-5-2025-08-07")
PREFERENCE = (
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",  # recorded 2025-12, though the documents' table of 2026 has no tick for it
    "gpt-4.1-2025-04-14",
    "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano-2025-04-14",
)
EFFORTS = ("default", "low", "medium", "high")
COUNTS = ("n_epochs", "batch_size", "eval_interval", "eval_samples")
FACTORS = ("learning_rate_multiplier", "compute_multiplier")


def check(base: Base, method: str) -> None:
    """Models and methods are documented as a table, the words of the refusal inferred."""
    known = ["reinforcement"] if base.name in REASONING else ["supervised"]
    if base.name in PREFERENCE:
        known.append("dpo")
    if method not in known:
        message = f"The specified base model '{base.name}' does not support fine-tuning with method '{method}'."
        raise invalid(message, "method")


def check_reinforcement(block: object, body: dict[str, Any]) -> None:
    """Everything an accepted request has: a grader, a validation file, hyperparameters of the right types."""
    if not isinstance(block, dict):
        raise invalid("The method's 'reinforcement' is not an object.", "method")
    if not body.get("validation_file"):
        raise invalid("A reinforcement job needs a 'validation_file'.", "validation_file")
    graders.check(block.get("grader"), "method.reinforcement.grader")
    format = block.get("response_format")
    if format is not None and (not isinstance(format, dict) or not isinstance(format.get("type"), str)):
        raise invalid("The response_format is not an object with a 'type'.", "method.reinforcement.response_format")
    asked = block.get("hyperparameters", {})
    if not isinstance(asked, dict):
        raise invalid("The hyperparameters are not an object.", "method.reinforcement.hyperparameters")
    for name, value in asked.items():
        _check_value(name, value)


def _check_value(name: str, value: object) -> None:
    where = f"method.reinforcement.hyperparameters.{name}"
    if name == "reasoning_effort":
        if value not in EFFORTS:
            raise invalid(f"The reasoning_effort is not one of {', '.join(EFFORTS)}.", where)
    elif name in COUNTS + FACTORS:
        kinds = int if name in COUNTS else (int, float)
        if value not in ("auto", -1) and (isinstance(value, bool) or not isinstance(value, kinds) or value <= 0):
            raise invalid(f"The value of '{name}' is not 'auto' or a positive number.", where)
    else:
        raise invalid(f"There is no hyperparameter '{name}' for reinforcement.", where)
