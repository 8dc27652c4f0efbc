"""Whether every row of the fidelity ledger had a passing test in this run. The conftest calls it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent


def complaints(rows: Iterable[tuple[str, str]], outcomes: Mapping[str, str]) -> list[str]:
    """`rows` are pairs of id and test; `outcomes` say `passed`, `failed` or `skipped` by node."""
    found = []
    for id, test in rows:
        seen = [outcome for node, outcome in outcomes.items() if node == test or node.startswith(f"{test}[")]
        if not seen:
            found.append(f"{id}: {test} did not run")
        elif set(seen) != {"passed"}:
            found.append(f"{id}: {test} {', '.join(sorted(set(seen)))}")
    return found


def note(outcomes: dict[str, str], node: str, phase: str, outcome: str) -> None:
    """The worst of a test's phases counts; it only passes by its call."""
    if outcome != "passed":
        outcomes[node] = outcome
    elif phase == "call":
        outcomes.setdefault(node, outcome)


def is_whole(arguments: Iterable[str], folder: Path = FOLDER) -> bool:
    """Whether a run with these paths has all tests of the emulator in it."""
    asked = [Path(argument).resolve() for argument in arguments if "::" not in argument]
    return any(path == folder or path in folder.parents for path in asked)
