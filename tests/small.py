"""A project of one job and its deployment, and what a plan says about it."""

from __future__ import annotations

from typing import Any

from tests.harness import Sandbox

PROJECT = """
apiVersion: ftops/v1
kind: Project
metadata: {name: p}
spec: {marker: demo, limits: {deletions: 1, runs: 2}}
---
apiVersion: ftops/v1
kind: Account
metadata: {name: sweden}
spec:
  endpoint: https://sweden.openai.azure.com
  resourceId: /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/emulator/providers/Microsoft.CognitiveServices/accounts/sweden
  region: swedencentral
---
apiVersion: ftops/v1
kind: Dataset
metadata: {name: rows}
spec: {path: rows.jsonl}
"""

ROW = '{"messages":[{"role":"user","content":"%d?"},{"role":"assistant","content":"yes"}]}\n'
JOB = """
apiVersion: ftops/v1
kind: Job
metadata: {name: tune}
spec:
  account: sweden
  model: gpt-4.1
  training: rows
  hyperparameters: {n_epochs: 3}
"""
DEPLOYMENT = """
apiVersion: ftops/v1
kind: Deployment
metadata: {name: serve}
spec: {account: sweden, model: {job: tune}, sku: Standard, capacity: 2}
"""


def write_small(sandbox: Sandbox) -> None:
    sandbox.write("project.yaml", PROJECT)
    sandbox.write("rows.jsonl", "".join(ROW % number for number in range(12)))
    sandbox.write("tune.yaml", JOB)
    sandbox.write("serve.yaml", DEPLOYMENT)


def reasons(sandbox: Sandbox, **options: Any) -> dict[str, str]:
    changes = sandbox.plan(**options).changes
    return {str(c.key): f"{c.action.value}: {c.reason}" for c in changes if c.action.value != "noop"}
