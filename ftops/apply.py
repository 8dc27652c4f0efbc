"""Carries out a plan: submits what is ready, keeps one writer per account where the service wants it, polls what is
under way while time is left, and goes on with independent branches when one fails.

Nothing is lost when it stops at any point: the next run observes again and goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ftops.errors import Conflict, FtopsError, NotFound, OutcomeUnknown, Throttled
from ftops.plan import Action, Change, Plan
from ftops.resource import Observed, Phase, ResourceKey
from ftops.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftops.clock import Clock
    from ftops.kind import Managed
    from ftops.observe import Observation
    from ftops.service import Services


class Outcome(StrEnum):
    """How a change ended, as far as this run is concerned."""

    DONE = "done"
    PENDING = "pending"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    FAILED = "failed"
    UNKNOWN = "unknown"


#: Outcomes that make a run a failure.
BAD = frozenset((Outcome.BLOCKED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change."""

    change: Change
    outcome: Outcome
    message: str = ""
    observed: Observed | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a resource: one line for people, one object for machines. `at` is in epoch seconds."""

    at: float
    key: ResourceKey
    word: str
    message: str = ""


Report = Callable[[Event], None]

#: Seconds after a lost answer during which the object is searched for, and between two looks.
SEARCH_SECONDS, SEARCH_PAUSE = 60.0, 10.0
#: Seconds before a write that was refused for the time being is tried again.
RETRY_SECONDS = 30.0
#: Seconds during which reads may lag behind a write.
GRACE_SECONDS = 90.0
MOST_AT_ONCE = 32

_STARTED = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
}


@dataclass(slots=True, eq=False)
class _Step:
    """One change on its way. `due` is when to turn to it again, `began` when it was sent or first watched."""

    change: Change
    result: Result | None = None
    observed: Observed | None = None
    due: float | None = None
    began: float | None = None
    is_lost: bool = False

    @property
    def key(self) -> ResourceKey:
        return self.change.key

    @property
    def is_waiting(self) -> bool:
        return self.result is None and self.began is None and self.due is None


@dataclass(slots=True)
class Run:
    """One apply. `wait` is how long to poll for what is under way, in seconds: 0 submits and returns."""

    plan: Plan
    observation: Observation
    services: Services
    clock: Clock
    wait: float = 0.0
    report: Report = lambda event: None
    found: dict[ResourceKey, Observed] = field(init=False)
    work: Work = field(init=False)
    steps: dict[ResourceKey, _Step] = field(init=False)
    writers: dict[tuple[str, str], _Step] = field(default_factory=dict)
    tasks: dict[asyncio.Task[None], _Step] = field(default_factory=dict)
    deadline: float = field(init=False)
    priority: Mapping[ResourceKey, float] = field(init=False)

    def __post_init__(self) -> None:
        self.found = dict(self.observation.found)
        self.work = Work(self.observation, self.services, self.clock, self.found)
        self.steps = {change.key: _Step(change) for change in self.plan.changes}
        self.priority = self.observation.graph.seconds_to_end()
        self.deadline = self.clock.now() + self.wait

    async def apply(self) -> list[Result]:
        """Carry the plan out as far as it goes in this run; a result for every change, in the plan's order."""
        for step in self.steps.values():
            self._take_up(step)
        while True:
            self._end_hopeless()
            self._start_ready()
            if self.tasks:
                await self._some_task_ends()
            elif (due := self._next_due()) is not None:
                await self.clock.sleep(max(0.0, due - self.clock.now()))
            else:
                break
            self._turn_to_due()
        return [self._closed(step) for step in self.steps.values()]

    # Choosing what to do next

    def _take_up(self, step: _Step) -> None:
        """End the steps that there is nothing to do for; put those under way on watch."""
        change = step.change
        step.observed = change.observed
        if change.action is Action.BLOCKED:
            self._end(step, Outcome.BLOCKED, change.reason)
        elif change.action is Action.NOOP:
            is_paused = change.observed is not None and change.observed.phase is Phase.PAUSED
            self._end(step, Outcome.PENDING if is_paused else Outcome.DONE, change.reason)
        elif change.action is Action.WAIT and change.observed is not None:
            step.began = self.observation.at
            if self._kind(step).one_writer:
                self.writers[self._lane(step)] = step
            self._watch(step, change.observed)

    def _end_hopeless(self) -> None:
        """End the waiting steps that need something which this run will not make ready."""
        for step in self.steps.values():
            for need in step.change.needs if step.is_waiting else ():
                result = self.steps[need].result
                if result is not None and not self._is_ready(need):
                    is_late = result.outcome in (Outcome.PENDING, Outcome.DONE)
                    words = "waits for" if is_late else "needs"
                    self._end(step, Outcome.PENDING if is_late else Outcome.SKIPPED, f"{words} {need}")
                    break

    def _start_ready(self) -> None:
        """Start what can be started, the beginning of the longest remaining path first."""
        ready = [s for s in self.steps.values() if s.is_waiting and all(map(self._is_ready, s.change.needs))]
        for step in sorted(ready, key=lambda s: -self.priority.get(s.key, 0.0)):
            if len(self.tasks) >= MOST_AT_ONCE:
                return
            if self._kind(step).one_writer:
                if self._lane(step) in self.writers:
                    continue
                self.writers[self._lane(step)] = step
            step.began = self.clock.now()
            self._tell(step, _STARTED[step.change.action], step.change.reason)
            self._begin(step, self._submit(step))

    def _is_ready(self, key: ResourceKey) -> bool:
        """Whether what needs this resource can go on: it was not to be made, or its object is ready."""
        result = self.steps[key].result
        if result is None or result.outcome is not Outcome.DONE:
            return False
        observed = self.found.get(key)
        return observed is None or observed.phase is Phase.READY

    def _next_due(self) -> float | None:
        return min((step.due for step in self.steps.values() if step.due is not None), default=None)

    async def _some_task_ends(self) -> None:
        due = self._next_due()
        await self.clock.first_done(self.tasks, max(0.0, due - self.clock.now()) if due else float("inf"))
        for task in [task for task in self.tasks if task.done()]:
            del self.tasks[task]
            task.result()

    def _turn_to_due(self) -> None:
        now = self.clock.now()
        for step in self.steps.values():
            if step.due is None or step.due > now:
                continue
            step.due = None
            if step.began is not None:  # else it was postponed, and starts again like any other
                self._begin(step, self._look(step))

    def _begin(self, step: _Step, work: Coroutine[Any, Any, None]) -> None:
        self.tasks[asyncio.ensure_future(work)] = step

    # One request each

    async def _submit(self, step: _Step) -> None:
        """Send the one write of a step. A refusal for the time being puts it back; a lost answer starts a search."""
        try:
            observed = await self.work.write(step.change)
        except (Conflict, Throttled) as error:
            self._postpone(step, error)
        except OutcomeUnknown as error:
            step.is_lost, step.due = True, self.clock.now() + SEARCH_PAUSE
            self._tell(step, "answer lost", f"{error.message}; looking for what the write did")
        except FtopsError as error:
            self._end(step, Outcome.FAILED, f"{error.message}; {error.hint}" if error.hint else error.message)
        else:
            self._watch(step, observed)

    async def _look(self, step: _Step) -> None:
        """Look at the object again. A look that fails says nothing about the object."""
        try:
            if step.is_lost:
                observed = await self.work.search(step.change)
                step.is_lost = False
                self._tell(step, "found", "the write whose answer was lost took effect")
            else:
                assert step.observed is not None
                observed = await self.work.see(step.change, step.observed)
        except NotFound as error:
            self._gone(step, error)
        except FtopsError as error:
            self._watch_on(step, error.message)
        else:
            self._watch(step, observed)

    # What an answer means for a step

    def _watch(self, step: _Step, observed: Observed | None) -> None:
        """Take in what the object looks like now, and end the step if that settles it."""
        before, step.observed = step.observed, observed
        if observed is not None and step.change.desired is not None:
            self.found[step.key] = observed
        outcome = Outcome.DONE if observed is None else self._verdict(step, observed)
        message = observed.message if observed is not None else ""
        if outcome is None:
            if before is not None and before.message != message:
                self._tell(step, message)
            self._watch_on(step, message)
        else:
            remedy = self._kind(step).remedy if outcome is Outcome.FAILED else ""
            self._end(step, outcome, f"{message}; {remedy}" if remedy else message)

    def _verdict(self, step: _Step, observed: Observed) -> Outcome | None:
        """How the step ends if its object looks like this; None while it is under way."""
        change = step.change
        if change.action is Action.DELETE:
            return None
        if change.action is Action.UPDATE:
            took_effect = self.work.took_effect(change, observed)
            if took_effect and (change.desired is None or observed.phase is not Phase.PROGRESSING):
                return Outcome.DONE
            if observed.phase is Phase.READY:
                return None if self._is_fresh(step) else Outcome.FAILED
        phases = {Phase.READY: Outcome.DONE, Phase.FAILED: Outcome.FAILED, Phase.PAUSED: Outcome.PENDING}
        return phases.get(observed.phase)

    def _watch_on(self, step: _Step, message: str) -> None:
        """Keep a step on watch while this run has time for it."""
        kind, began = self._kind(step), step.began if step.began is not None else self.clock.now()
        due = self.clock.now() + (SEARCH_PAUSE if step.is_lost else kind.poll_seconds)
        patience = began + (SEARCH_SECONDS if step.is_lost else kind.settle_seconds)
        if due <= patience or (not step.is_lost and due <= self.deadline):
            step.due = due
        elif step.is_lost:
            self._end(step, Outcome.UNKNOWN, f"{message}; nothing is sent again, the next run looks for it")
        else:
            self._end(step, Outcome.PENDING, message)

    def _gone(self, step: _Step, error: NotFound) -> None:
        """A missing object: what a deletion is for, and normal for a moment after a create."""
        if step.change.action is Action.DELETE:
            self._end(step, Outcome.DONE)
        elif self._is_fresh(step) or step.is_lost:
            self._watch_on(step, "not visible yet")
        else:
            self._end(step, Outcome.FAILED, f"is gone: {error.message}")

    def _postpone(self, step: _Step, error: FtopsError) -> None:
        """The service refused for the time being, so nothing was changed: try again later, or in the next run."""
        if self.clock.now() + RETRY_SECONDS > self.deadline:
            self._end(step, Outcome.PENDING, f"refused for now: {error.message}")
            return
        self._tell(step, "postponed", error.message)
        self._leave_lane(step)
        step.began, step.due = None, self.clock.now() + RETRY_SECONDS

    def _end(self, step: _Step, outcome: Outcome, message: str = "") -> None:
        step.due = None
        step.result = Result(step.change, outcome, message, step.observed)
        self._leave_lane(step)
        if step.change.action not in (Action.NOOP, Action.BLOCKED):
            observed = step.observed
            is_ready = outcome is Outcome.DONE and observed is not None and observed.phase is Phase.READY
            self._tell(step, "ready" if is_ready else outcome.value, "" if is_ready else message)

    def _closed(self, step: _Step) -> Result:
        """The result of a step; of one that never started, what it waits for."""
        if step.result is not None:
            return step.result
        waits = [str(need) for need in step.change.needs if not self._is_ready(need)]
        message = f"waits for {', '.join(waits)}" if waits else "waits for another write in its account"
        return Result(step.change, Outcome.PENDING, message, step.observed)

    # Small things

    def _is_fresh(self, step: _Step) -> bool:
        return step.began is not None and self.clock.now() - step.began < GRACE_SECONDS

    def _tell(self, step: _Step, word: str, message: str = "") -> None:
        self.report(Event(self.clock.now(), step.key, word, message))

    def _leave_lane(self, step: _Step) -> None:
        if self.writers.get(self._lane(step)) is step:
            del self.writers[self._lane(step)]

    def _lane(self, step: _Step) -> tuple[str, str]:
        return (step.key.kind, step.change.account)

    def _kind(self, step: _Step) -> Managed[Any]:
        return self.observation.graph.kinds.managed(step.key.kind)
