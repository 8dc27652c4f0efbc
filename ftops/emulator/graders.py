"""Graders: their shapes (API description), and what those that need no model and no foreign code come to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ftops.emulator import formula, similarity
from ftops.emulator.errors import ApiError, invalid, not_emulated

METRICS = (
    *("cosine", "fuzzy_match", "bleu", "gleu", "meteor", "rouge_l"),
    *(f"rouge_{size}" for size in range(1, 6)),
)
OPERATIONS = ("eq", "ne", "like", "ilike")
MAX_SOURCE = 256 * 1024
"""Bytes of a python grader (documented)."""
TEXT = {
    "string_check": ("name", "input", "reference", "operation"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "score_model": ("name", "model"),
    "python": ("name", "source"),
    "multi": ("name", "calculate_output"),
    "endpoint": ("name", "url"),
}
"""The types, and the required fields of each that are text."""


def check(grader: object, where: str = "grader", *, child: bool = False) -> dict[str, Any]:
    """Refuse a grader that no job could use; codes and words are inferred."""
    if not isinstance(grader, dict):
        raise invalid(f"'{where}' is not an object.", where)
    kind = grader.get("type")
    if not isinstance(kind, str) or kind not in TEXT:
        raise invalid(f"The grader's type is not one of {', '.join(TEXT)}.", f"{where}.type")
    for name in TEXT[kind]:
        if not isinstance(grader.get(name), str) or not grader[name]:
            # An empty reference is a text to compare with.
            if name in ("input", "reference") and grader.get(name) == "":
                continue
            raise invalid(f"A grader of type {kind} needs '{name}'.", f"{where}.{name}")
    _check_threshold(grader, where, child=child)
    if more := CHECKS.get(kind):
        more(grader, where)
    return grader


def _check_threshold(grader: dict[str, Any], where: str, *, child: bool) -> None:
    threshold = grader.get("pass_threshold")
    if threshold is None:
        return
    if child:
        # Seen in a notebook of Microsoft's.
        raise invalid("A grader inside a multi grader has no 'pass_threshold'.", f"{where}.pass_threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise invalid("The pass_threshold is not a number.", f"{where}.pass_threshold")


def _check_string(grader: dict[str, Any], where: str) -> None:
    if grader["operation"] not in OPERATIONS:
        raise invalid(f"The operation is not one of {', '.join(OPERATIONS)}.", f"{where}.operation")


def _check_similarity(grader: dict[str, Any], where: str) -> None:
    if grader["evaluation_metric"] not in METRICS:
        raise invalid(f"The evaluation_metric is not one of {', '.join(METRICS)}.", f"{where}.evaluation_metric")


def _check_model(grader: dict[str, Any], where: str) -> None:
    messages = grader.get("input")
    if not isinstance(messages, list) or not messages:
        raise invalid("A grader of type score_model needs a list of messages as 'input'.", f"{where}.input")
    if not all(isinstance(message, dict) and {"role", "content"} <= message.keys() for message in messages):
        raise invalid("Every message of the input has a 'role' and a 'content'.", f"{where}.input")
    ends = grader.get("range", [0, 1])
    numbers = isinstance(ends, list) and len(ends) == 2 and all(type(end) in (int, float) for end in ends)
    if not numbers or not ends[0] < ends[1]:
        raise invalid("The range is not two rising numbers.", f"{where}.range")


def _check_python(grader: dict[str, Any], where: str) -> None:
    if len(grader["source"].encode()) > MAX_SOURCE:
        raise invalid(f"The source has more than {MAX_SOURCE} bytes.", f"{where}.source")
    if not re.search(r"^def grade\(", grader["source"], re.MULTILINE):
        raise invalid("The source defines no 'grade(sample, item)'.", f"{where}.source")


def _check_endpoint(grader: dict[str, Any], where: str) -> None:
    if not grader["url"].startswith("https://"):
        raise invalid("The url does not begin with https://.", f"{where}.url")


def _check_multi(grader: dict[str, Any], where: str) -> None:
    children = grader.get("graders")
    if not isinstance(children, dict) or not children:
        raise invalid("A grader of type multi needs 'graders'.", f"{where}.graders")
    for name, child in children.items():
        check(child, f"{where}.graders.{name}", child=True)
        if child["type"] == "multi":
            raise invalid("A multi grader holds no other multi grader.", f"{where}.graders.{name}")
    try:
        formula.evaluate(grader["calculate_output"], dict.fromkeys(children, 1.0))
    except formula.Wrong as error:
        raise invalid(f"The calculate_output is wrong: {error}.", f"{where}.calculate_output") from error
    except ArithmeticError:
        # With other scores it may well have a value.
        pass


CHECKS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "string_check": _check_string,
    "text_similarity": _check_similarity,
    "score_model": _check_model,
    "python": _check_python,
    "endpoint": _check_endpoint,
    "multi": _check_multi,
}


def reward(grader: dict[str, Any], names: dict[str, Any]) -> tuple[float, dict[str, float]]:
    """The value of a checked grader and those of its children. `names` holds `item` and `sample`."""
    match grader["type"]:
        case "string_check":
            return _compare(grader, names), {}
        case "text_similarity" if metric := similarity.METRICS.get(grader["evaluation_metric"]):
            return metric(fill(grader["input"], names), fill(grader["reference"], names)), {}
        case "multi":
            scores = {name: reward(child, names)[0] for name, child in grader["graders"].items()}
            return formula.evaluate(grader["calculate_output"], scores), scores
        case "text_similarity":
            raise not_emulated(f"graders.run with evaluation_metric {grader['evaluation_metric']}")
        case kind:
            raise not_emulated(f"graders.run with a grader of type {kind}")


def _compare(grader: dict[str, Any], names: dict[str, Any]) -> float:
    """`like` is containment, `ilike` the same whatever the letter case (documented)."""
    text, reference = fill(grader["input"], names), fill(grader["reference"], names)
    results = {
        "eq": text == reference,
        "ne": text != reference,
        "like": reference in text,
        "ilike": reference.lower() in text.lower(),
    }
    return float(results[grader["operation"]])


def fill(template: str, names: dict[str, Any]) -> str:
    """`{{item.name}}` and `{{sample.output_json.key}}`, with or without blanks inside the braces."""

    def found(match: re.Match[str]) -> str:
        value: Any = names
        for part in match[1].split("."):
            if isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                raise Unknown(match[1])
        return value if isinstance(value, str) else similarity.dump(value)

    return re.sub(r"\{\{\s*([^{}\s]+)\s*\}\}", found, template)


class Unknown(ApiError):
    """A template names what neither the item nor the sample has."""

    def __init__(self, name: str) -> None:
        super().__init__(400, "invalidPayload", f"The template names '{name}', which does not exist.")
        self.target = "grader"
