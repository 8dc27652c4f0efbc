"""Progress while a plan is carried out: a live picture on a terminal, one line per state change elsewhere."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ftops.errors import printable

if TYPE_CHECKING:
    from ftops.apply import Event
    from ftops.plan import Plan
    from ftops.resource import ResourceKey

_ENDS = frozenset(("ready", "done", "pending", "skipped", "blocked", "failed", "unknown"))


class Progress(AbstractContextManager["Progress"]):
    """Tells events on stderr, one line each."""

    @staticmethod
    def open(plan: Plan, *, quiet: bool) -> Progress:
        """The way of telling that fits where stderr goes."""
        if quiet:
            return Quiet()
        is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        return Live(plan) if is_live else Progress()

    def tell(self, event: Event) -> None:
        print(line(event), file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        return None


class Quiet(Progress):
    """Tells nothing: the result says it all."""

    def tell(self, event: Event) -> None:
        return None


@dataclass(slots=True, eq=False)
class Live(Progress):
    """Lines above, and below them a table of what is under way."""

    plan: Plan
    under_way: dict[ResourceKey, Event] = field(default_factory=dict)
    live: Any = None

    def __enter__(self) -> Live:
        from rich.console import Console
        from rich.live import Live as RichLive

        self.live = RichLive(console=Console(stderr=True), refresh_per_second=8, transient=True)
        self.live.start()
        return self

    def tell(self, event: Event) -> None:
        if event.word in _ENDS:
            self.under_way.pop(event.key, None)
        else:
            self.under_way[event.key] = event
        self.live.console.print(line(event), markup=False, highlight=False, soft_wrap=True)
        self.live.update(self._table())

    def _table(self) -> Any:
        from rich.spinner import Spinner
        from rich.table import Table

        table = Table.grid(padding=(0, 1))
        for key, event in self.under_way.items():
            table.add_row(Spinner("dots"), str(key), printable(event.word))
        return table

    def __exit__(self, *_: object) -> None:
        self.live.stop()


def line(event: Event) -> str:
    """`09:14:03  job/support  creating: does not exist`."""
    moment = datetime.fromtimestamp(event.at, UTC).strftime("%H:%M:%S")
    return f"{moment}  {event.key}  {printable(event.word)}{f': {printable(event.message)}' if event.message else ''}"
