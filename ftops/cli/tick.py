"""One plan and its apply: what `apply` and `reconcile` have in common."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import click

from ftops.apply import BAD, Outcome, Result, Run
from ftops.cli import FAILED, IN_PROGRESS, OK, wants_color
from ftops.cli.session import Session
from ftops.errors import FtopsError, WrongUsage
from ftops.leftovers import Leftovers
from ftops.observe import observe
from ftops.plan import Action, Plan
from ftops.planner import make_plan
from ftops.report import data, text
from ftops.report.progress import Progress

if TYPE_CHECKING:
    from ftops.graph import Graph
    from ftops.observe import Observation


@dataclass(slots=True)
class Tick:
    """Observe, plan, show, ask, apply, tell."""

    graph: Graph
    emulator: str | None
    wait: float = 0.0
    prune: bool = False
    ask: bool = False
    as_json: bool = False
    results: list[Result] = field(default_factory=list)
    is_blind: bool = False

    def run(self) -> Tick:
        """Go through it once. Raises WrongUsage if it may not ask, UnsafePlan if the plan is over a limit."""
        asyncio.run(self._run())
        return self

    @property
    def is_in_progress(self) -> bool:
        return any(result.outcome is Outcome.PENDING for result in self.results)

    def code(self, *, detailed: bool) -> int:
        if self.is_blind or any(result.outcome in BAD for result in self.results):
            return FAILED
        return IN_PROGRESS if detailed and self.is_in_progress else OK

    async def _run(self) -> None:
        async with Session.open(self.graph, self.emulator) as session:
            observation = await observe(self.graph, session.services, session.clock, all_kinds=self._all_kinds)
            plan = self._plan(observation)
            self.is_blind = bool(plan.unreadable)
            self._show(plan)
            plan.guard(self.graph.workspace.project.limits)
            if not plan.is_empty and self.ask:
                confirm(self._question)
            await self._apply(plan, observation, session)

    @property
    def _all_kinds(self) -> bool:
        return self.prune

    _question: ClassVar[str] = "Make these changes?"

    def _plan(self, observation: Observation) -> Plan:
        return make_plan(observation, prune=self.prune)

    async def _apply(self, plan: Plan, observation: Observation, session: Session) -> None:
        with Progress.open(plan, quiet=self.as_json) as progress:
            run = Run(plan, observation, session.services, session.clock, self.wait, progress.tell)
            self.results = await run.apply()
        if self.as_json:
            click.echo(data.dumps(data.of_results(plan, self.results)))
        elif plan.of(*set(Action) - {Action.NOOP}):
            click.echo(text.results(self.results), nl=False)
            if self.emulator is not None and self.is_in_progress:
                click.echo("The emulator's time stands still: pass --wait, or `ftops emulator advance 1h`.", err=True)

    def _show(self, plan: Plan) -> None:
        if not self.as_json:
            click.echo(text.plan(plan, color=wants_color()), nl=False)


@dataclass(slots=True)
class Destruction(Tick):
    """Delete what is ours instead; `include` names kinds beside those that cost money while they idle."""

    include: frozenset[str] = frozenset()
    _question: ClassVar[str] = "Delete these?"

    @property
    def _all_kinds(self) -> bool:
        return True

    def _plan(self, observation: Observation) -> Plan:
        return Leftovers(observation).destruction(self.include)


def confirm(question: str) -> None:
    """Ask on a terminal. Raises WrongUsage where nobody can answer, FtopsError if the answer is no."""
    if not sys.stdin.isatty():
        raise WrongUsage("nobody is there to ask", "pass --yes to go on without asking")
    if not click.confirm(question, err=True):
        raise FtopsError("not confirmed, so nothing was changed")
