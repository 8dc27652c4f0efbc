"""Folders of specs of any size: a project, its accounts, and chains of file -> job -> deployment."""

from __future__ import annotations

import json
from pathlib import Path

BASE = "gpt-4.1-mini-2025-04-14"
MARKER = "bench"

_PROJECT = """\
apiVersion: ftops/v1
kind: Project
metadata: {{name: benchmark}}
spec:
  marker: {marker}
  limits: {{deletions: 3, runs: 100000}}
"""
_ACCOUNT = """\
apiVersion: ftops/v1
kind: Account
metadata:
  name: {name}
spec:
  endpoint: {endpoint}
  managementEndpoint: {management}
  resourceId: {resource_id}
  region: swedencentral
"""
_CHAIN = """\
apiVersion: ftops/v1
kind: Dataset
metadata:
  name: rows-{number}
spec:
  path: data/rows-{number}.jsonl
  format: chat
---
apiVersion: ftops/v1
kind: Job
metadata:
  name: job-{number}
spec:
  account: {account}
  model: {base}
  training: rows-{number}
  trainingType: GlobalStandard
  hyperparameters:
    n_epochs: 3
    learning_rate_multiplier: 0.5
---
"""
_DEPLOYMENT = """\
apiVersion: ftops/v1
kind: Deployment
metadata:
  name: {name}
spec:
  account: {account}
  model: {{job: job-{number}}}
  sku: GlobalStandard
  capacity: 50
"""


def write(folder: Path, *, resources: int, accounts: int, url: str) -> Path:
    """Specs of exactly so many resources, spread evenly over accounts of the service at `url`.

    Three resources make a chain; what is left over is further deployments of the first job. One file of documents
    an account.
    """
    (folder / "data").mkdir(parents=True)
    names = [f"account-{index:02}" for index in range(accounts)]
    (folder / "project.yaml").write_text(_PROJECT.format(marker=MARKER))
    (folder / "accounts.yaml").write_text("---\n".join(_account(name, url) for name in names))
    documents: dict[str, list[str]] = {name: [] for name in names}
    chains, left_over = divmod(resources, 3)
    for index in range(chains):
        number, account = f"{index:05}", names[index % accounts]
        documents[account].append(_CHAIN.format(number=number, account=account, base=BASE) + _served(number, account))
        write_rows(folder / "data" / f"rows-{number}.jsonl", index, count=2)
    for index in range(left_over):
        documents[names[0]].append(_served("00000", names[0], f"again-{index}"))
    for account, texts in documents.items():
        if texts:
            (folder / f"{account}.yaml").write_text("---\n".join(texts))
    return folder


def write_rows(path: Path, seed: int, *, count: int) -> None:
    """A training set of `count` conversations; another `seed` makes another set."""
    path.write_text("".join(_row(f"{seed}-{row}") + "\n" for row in range(count)))


def _row(word: str) -> str:
    question = {"role": "user", "content": f"Where is parcel {word}?"}
    answer = {"role": "assistant", "content": f"Parcel {word} left our warehouse yesterday."}
    return json.dumps({"messages": [question, answer]})


def _served(number: str, account: str, name: str = "") -> str:
    return _DEPLOYMENT.format(name=name or f"served-{number}", account=account, number=number)


def _account(name: str, url: str) -> str:
    resource_id = (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/benchmark"
        f"/providers/Microsoft.CognitiveServices/accounts/{name}"
    )
    return _ACCOUNT.format(name=name, endpoint=f"{url}/a/{name}", management=url, resource_id=resource_id)
