"""Checking and trying out graders (preview by path, no header needed)."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import formula, graders
from ftops.emulator.call import Call, Operation
from ftops.emulator.errors import invalid

ERRORS = (
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
)
DETAILS = (
    "python_grader_server_error_type",
    "python_grader_runtime_error_details",
    "model_grader_server_error_details",
)


def validate(call: Call) -> Response:
    """The grader comes back as it was sent (inferred: the API description has only its shape)."""
    return JSONResponse({"grader": graders.check(call.json().get("grader"))})


def run(call: Call) -> Response:
    """Keys by the API description. A name or a value that is missing is an error inside a 200 (inferred)."""
    body = call.json()
    grader = graders.check(body.get("grader"))
    sample, item = body.get("model_sample"), body.get("item", {})
    if not isinstance(sample, str):
        raise invalid("The request needs 'model_sample'.", "model_sample")
    if not isinstance(item, dict):
        raise invalid("The item is not an object.", "item")
    errors = dict.fromkeys(ERRORS, False)
    reward, scores = 0.0, dict[str, float]()
    try:
        reward, scores = graders.reward(grader, {"item": item, "sample": _sample(sample)})
    except graders.Unknown:
        errors["invalid_variable_error"] = True
    except (formula.Wrong, ArithmeticError):
        errors["other_error"] = True
    return JSONResponse(_report(grader, reward, scores, errors))


def _sample(text: str) -> dict[str, Any]:
    """`output_json` is there only if the sample is JSON (API description)."""
    try:
        return {"output_text": text, "output_json": json.loads(text)}
    except ValueError:
        return {"output_text": text}


def _report(grader: dict[str, Any], reward: float, scores: dict[str, float], errors: dict[str, bool]) -> dict[str, Any]:
    metadata = {
        "name": grader["name"],
        "type": grader["type"],
        "errors": errors | dict.fromkeys(DETAILS),
        "execution_time": 0.0,
        "scores": scores,
        "token_usage": None,
        "sampled_model_name": None,
    }
    parts = {"sub_rewards": scores, "model_grader_token_usage_per_model": {}}
    return {"reward": reward, "metadata": metadata, **parts}


PATH = "/fine_tuning/alpha/graders"
OPERATIONS = (
    Operation("fine_tuning.alpha.graders.validate", "POST", f"{PATH}/validate", validate),
    Operation("fine_tuning.alpha.graders.run", "POST", f"{PATH}/run", run),
)
