"""Fixtures: a sandbox, empty or with the quickstart in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Sandbox
from tests.small import write_small

QUICKSTART = Path(__file__).parent.parent / "specs" / "quickstart"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the long proofs")
    parser.addoption("--profile", default="azure", help="the emulator's profile in every sandbox")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="a long proof: run with --long"))


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path, request.config.getoption("--profile"))
    yield made
    made.world.close()


@pytest.fixture
def quickstart(sandbox: Sandbox) -> Sandbox:
    """A sandbox that holds the quickstart's specs."""
    shutil.copytree(QUICKSTART, sandbox.specs, dirs_exist_ok=True)
    return sandbox


@pytest.fixture
def small(sandbox: Sandbox) -> Sandbox:
    """A sandbox with one job and its deployment."""
    write_small(sandbox)
    return sandbox
