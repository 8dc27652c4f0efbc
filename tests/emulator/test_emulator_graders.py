"""Checking and running graders, as raw HTTP. Expected values are computed by hand from the definitions."""

from __future__ import annotations

import math
from typing import Any

import httpx2
import pytest
from emulator_raw import Service

CHECK = {"type": "string_check", "name": "exact", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}


def run(service: Service, grader: dict[str, Any], sample: str, **item: Any) -> httpx2.Response:
    body = {"grader": grader, "model_sample": sample, "item": item}
    return service.sweden("POST", "fine_tuning/alpha/graders/run", json=body)


def reward(service: Service, grader: dict[str, Any], sample: str, **item: Any) -> float:
    answer = run(service, grader, sample, **item)
    assert answer.status_code == 200, answer.text
    assert not any(answer.json()["metadata"]["errors"].values())
    return float(answer.json()["reward"])


def similarity(service: Service, metric: str, sample: str, reference: str) -> float:
    grader = {"type": "text_similarity", "name": "near", "input": "{{sample.output_text}}", "reference": reference}
    return reward(service, grader | {"evaluation_metric": metric}, sample)


def validated(service: Service, grader: object) -> httpx2.Response:
    return service.sweden("POST", "fine_tuning/alpha/graders/validate", json={"grader": grader})


def multi(formula: str, *names: str) -> dict[str, Any]:
    """Children that compare the sample with their own name."""
    children = {name: CHECK | {"name": name, "reference": name, "operation": "like"} for name in names}
    return {"type": "multi", "name": "all", "graders": children, "calculate_output": formula}


@pytest.mark.parametrize(
    ("operation", "sample", "expected"),
    [
        ("eq", "Paris", 1),
        ("eq", "paris", 0),
        ("ne", "Rome", 1),
        ("ne", "Paris", 0),
        ("like", "It is Paris.", 1),
        ("like", "It is paris.", 0),
        ("ilike", "it is PARIS", 1),
        ("ilike", "Par", 0),
    ],
)
def test_strings_are_compared(service: Service, operation: str, sample: str, expected: float) -> None:
    assert reward(service, CHECK | {"operation": operation}, sample, answer="Paris") == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ item.answer }}", "Paris"),
        ("{{sample.output_json.city}}", "Rome"),
        ("{{item.tags.1}}/{{item.size.km}}", "b/7"),
        ("{{item.tags}}", '["a", "b"]'),
        ("{answer}", "{answer}"),
    ],
)
def test_templates(service: Service, template: str, expected: str) -> None:
    item = {"answer": "Paris", "tags": ["a", "b"], "size": {"km": 7}}
    grader = CHECK | {"input": template, "reference": expected, "operation": "eq"}
    assert reward(service, grader, '{"city": "Rome"}', **item) == 1


def test_a_template_that_names_nothing_is_an_error_of_the_run(service: Service) -> None:
    for template in ("{{item.other}}", "{{sample.output_json.city}}", "{{world}}"):
        answer = run(service, CHECK | {"input": template, "operation": "eq"}, "no json", answer="a")
        assert answer.status_code == 200
        assert answer.json()["metadata"]["errors"]["invalid_variable_error"] is True
        assert answer.json()["reward"] == 0


@pytest.mark.parametrize(
    ("metric", "sample", "reference", "expected"),
    [
        ("fuzzy_match", "kitten", "sitting", 2 * 4 / 13),
        ("fuzzy_match", "same", "same", 1),
        ("fuzzy_match", "abc", "xyz", 0),
        ("rouge_1", "the cat sat", "the cat ran off", 2 * 2 / 7),
        ("rouge_2", "the cat sat", "the cat ran off", 2 * 1 / 5),
        ("rouge_3", "the cat sat", "the cat ran off", 0),
        ("rouge_5", "a b c d e f", "a b c d e g", 2 * 1 / 4),
        ("rouge_l", "the cat sat on mat", "cat on the mat", 2 * 3 / 9),
        ("rouge_1", "The CAT!", "the cat", 1),
        ("gleu", "the cat sat", "the cat", 3 / 6),
        ("gleu", "a b", "a b", 1),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1),
        ("bleu", "dog", "cat", 0),
        # 1-grams 3/3, 2-grams 2/2, 3-grams 1/1; three words for five.
        ("bleu", "the cat sat", "the cat sat down there", math.exp(1 - 5 / 3)),
        # 1-grams 3/4, 2-grams 2/3, 3-grams 1/2, 4-grams none: half of one, of 1.
        ("bleu", "a b c x", "a b c d", (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25),
    ],
)
def test_similarity(service: Service, metric: str, sample: str, reference: str, expected: float) -> None:
    assert similarity(service, metric, sample, reference) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(a + b) / 2", 0.5),
        ("a * 3 - b", 3),
        ("-a + 2 ^ 3", 7),
        ("max(a, b, 0.25) + min(a, b)", 1),
        ("sqrt(4 * a) + abs(-2) + floor(1.7) + ceil(1.2)", 7),
        ("exp(b) + log(a)", 1),
        ("0.3*a+0.7*b", 0.3),
    ],
)
def test_a_formula_over_several_graders(service: Service, formula: str, expected: float) -> None:
    answer = run(service, multi(formula, "a", "b"), "a")
    assert answer.json()["reward"] == pytest.approx(expected)
    assert answer.json()["sub_rewards"] == answer.json()["metadata"]["scores"] == {"a": 1.0, "b": 0.0}


@pytest.mark.parametrize("formula", ["a / b", "log(b)", "sqrt(b - a)", "(b - a) ^ 0.5", "9 ^ 9 ^ 9 ^ 9", "exp(9999)"])
def test_a_formula_without_a_value(service: Service, formula: str) -> None:
    grader = multi(formula, "a", "b")
    assert validated(service, grader).status_code == 200
    answer = run(service, grader, "a").json()
    assert answer["metadata"]["errors"]["other_error"] is True
    assert answer["reward"] == 0


@pytest.mark.parametrize(
    "formula",
    [
        "a +",
        "c + a",
        "__import__('os')",
        "a.real",
        "a if b else 1",
        "sqrt(a, b)",
        "max()",
        "a % b",
        "'a'",
        "True",
        "a" * 9999,
    ],
)
def test_what_is_no_formula(service: Service, formula: str) -> None:
    error = validated(service, multi(formula, "a", "b")).json()["error"]
    assert error["param"] == "grader.calculate_output"


GOOD: list[dict[str, Any]] = [
    CHECK | {"operation": "eq", "reference": ""},
    {"type": "text_similarity", "name": "a", "input": "b", "reference": "c", "evaluation_metric": "meteor"},
    {"type": "score_model", "name": "a", "model": "gpt-4o", "input": [{"role": "user", "content": "?"}]},
    {"type": "python", "name": "a", "source": "def grade(sample, item):\n    return 1.0"},
    {"type": "endpoint", "name": "a", "url": "https://grade.example", "pass_threshold": 0.5},
]


@pytest.mark.parametrize("grader", GOOD, ids=lambda grader: grader["type"])
def test_every_type_is_checked_and_comes_back(service: Service, grader: dict[str, Any]) -> None:
    answer = validated(service, grader)
    assert (answer.status_code, answer.json()) == (200, {"grader": grader})


@pytest.mark.parametrize("grader", GOOD[1:], ids=lambda grader: grader["type"])
def test_what_cannot_be_computed_honestly_is_not_run(service: Service, grader: dict[str, Any]) -> None:
    for sent in (grader, multi("a", "a") | {"graders": {"a": {**grader, "pass_threshold": None}}}):
        answer = run(service, sent, "a")
        assert answer.status_code == 501
        assert answer.json()["error"]["code"] == "EmulatorNotImplemented"


@pytest.mark.parametrize(
    ("grader", "where"),
    [
        (None, "grader"),
        ({"type": "label_model"}, "grader.type"),
        ({"type": ["python"]}, "grader.type"),
        ({**GOOD[0], "name": ""}, "grader.name"),
        ({**GOOD[0], "operation": "is"}, "grader.operation"),
        ({**GOOD[1], "evaluation_metric": "rouge_6"}, "grader.evaluation_metric"),
        ({**GOOD[2], "input": "text"}, "grader.input"),
        ({**GOOD[2], "input": [{"role": "user"}]}, "grader.input"),
        ({**GOOD[2], "range": [1, 1]}, "grader.range"),
        ({**GOOD[3], "source": "x = 1"}, "grader.source"),
        ({**GOOD[3], "source": "def grade(sample, item):\n" + "#" * 262_144}, "grader.source"),
        ({**GOOD[4], "url": "http://grade.example"}, "grader.url"),
        ({**GOOD[4], "pass_threshold": "high"}, "grader.pass_threshold"),
        (multi("1"), "grader.graders"),
        (multi("a", "a") | {"graders": {"a": GOOD[4]}}, "grader.graders.a.pass_threshold"),
        (multi("a", "a") | {"graders": {"a": multi("b", "b")}}, "grader.graders.a"),
    ],
)
def test_wrong_graders_are_refused(service: Service, grader: Any, where: str) -> None:
    for answer in (validated(service, grader), run(service, grader, "a")):
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == where


def test_a_run_needs_a_sample(service: Service) -> None:
    path = "fine_tuning/alpha/graders/run"
    for body in ({"grader": GOOD[0]}, {"grader": GOOD[0], "model_sample": "a", "item": []}):
        assert service.sweden("POST", path, json=body).status_code == 400
    assert service.world.journal()[-1]["operation"] == "fine_tuning.alpha.graders.run"


def test_long_texts_are_compared_word_by_word(service: Service) -> None:
    assert similarity(service, "fuzzy_match", "one two " * 1000, "one two " * 999 + "one six") == pytest.approx(
        1999 / 2000
    )
