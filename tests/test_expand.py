"""Documents in; resources and their links out."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ftops.resource import ResourceKey
from tests.specs import BASE, account, dataset, document, graph, graph_of, job, messages, problems, project, write


def chain(name: str, *steps: str, **spec: Any) -> str:
    given = {"account": "sweden", "model": "gpt-4.1-mini-2025-04-14"}
    runs = [{"name": step, "training": "train"} for step in steps]
    return document("Chain", name, **given | {"steps": runs} | spec)


def copy(name: str, model: dict[str, Any], to: str = "eastus2") -> str:
    return document("Copy", name, account=to, model=model)


def deployment(name: str, model: Any, on: str = "sweden") -> str:
    return document("Deployment", name, account=on, model=model)


def links(root: Path, *documents: str) -> dict[str, list[str]]:
    """What each resource refers to: `field: kind/name output choice`, and the account it is in."""
    return {
        f"{key} in {resource.account}": [
            " ".join(filter(None, (f"{link.field}:", str(link.target), link.output, link.choice)))
            for link in resource.links
        ]
        for key, resource in graph_of(root, *documents).resources.items()
    }


TRAIN = "training: file/train@sweden id"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param([], {}, id="datasets and accounts alone are no resources"),
        pytest.param(
            [job("a", validation="valid")],
            {
                "file/train@sweden in sweden": [],
                "file/valid@sweden in sweden": [],
                "job/a in sweden": [TRAIN, "validation: file/valid@sweden id"],
            },
            id="a dataset becomes a file",
        ),
        pytest.param(
            [job("a"), job("b", account="eastus2"), job("c", account="eastus2", validation="train")],
            {
                "file/train@eastus2 in eastus2": [],
                "file/train@sweden in sweden": [],
                "job/a in sweden": [TRAIN],
                "job/b in eastus2": ["training: file/train@eastus2 id"],
                "job/c in eastus2": ["training: file/train@eastus2 id", "validation: file/train@eastus2 id"],
            },
            id="one file in each account that needs it",
        ),
        pytest.param(
            [chain("c", "one", "two", "three", model={"job": "a"}), job("a")],
            {
                "file/train@sweden in sweden": [],
                "job/a in sweden": [TRAIN],
                "job/c.one in sweden": [TRAIN, "model: job/a model final"],
                "job/c.two in sweden": [TRAIN, "model: job/c.one model final"],
                "job/c.three in sweden": [TRAIN, "model: job/c.two model final"],
            },
            id="a chain becomes its jobs",
        ),
        pytest.param(
            [
                chain("c", "one", "two"),
                deployment("last", {"chain": "c"}),
                deployment("named", {"chain": "c", "step": "one"}),
                deployment("best", {"chain": "c", "checkpoint": "best"}),
                deployment("numbered", {"job": "c.one", "checkpoint": 20}),
            ],
            {
                "file/train@sweden in sweden": [],
                "job/c.one in sweden": [TRAIN],
                "deployment/named in sweden": ["model: job/c.one model final"],
                "deployment/numbered in sweden": ["model: job/c.one model 20"],
                "job/c.two in sweden": [TRAIN, "model: job/c.one model final"],
                "deployment/best in sweden": ["model: job/c.two model best"],
                "deployment/last in sweden": ["model: job/c.two model final"],
            },
            id="references to a chain mean one of its jobs",
        ),
        pytest.param(
            [job("a"), job("b", model={"job": "a", "checkpoint": 3}), deployment("base", "gpt-4.1")],
            {
                "deployment/base in sweden": [],
                "file/train@sweden in sweden": [],
                "job/a in sweden": [TRAIN],
                "job/b in sweden": [TRAIN, "model: job/a model 3"],
            },
            id="a job from a job",
        ),
        pytest.param(
            [
                job("a"),
                copy("k", {"job": "a", "checkpoint": "best"}),
                job("b", account="eastus2", model={"copy": "k"}),
                deployment("d", {"copy": "k"}, on="eastus2"),
            ],
            {
                "file/train@eastus2 in eastus2": [],
                "file/train@sweden in sweden": [],
                "job/a in sweden": [TRAIN],
                "copy/k in eastus2": ["model: job/a checkpoint best"],
                "deployment/d in eastus2": ["model: copy/k model final"],
                "job/b in eastus2": ["training: file/train@eastus2 id", "model: copy/k model final"],
            },
            id="a job and a deployment of a copy, in its account",
        ),
    ],
)
def test_resources_and_links(tmp_path: Path, documents: list[str], expected: dict[str, list[str]]) -> None:
    assert links(tmp_path, *documents) == expected


def test_a_resource_comes_after_what_it_needs(tmp_path: Path) -> None:
    found = graph_of(tmp_path, deployment("a", {"chain": "c"}), chain("c", "z", "y", "x", model={"job": "q"}), job("q"))
    order = list(found.resources)

    for key, needs in found.needs.items():
        assert all(order.index(need) < order.index(key) for need in needs)


def test_the_spec_of_a_step(tmp_path: Path) -> None:
    steps = [
        {"name": "one", "training": "train", "hyperparameters": {"n_epochs": 2}, "suffix": "x", "state": "paused"},
        {"name": "two", "training": "valid", "trainingType": "Standard", "method": "dpo", "onSupersede": "cancel"},
    ]
    found = graph_of(tmp_path, chain("c", model={"base": "gpt-4.1"}, trainingType="DeveloperTier", steps=steps))
    specs = [
        found.resources[ResourceKey("job", f"c.{step}")].spec.model_dump(exclude_unset=True, exclude_none=True)
        for step in ("one", "two")
    ]

    assert specs == [
        {
            "account": "sweden",
            "model": {"base": "gpt-4.1"},
            "training": "train",
            "trainingType": "DeveloperTier",
            "hyperparameters": {"n_epochs": 2},
            "suffix": "x",
            "state": "paused",
        },
        {
            "account": "sweden",
            "model": {"job": "c.one"},
            "training": "valid",
            "trainingType": "Standard",
            "method": {"type": "dpo"},
            "onSupersede": "cancel",
        },
    ]


def test_what_is_protected(tmp_path: Path) -> None:
    protected = chain("c", "one").replace("{name: c}", "{name: c, protect: true}")
    found = graph_of(tmp_path, protected, job("a"))

    assert {str(key): resource.protect for key, resource in found.resources.items()} == {
        "file/train@sweden": False,
        "job/a": False,
        "job/c.one": True,
    }


def test_the_order_of_documents_and_files_makes_no_difference(tmp_path: Path) -> None:
    documents = [
        project(defaults={"chain": {"trainingType": "Standard"}}),
        account("sweden") + account("eastus2"),
        dataset("train") + chain("c", "one", "two", model={"job": "a"}),
        job("a") + deployment("d", {"copy": "k"}, on="eastus2"),
        copy("k", {"chain": "c"}),
    ]
    seen = set()
    for number, order in enumerate(permutations(documents)):
        files = (
            {f"{index}.yaml": text for index, text in enumerate(order)} if number % 2 else {"a.yaml": "".join(order)}
        )
        found = graph(write(tmp_path / str(number), files | dict.fromkeys(("train.jsonl",), BASE["train.jsonl"])))
        seen.add(tuple((str(key), r.revision, r.account, r.links) for key, r in found.resources.items()))

    assert len(seen) == 1


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        pytest.param(
            [chain("c", "one", "two", model={"job": "a"}), job("a", model={"chain": "c"})],
            "job/a -> job/c.two -> job/c.one -> job/a",
            id="over a chain",
        ),
        pytest.param(
            [chain("c", "one", model={"chain": "d"}), chain("d", "one", model={"chain": "c"})],
            "job/c.one -> job/d.one -> job/c.one",
            id="two chains",
        ),
        pytest.param(
            [chain("c", "one", "two", model={"chain": "c", "step": "two"})],
            "job/c.one -> job/c.two -> job/c.one",
            id="a chain of itself",
        ),
        pytest.param(
            [job("a", model={"copy": "k"}), copy("k", {"job": "a"})], "copy/k -> job/a -> copy/k", id="over a copy"
        ),
        pytest.param([job("a", model={"job": "a"})], "job/a -> job/a", id="itself"),
    ],
)
def test_cycles(tmp_path: Path, documents: list[str], message: str) -> None:
    files = BASE | {"specs.yaml": "".join(documents)}
    [problem] = [p for p in problems(write(tmp_path, files)) if p.code == "FT202"]

    assert problem.message == f"a resource needs itself: {message}"


def test_a_chain_may_go_on_from_its_own_earlier_step_by_name_only(tmp_path: Path) -> None:
    """Two chains may lean on each other's steps as long as no run waits for itself."""
    found = links(tmp_path, chain("c", "one", "two"), chain("d", "one", model={"chain": "c", "step": "one"}))

    assert found["job/d.one in sweden"] == [TRAIN, "model: job/c.one model final"]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([job("a", training="tain")], ["FT201 there is no dataset/tain (did you mean `train`?)"]),
        ([job("a", account="west", training="x")], ["FT201 there is no account/west (known: `eastus2`, `sweden`)", "FT201 there is no dataset/x (known: `train`, `valid`)"]),
        ([job("a", model={"job": "b"})], ["FT201 there is no job/b (known: `a`)"]),
        ([job("a", model={"chain": "b"})], ["FT201 there is no chain/b (no chain is declared)"]),
        ([job("a", model={"copy": "b"})], ["FT201 there is no copy/b (no copy is declared)"]),
        ([chain("c", "one"), job("a", model={"job": "c.tow"})], ["FT201 there is no job/c.tow (did you mean `c.one`?)"]),
        ([chain("c", "one"), job("a", model={"chain": "c", "step": "x"})], ["FT201 chain/c has no step `x`; its steps: `one`"]),
        ([chain("c", steps=[{"name": "s", "training": "tain"}])], ["FT201 there is no dataset/tain (did you mean `train`?)"]),
        ([job("bad", seed="x"), job("a", model={"job": "bad"})], ["FT104 `seed` must be a whole number"]),
    ],
)  # fmt: skip
def test_references_to_nothing(tmp_path: Path, documents: list[str], expected: list[str]) -> None:
    found = problems(write(tmp_path, BASE | {"specs.yaml": "".join(documents)}))

    assert [f"{p.code} {p.message}" + f" ({p.hint})" * bool(p.hint) for p in found] == expected


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([job("a"), job("b", account="eastus2", model={"job": "a"})], "job/a is in account/sweden, job/b in account/eastus2"),
        ([chain("c", "one"), deployment("d", {"chain": "c"}, on="eastus2")], "job/c.one is in account/sweden, deployment/d in account/eastus2"),
        ([job("a"), copy("k", {"job": "a"}), deployment("d", {"copy": "k"})], "copy/k is in account/eastus2, deployment/d in account/sweden"),
        ([job("a"), copy("k", {"job": "a"}, to="sweden")], "job/a is in account/sweden already"),
    ],
)  # fmt: skip
def test_only_a_copy_leaves_its_account(tmp_path: Path, documents: list[str], expected: str) -> None:
    write(tmp_path, BASE | {"specs.yaml": "".join(documents)})

    assert [p.message for p in problems(tmp_path)] == [expected], messages(tmp_path)
