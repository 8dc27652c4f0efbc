"""How long an apply takes on the emulator's clock, beside the least time that anybody could make it in.

The clock is virtual, so these figures are the same on every machine. Goal: 1.05 times the bound.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from shutil import copytree
from typing import Any

import folders
import pytest
from bound import Bound, bound, spans

from ftops.apply import Outcome, Run
from ftops.cli.session import Session, graph_of
from ftops.observe import observe
from ftops.planner import make_plan

GOAL = 1.05
QUICKSTART = Path(__file__).parents[2] / "specs" / "quickstart"

#: Lengths of the chains in each of two accounts: 20 jobs each, of which 3 run at once.
_CHAINS = {"sweden": (6, 5, 4, 3, 1, 1), "eastus2": (8, 4, 3, 2, 2, 1)}
_CHAIN = """\
---
apiVersion: ftops/v1
kind: Chain
metadata: {{name: {name}}}
spec:
  account: {account}
  model: {base}
  steps:
{steps}
---
apiVersion: ftops/v1
kind: Deployment
metadata: {{name: {name}}}
spec: {{account: {account}, model: {{chain: {name}}}}}
"""
_COPY = """\
---
apiVersion: ftops/v1
kind: Copy
metadata: {{name: {name}}}
spec: {{account: {account}, model: {{chain: {name}}}}}
---
apiVersion: ftops/v1
kind: Deployment
metadata: {{name: {name}-abroad}}
spec: {{account: {account}, model: {{copy: {name}}}}}
"""


def quickstart(folder: Path) -> Path:
    return copytree(QUICKSTART, folder)


def wide_and_deep(folder: Path) -> Path:
    """Forty jobs in chains of many lengths over both accounts, a deployment of each chain, and three copies."""
    (folder / "data").mkdir(parents=True)
    for name in ("project.yaml", "accounts.yaml"):
        (folder / name).write_text((QUICKSTART / name).read_text())
    text, job = "", 0
    for account, lengths in _CHAINS.items():
        for index, length in enumerate(lengths):
            name, steps = f"{account}-{index}", []
            for step in range(length):
                job += 1
                folders.write_rows(folder / "data" / f"rows-{job}.jsonl", job, count=20 + 37 * job % 250)
                text += f"---\napiVersion: ftops/v1\nkind: Dataset\nmetadata: {{name: rows-{job}}}\n"
                text += f"spec: {{path: data/rows-{job}.jsonl}}\n"
                steps.append(f"    - {{name: s{step}, training: rows-{job}, hyperparameters: {{n_epochs: 3}}}}")
            text += _CHAIN.format(name=name, account=account, base=folders.BASE, steps="\n".join(steps))
    for name, account in (("sweden-0", "eastus2"), ("sweden-2", "eastus2"), ("eastus2-1", "sweden")):
        text += _COPY.format(name=name, account=account)
    (folder / "chains.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("make", [quickstart, wide_and_deep])
def test_makespan(make: Any, tmp_path: Path, benchmark: Any, figures: dict[str, Any]) -> None:
    """Everything is ready in the end, in little more than the least time.

    In the wide graph more jobs are ready than may run, and the service takes them in the order in which they came: so
    which of them are sent first makes the difference.
    """
    folder = make(tmp_path / "specs")
    taken, least, resources = benchmark.pedantic(
        lambda: asyncio.run(_apply(folder, tmp_path / "world.db")), rounds=1, iterations=1
    )
    figures |= {
        "resources": resources,
        "makespan, s": taken,
        "critical path, s": least.critical_path,
        "load of the busiest account, s": least.load,
        "makespan / bound": taken / least.seconds,
        "goal": GOAL,
    }
    assert 1.0 <= taken / least.seconds <= GOAL


async def _apply(folder: Path, world: Path) -> tuple[float, Bound, int]:
    graph = graph_of(folder)
    async with Session.open(graph, str(world)) as session:
        observation = await observe(graph, session.services, session.clock)
        plan = make_plan(observation)
        began = session.clock.now()
        results = await Run(plan, observation, session.services, session.clock, float("inf")).apply()
        taken = session.clock.now() - began
        assert {result.outcome for result in results} == {Outcome.DONE}, [r for r in results if r.message][:3]
        after = await observe(graph, session.services, session.clock)
        assert make_plan(after).is_empty
        return taken, bound(graph, await spans(after, session.services)), len(graph.resources)
