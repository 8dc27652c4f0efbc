"""The request that creates a job: what is refused, what is filled in, and how it comes back."""

from __future__ import annotations

import math
import re
from typing import Any

from ftops.emulator import methods
from ftops.emulator.call import Call
from ftops.emulator.catalogue import MAX_SUFFIX, TRAINING_TYPES, Base
from ftops.emulator.errors import invalid, not_emulated

MAX_SEED = 2**31 - 1
MAX_METADATA = 16
OVERRIDDEN_REGIONS = ("eastus2",)


def hyperparameters(asked: object, base: Base, method: str) -> dict[str, Any]:
    """-1 stands for `auto`; the learning-rate multiplier has its value at once (recorded)."""
    if not isinstance(asked, dict | None):
        raise invalid("The hyperparameters are not an object.")
    given = {name: _number(name, value) for name, value in (asked or {}).items() if value != "auto"}
    shown: dict[str, Any] = {"n_epochs": -1, "batch_size": -1}
    shown["learning_rate_multiplier"] = base.learning_rate_multiplier
    if method == "dpo":
        shown |= {"beta": 0.1, "l2_multiplier": 0}
    shown |= {name: value for name, value in given.items() if name in shown}
    for name in ("n_epochs", "batch_size"):
        if shown[name] != -1 and not (isinstance(shown[name], int) and shown[name] > 0):
            raise invalid(f"The value of '{name}' must be a positive integer.")
    if shown["learning_rate_multiplier"] == -1:
        shown["learning_rate_multiplier"] = base.learning_rate_multiplier
    return shown


def _number(name: str, value: object) -> float:
    # Python's JSON knows NaN and Infinity.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise invalid(f"The value of '{name}' is not a number.")
    # A whole float comes back as an integer (recorded).
    return int(value) if value == int(value) else value


def method(body: dict[str, Any], base: Base) -> dict[str, Any]:
    """The keys `method` and `hyperparameters` of the answer: what was not sent is not shown (recorded)."""
    asked = body.get("method")
    if asked is None:
        methods.check(base, "supervised")
        return {"hyperparameters": hyperparameters(body.get("hyperparameters"), base, "supervised")}
    kind = asked.get("type") if isinstance(asked, dict) else None
    if kind not in ("supervised", "dpo", "reinforcement"):
        raise invalid("The method's type is not one of supervised, dpo, reinforcement.", "method")
    if kind != "supervised" and "hyperparameters" in body:
        raise invalid(f"Hyperparameters of a {kind} job belong into its method.", "hyperparameters")
    if others := sorted(asked.keys() & {"supervised", "dpo", "reinforcement"} - {kind}):
        raise invalid(f"A method of type {kind} has no '{others[0]}'.", "method")
    methods.check(base, kind)
    if kind == "reinforcement":
        methods.check_reinforcement(asked.get(kind), body)
        raise not_emulated("fine_tuning.jobs.create with method reinforcement: it cannot be trained honestly here")
    inner = asked.get(kind)
    if not isinstance(inner, dict | None):
        raise invalid(f"The method's '{kind}' is not an object.")
    shown = hyperparameters((inner or {}).get("hyperparameters"), base, kind)
    parts: dict[str, Any] = {"method": {"type": kind, kind: {"hyperparameters": shown}}}
    return parts if kind == "dpo" else {"hyperparameters": dict(shown), **parts}


def training_type(body: dict[str, Any], base: Base, call: Call) -> dict[str, str]:
    """Left out, it comes back as `standard` on v1 and not at all on dated paths of the account (recorded).

    Open-weight models want it to be global (documented), and say so with a misleading message (in an issue thread).
    """
    asked = body.get("trainingType")
    shown = _training_type(asked) if asked is not None else "standard"
    if base.open_weight and shown != "globalStandard":
        raise invalid("The specified base model does not support fine-tuning.", "model")
    if asked is None and call.surface.dated and not call.surface.project:
        return {}
    return {"trainingType": shown}


def _training_type(asked: object) -> str:
    """1 is accepted as a number (in an issue thread); that it means `standard` is inferred."""
    if asked == 1 and not isinstance(asked, bool):
        return "standard"
    if not isinstance(asked, str) or asked.lower() not in TRAINING_TYPES:
        raise invalid(f"The training type '{asked}' is not one of {', '.join(TRAINING_TYPES.values())}.")
    return TRAINING_TYPES[asked.lower()]


def additional_parameters(call: Call) -> dict[str, Any]:
    """Some accounts show this key to those who come through a project (recorded); which ones is invented."""
    if call.surface.project and call.account.region in OVERRIDDEN_REGIONS:
        return {"additionalParameters": {"completionOverride": "True"}}
    return {}


def _is_integration(value: object) -> bool:
    wandb = value.get("wandb") if isinstance(value, dict) and value.get("type") == "wandb" else None
    return isinstance(wandb, dict) and isinstance(wandb.get("project"), str)


def job_seed(body: dict[str, Any], call: Call) -> int:
    """Left out, the service chooses one."""
    asked = body.get("seed")
    if asked is None:
        return int(call.world.identifier("seed"), 16) % (MAX_SEED + 1)
    if isinstance(asked, bool) or not isinstance(asked, int) or not 0 <= asked <= MAX_SEED:
        raise invalid(f"The seed is not an integer from 0 to {MAX_SEED}.")
    return asked


def suffix(body: dict[str, Any]) -> dict[str, str]:
    asked = body.get("suffix")
    if asked in (None, ""):
        return {}
    if not isinstance(asked, str) or not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{MAX_SUFFIX}}}", asked):
        raise invalid(f"The suffix may hold up to {MAX_SUFFIX} letters, digits, '-' and '_'.")
    return {"suffix": asked}


def labels(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """Metadata and integrations. That either comes back is inferred."""
    parts: dict[str, Any] = {}
    if metadata := body.get("metadata"):
        pairs = metadata.items() if isinstance(metadata, dict) else ()
        fits = all(isinstance(value, str) and len(key) <= 64 and len(value) <= 512 for key, value in pairs)
        if not 1 <= len(pairs) <= MAX_METADATA or not fits:
            raise invalid("Metadata is up to 16 pairs of text, keys up to 64 and values up to 512 characters.")
        if call.world.echo_metadata:
            parts["metadata"] = metadata
    if integrations := body.get("integrations"):
        if not isinstance(integrations, list) or not all(map(_is_integration, integrations)):
            raise invalid("Integrations are a list of type wandb, each with a project.", "integrations")
        parts["integrations"] = integrations
    return parts
