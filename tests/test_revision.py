"""Specs in, revisions out. A revision that changes here would train again what is trained already, for money.

The hex digits are frozen: never record them anew, find out why they changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.specs import BASE, account, dataset, document, graph, job, project, write

GRADER = {"type": "string_check", "input": "{{sample.output_text}}", "reference": "{{item.answer}}", "operation": "eq"}
DPO: dict[str, Any] = {"model": "gpt-4o-2024-08-06", "method": "dpo"}
SFT: dict[str, Any] = {
    "validation": "valid",
    "method": "supervised",
    "hyperparameters": {"n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 0.5},
    "seed": 7,
    "trainingType": "Standard",
    "attempt": 2,
}
RFT: dict[str, Any] = {
    "model": "o4-mini-2025-04-16",
    "validation": "valid",
    "method": {"type": "reinforcement", "grader": GRADER, "response_format": {"type": "json_schema", "strict": None}},
    "hyperparameters": {
        "n_epochs": 1,
        "reasoning_effort": "medium",
        "compute_multiplier": 1.5,
        "eval_interval": 5,
        "eval_samples": 2,
    },
}
ONE: dict[str, Any] = {"name": "one", "training": "train", "hyperparameters": {"n_epochs": 2}}
TWO: dict[str, Any] = {"name": "two", "training": "valid", "hyperparameters": {"n_epochs": 2}}


def chain(name: str, *steps: dict[str, Any], **spec: Any) -> str:
    given = {"account": "sweden", "model": "gpt-4.1-mini-2025-04-14", "steps": list(steps)}
    return document("Chain", name, **given | spec)


def revisions(root: Path, documents: str, **files: str | bytes) -> dict[str, str]:
    """Of everything but the base; `__` stands for `.` in names of files."""
    extra = {name.replace("__", "."): content for name, content in files.items()}
    found = graph(write(root, BASE | extra | {"specs.yaml": documents}))
    return {str(key): resource.revision for key, resource in found.resources.items()}


FROZEN = [
    ("the least of a job", job("a"), {"job/a": "3bd1643a32e62a0c", "file/train@sweden": "19fc5b26092a5733"}),
    ("supervised, with everything it may have", job("a", **SFT), {"job/a": "12fc085d786ca4da"}),
    ("dpo", job("a", **DPO, hyperparameters={"beta": 0.1, "l2_multiplier": 0.2}), {"job/a": "067f657f73a7f9a1"}),
    ("reinforcement, with a grader", job("a", **RFT), {"job/a": "4f68471c1faac8a3"}),
    ("a chain", chain("c", ONE, TWO), {"job/c.one": "1dcd99ffc805ef5e", "job/c.two": "8621ea63c9839008"}),
    (
        "a copy, and what is made of it",
        job("a")
        + document("Copy", "k", account="eastus2", model={"job": "a", "checkpoint": "best"})
        + job("b", account="eastus2", model={"copy": "k"})
        + document("Deployment", "d", account="eastus2", model={"copy": "k"}, capacity=10),
        {"copy/k": "1a8bb45dcfc6b761", "job/b": "1c3b2554b69f985b", "deployment/d": "6ed6a46cfac48499"},
    ),
    (
        "from a checkpoint of a job",
        job("a", model={"job": "b", "checkpoint": 12}) + job("b"),
        {"job/a": "ce380ec73d5e5bc2", "job/b": "3bd1643a32e62a0c"},
    ),
    (
        "a file with a byte-order mark and the line ends of Windows",
        dataset("windows") + job("a", training="windows"),
        {"job/a": "3bd1643a32e62a0c", "file/windows@sweden": "19fc5b26092a5733"},
    ),
    (
        "a file behind an address",
        dataset("far", url="https://example.com/rows", sha256="ab" * 32) + job("a", training="far"),
        {"job/a": "942d6d477919d943", "file/far@sweden": "abababababababab"},
    ),
]


@pytest.mark.parametrize(("documents", "expected"), [pytest.param(*case, id=reason) for reason, *case in FROZEN])
def test_frozen(tmp_path: Path, documents: str, expected: dict[str, str]) -> None:
    windows = b"\xef\xbb\xbf" + BASE["train.jsonl"].replace("\n", "\r\n").encode()
    found = revisions(tmp_path, documents, windows__jsonl=windows)

    assert {key: found[key] for key in expected} == expected


def a(**spec: Any) -> str:
    return job("a", **spec)


SAME = [
    ("a default written out: trainingType", a(), a(trainingType="GlobalStandard"), {}),
    ("a default written out: method", a(), a(method="supervised"), {}),
    ("a default written out: attempt", a(), a(attempt=1), {}),
    ("a default written out: checkpoint", a(model={"job": "z"}) + job("z"), a(model={"job": "z", "checkpoint": "final"}) + job("z"), {}),
    ("null", a(), a(validation=None, seed=None, hyperparameters={"n_epochs": None}), {}),
    ("auto", a(), a(hyperparameters={"n_epochs": "auto"}), {}),
    ("auto, all of it", a(**DPO), a(**DPO, hyperparameters=dict.fromkeys(["n_epochs", "batch_size", "learning_rate_multiplier", "beta", "l2_multiplier"], "auto")), {}),
    ("auto beside what is chosen", a(hyperparameters={"n_epochs": 2}), a(hyperparameters={"n_epochs": 2, "batch_size": "auto"}), {}),
    ("an empty mapping", a(), a(hyperparameters={}), {}),
    ("1 and 1.0", a(hyperparameters={"learning_rate_multiplier": 1}), a(hyperparameters={"learning_rate_multiplier": 1.0}), {}),
    ("an alias of the model", a(model="gpt-4.1"), a(model="gpt-4.1-2025-04-14"), {}),
    ("a word as a mapping: model", a(), a(model={"base": "gpt-4.1-mini-2025-04-14"}), {}),
    ("a word as a mapping: method", a(method="dpo"), a(method={"type": "dpo"}), {}),
    ("suffix", a(), a(suffix="other"), {}),
    ("state", a(), a(state="paused"), {}),
    ("onSupersede", a(), a(onSupersede="cancel"), {}),
    ("integrations", a(), a(integrations=[{"type": "wandb", "wandb": {"project": "p"}}]), {}),
    ("account", a(), a(account="eastus2"), {}),
    ("protect", a(), a().replace("{name: a}", "{name: a, protect: true}"), {}),
    ("comments", a(), "# why\n" + a().replace("kind: Job", "kind: Job  # a job"), {}),
    ("order of fields", a(seed=1, attempt=2), a(attempt=2, seed=1), {}),
    ("a path", a(), dataset("moved", path="sub/moved.jsonl") + a(training="moved"), {"sub/moved.jsonl": BASE["train.jsonl"]}),
    ("a name of a dataset", a(), dataset("again", path="train.jsonl") + a(training="again"), {}),
    ("format of a dataset", a(), dataset("again", path="train.jsonl", format="dpo") + a(training="again"), {}),
    ("the project's name, marker and limits", a(), a(), {"base.yaml": BASE["base.yaml"].replace("demo", "other").replace("shop", "hotel")}),
    ("a default of the project that says the same", a(), a(), {"base.yaml": BASE["base.yaml"].replace('"demo"', '"demo", "defaults": {"job": {"trainingType": "GlobalStandard"}}')}),
    ("a byte-order mark", a(), a(), {"train.jsonl": b"\xef\xbb\xbf" + BASE["train.jsonl"].encode()}),
    ("line ends of Windows", a(), a(), {"train.jsonl": BASE["train.jsonl"].replace("\n", "\r\n")}),
    ("a name upstream", a(model={"job": "z"}) + job("z"), a(model={"job": "y"}) + job("y"), {}),
    ("a job instead of a chain of one step", a(model={"job": "z"}) + job("z"), a(model={"chain": "y"}) + chain("y", {"name": "s", "training": "train"}), {}),
    ("a chain's last step by name", a(model={"chain": "y"}) + chain("y", ONE), a(model={"chain": "y", "step": "one"}) + chain("y", ONE), {}),
    ("a suffix upstream", a(model={"job": "z"}) + job("z"), a(model={"job": "z"}) + job("z", suffix="s"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "files"), [pytest.param(*case, id=reason) for reason, *case in SAME])
def test_what_makes_no_other_run(tmp_path: Path, one: str, other: str, files: dict[str, str | bytes]) -> None:
    first = revisions(tmp_path / "one", one)["job/a"]

    assert revisions(tmp_path / "other", other, **files)["job/a"] == first


Z = job("z")
UP = {"job": "z"}
OTHER = [
    ("model", a(), a(model="gpt-4.1-nano-2025-04-14"), {}),
    ("content of training", a(), a(), {"train.jsonl": '{"messages": [2]}\n'}),
    ("a last line end", a(), a(), {"train.jsonl": BASE["train.jsonl"].rstrip("\n")}),
    ("another training set", a(), a(training="valid"), {}),
    ("validation", a(), a(validation="valid"), {}),
    ("content of validation", a(validation="valid"), a(validation="valid"), {"valid.jsonl": "{}"}),
    ("training and validation swapped", a(validation="valid"), a(training="valid", validation="train"), {}),
    ("method", a(), a(method="dpo"), {}),
    ("n_epochs", a(hyperparameters={"n_epochs": 2}), a(hyperparameters={"n_epochs": 3}), {}),
    ("n_epochs instead of the service's choice", a(), a(hyperparameters={"n_epochs": 1}), {}),
    ("batch_size", a(), a(hyperparameters={"batch_size": 1}), {}),
    ("learning_rate_multiplier", a(), a(hyperparameters={"learning_rate_multiplier": 0.1}), {}),
    ("beta", a(**DPO), a(**DPO, hyperparameters={"beta": 0.1}), {}),
    ("beta of zero", a(**DPO), a(**DPO, hyperparameters={"beta": 0}), {}),
    ("l2_multiplier", a(**DPO), a(**DPO, hyperparameters={"l2_multiplier": 0.1}), {}),
    ("grader", a(**RFT), a(**RFT | {"method": {"type": "reinforcement", "grader": GRADER | {"operation": "ne"}}}), {}),
    ("a word inside the grader", a(**RFT), a(**RFT | {"method": RFT["method"] | {"grader": GRADER | {"name": "auto"}}}), {}),
    ("response_format", a(**RFT), a(**RFT | {"method": RFT["method"] | {"response_format": {"type": "text"}}}), {}),
    *((f"reinforcement: {name}", a(**RFT), a(**RFT | {"hyperparameters": RFT["hyperparameters"] | {name: value}}), {})
      for name, value in (("reasoning_effort", "high"), ("compute_multiplier", 2), ("eval_interval", 6), ("eval_samples", 3))),
    ("seed", a(), a(seed=0), {}),
    ("another seed", a(seed=1), a(seed=2), {}),
    ("attempt", a(), a(attempt=2), {}),
    ("trainingType", a(), a(trainingType="DeveloperTier"), {}),
    ("a default of the project", a(), a(), {"base.yaml": BASE["base.yaml"].replace('"demo"', '"demo", "defaults": {"job": {"trainingType": "Standard"}}')}),
    ("a run upstream instead of a base model", a() + Z, a(model=UP) + Z, {}),
    ("which checkpoint upstream", a(model=UP) + Z, a(model=UP | {"checkpoint": "best"}) + Z, {}),
    ("another checkpoint upstream", a(model=UP | {"checkpoint": 1}) + Z, a(model=UP | {"checkpoint": 2}) + Z, {}),
    ("a change upstream", a(model=UP) + Z, a(model=UP) + job("z", seed=1), {}),
    ("a content upstream", a(model=UP, training="valid") + Z, a(model=UP, training="valid") + Z, {"train.jsonl": "{}"}),
    ("a change two runs upstream", a(model=UP) + job("z", model={"job": "y"}) + job("y"), a(model=UP) + job("z", model={"job": "y"}) + job("y", attempt=2), {}),
    ("another step of a chain", a(model={"chain": "c"}) + chain("c", ONE, TWO), a(model={"chain": "c", "step": "one"}) + chain("c", ONE, TWO), {}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "files"), [pytest.param(*case, id=reason) for reason, *case in OTHER])
def test_what_makes_another_run(tmp_path: Path, one: str, other: str, files: dict[str, str | bytes]) -> None:
    first = revisions(tmp_path / "one", one)["job/a"]

    assert revisions(tmp_path / "other", other, **files)["job/a"] != first


def test_chains_with_the_same_first_steps_share_them(tmp_path: Path) -> None:
    three = {"name": "three", "training": "train"}
    found = revisions(
        tmp_path,
        chain("c", ONE, TWO, three)
        + chain("d", ONE | {"name": "eins"}, TWO | {"name": "zwei"}, three | {"seed": 5, "name": "drei"})
        + chain("e", TWO, ONE),
    )

    assert found["job/c.one"] == found["job/d.eins"] != found["job/e.two"]
    assert found["job/c.two"] == found["job/d.zwei"] != found["job/e.one"]
    assert found["job/c.three"] != found["job/d.drei"]


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_change_goes_down_a_chain_and_not_up(tmp_path: Path, step: int) -> None:
    steps: list[dict[str, Any]] = [{"name": name, "training": "train"} for name in ("one", "two", "three")]
    tail = document("Deployment", "d", account="sweden", model={"chain": "c"})
    before = revisions(tmp_path / "before", chain("c", *steps) + tail)
    steps[step]["hyperparameters"] = {"n_epochs": 9}
    after = revisions(tmp_path / "after", chain("c", *steps) + tail)
    order = ["job/c.one", "job/c.two", "job/c.three", "deployment/d"]

    assert [before[key] != after[key] for key in order] == [place >= step for place in range(4)]


def test_a_step_and_a_job_that_say_the_same_are_one_run(tmp_path: Path) -> None:
    settings = {name: value for name, value in RFT.items() if name != "model"}
    found = revisions(
        tmp_path,
        chain("c", {"name": "s", "training": "train", **settings}, model=RFT["model"]) + job("a", **RFT),
    )

    assert found["job/c.s"] == found["job/a"]


def test_a_copy_to_two_accounts_has_one_revision(tmp_path: Path) -> None:
    base = BASE["base.yaml"] + account("westus")
    copies = [document("Copy", to, account=to, model={"job": "a"}) for to in ("eastus2", "westus")]
    found = revisions(tmp_path, job("a") + "".join(copies), base__yaml=base)

    assert found["copy/eastus2"] == found["copy/westus"]


def test_a_marker_is_no_part_of_what_is_declared(tmp_path: Path) -> None:
    one = revisions(tmp_path / "one", "", base__yaml=project() + account("sweden") + dataset("train") + job("a"))
    other = project().replace("demo", "two") + account("sweden") + dataset("train") + job("a")

    assert revisions(tmp_path / "other", "", base__yaml=other) == one
