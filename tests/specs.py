"""Folders of specs for tests, and what ftops makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from ftops.errors import Problem, SpecsInvalid
from ftops.expand import expand
from ftops.graph import Graph, build, with_revisions
from ftops.kinds import discover
from ftops.load import load

QUICKSTART = Path(__file__).parents[1] / "specs" / "quickstart"


def document(kind: str, name: str, /, **spec: Any) -> str:
    """One document; `copy_` and the like stand for words that Python keeps to itself."""
    fields = json.dumps(spec, ensure_ascii=False)
    return f"---\napiVersion: ftops/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {fields}\n"


def project(**spec: Any) -> str:
    return document("Project", "shop", marker="demo", **spec)


def account(name: str, **spec: Any) -> str:
    base = "/subscriptions/0/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/"
    given = {"endpoint": f"https://{name}.openai.azure.com", "resourceId": base + name, "region": name}
    return document("Account", name, **given | spec)


def dataset(name: str, **spec: Any) -> str:
    return document("Dataset", name, **spec or {"path": f"{name}.jsonl"})


def job(name: str, **spec: Any) -> str:
    given = {"account": "sweden", "model": "gpt-4.1-mini-2025-04-14", "training": "train"}
    return document("Job", name, **given | spec)


#: A project, two accounts and a training and a validation set: what most cases begin with.
BASE = {
    "base.yaml": project() + account("sweden") + account("eastus2") + dataset("train") + dataset("valid"),
    "train.jsonl": '{"messages": []}\n',
    "valid.jsonl": '{"messages": [1]}\n',
}


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """The files below `root`; text loses the indentation that it has in a test."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return root


def graph(root: Path) -> Graph:
    """The resources that a folder declares, with their revisions. Raises SpecsInvalid."""
    return with_revisions(build(expand(load(root, discover()))))


def graph_of(root: Path, *documents: str) -> Graph:
    """The graph of the base and these documents."""
    return graph(write(root, {**BASE, "specs.yaml": "".join(documents)}))


def problems(root: Path) -> list[Problem]:
    """Everything that is wrong with a folder, by place."""
    try:
        graph(root)
    except SpecsInvalid as error:
        return error.problems
    return []


def messages(root: Path) -> str:
    """What a user reads about a folder, which is called `specs` here."""
    return "\n\n".join(map(str, problems(root))).replace(str(root), "specs")
