"""A plan with nothing to do: the fewest requests, the network's own time, and little beside it.

Goals: 10,000 resources in under 2.5 s beside the network's own time, in under 200 MB, growing linearly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import folders
import live
import pytest
from measure import BARE, MODULE, Command, in_turns, peak, run, wall
from standin import StandIn, fewest_requests

from ftops.cli.session import graph_of

ACCOUNTS = 30
LATENCY = 0.05
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """Specs, and a stand-in of the service on which all of them exist."""

    folder: Path
    service: StandIn
    fewest: int

    @property
    def plan(self) -> Command:
        return (*MODULE, "plan", str(self.folder))


@pytest.fixture(scope="module")
def field_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Field]]:
    """Makes the field of a number of resources, once for all benchmarks here."""
    with ExitStack() as stack:

        @cache
        def make(size: int) -> Field:
            folder = tmp_path_factory.mktemp(f"plan-{size}")
            service = stack.enter_context(StandIn(LATENCY))
            folders.write(folder / "specs", resources=size, accounts=ACCOUNTS, url=service.url)
            graph = graph_of(folder / "specs")
            assert len(graph.resources) == size
            lists = live.lists_of(graph)
            service.serve(lists, folder / "lists.json")
            return Field(folder / "specs", service, fewest_requests(lists))

        yield make


@pytest.mark.parametrize("size", [100, 1_000, 10_000])
def test_plan_asks_no_more_than_it_must(size: int, field_of: Callable[[int], Field]) -> None:
    """One listing per kind and account, in pages of the greatest size, and nothing but GET."""
    field = field_of(size)
    field.service.counts()
    sample = run(field.plan)
    counts = field.service.counts()
    assert sample.code == 0, sample.text
    assert sample.text == f"Plan: nothing to do, {size} resources are as declared.\n"
    assert counts["methods"] == {"GET": counts["requests"]}
    assert counts["unknown"] == {}
    assert counts["requests"] == field.fewest


@pytest.mark.parametrize("size", [100, 1_000, 10_000])
def test_plan_takes_little_beside_the_network(
    size: int, field_of: Callable[[int], Field], benchmark: Any, figures: dict[str, Any]
) -> None:
    """Beside a bare interpreter and a plan of a tenth of the size, in turns."""
    field, tenth = field_of(size), field_of(size // 10) if size > 100 else None
    commands = {"bare": BARE, **({"tenth": tenth.plan} if tenth else {}), "plan": field.plan}
    field.service.counts()
    run(field.plan)
    counts = field.service.counts()
    samples = in_turns(benchmark, commands, rounds=5)
    network = counts["depth"] * LATENCY
    figures |= {
        "requests": counts["requests"],
        "fewest requests": field.fewest,
        "round trips one after another": counts["depth"],
        "wall, s": wall(samples["plan"]),
        "network's own time, s": network,
        "beside the network, s": wall(samples["plan"]) - network,
        "beside the network / bare python": (wall(samples["plan"]) - network) / wall(samples["bare"]),
        "peak memory, MB": peak(samples["plan"]) / MEGABYTE,
    }
    if tenth is not None:
        growth = wall(samples["plan"]) / wall(samples["tenth"])
        figures["wall / wall of a tenth"] = growth
        assert growth < 13  # ten, and room for noise: nothing quadratic
    assert peak(samples["plan"]) < 200 * MEGABYTE
