"""Carries out a plan: submits what is ready, keeps one writer per account where the service wants it, polls what is
under way while time is left, and goes on with independent branches when one fails.

Nothing is lost when it stops at any point: the next run observes again and goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Any

from ftops.errors import Conflict, FtopsError, NotFound, Obstacle, OutcomeUnknown, Throttled
from ftops.plan import Action, Change, Plan
from ftops.resource import Observed, Phase, ResourceKey
from ftops.schedule import Lane, Schedule
from ftops.work import Work

if TYPE_CHECKING:
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
#: Looks in a row that may fail, and times that a write may be refused for the time being, before a run gives up.
MOST_BLIND, MOST_POSTPONED = 5, 60

_STARTED = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
}


@dataclass(slots=True, eq=False)
class _Step:
    """One change on its way; `began` is when it was sent, or first watched, in epoch seconds."""

    change: Change
    result: Result | None = None
    observed: Observed | None = None
    began: float | None = None
    is_lost: bool = False
    blind: int = 0
    postponed: int = 0

    @property
    def key(self) -> ResourceKey:
        return self.change.key


def _sent(key: ResourceKey | None) -> tuple[ResourceKey, ...]:
    """What stands in a schedule for "this key's write was sent", apart from its being ready."""
    return (ResourceKey(key.kind, f"{key.name} (sent)"),) if key else ()


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
    schedule: Schedule = field(init=False)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.found = dict(self.observation.found)
        self.work = Work(self.observation, self.services, self.clock, self.found)
        self.steps = {change.key: _Step(change, observed=change.observed) for change in self.plan.changes}
        self.deadline = self.clock.now() + self.wait
        self.schedule = Schedule(
            {change.key: (*change.needs, *_sent(change.after)) for change in self.plan.changes},
            self.observation.graph.seconds_to_end(),
            {key: lane for key, step in self.steps.items() if (lane := self._lane(step)) is not None},
        )

    async def apply(self) -> list[Result]:
        """Carry the plan out as far as it goes in this run; a result for every change, in the plan's order."""
        for step in self.steps.values():
            self._take_up(step)
        self.schedule.open(self.steps)
        while True:
            self._start_ready()
            due = self.schedule.next_due()
            pause = max(0.0, due - self.clock.now()) if due is not None else inf
            if self.tasks:
                await self._some_task_ends(pause)
            elif due is not None:
                await self.clock.sleep(pause)
            else:
                break
            for key in self.schedule.due(self.clock.now()):
                self._turn_to(self.steps[key])
        return [self._closed(step) for step in self.steps.values()]

    # Choosing what to do next

    def _take_up(self, step: _Step) -> None:
        """End the steps that there is nothing to do for; put those under way on watch."""
        change = step.change
        if change.action is Action.BLOCKED:
            self._end(step, Outcome.BLOCKED, change.reason)
        elif change.action is Action.NOOP:
            is_paused = change.observed is not None and change.observed.phase is Phase.PAUSED
            self._end(step, Outcome.PENDING if is_paused else Outcome.DONE, change.reason)
        elif change.action is Action.WAIT:
            step.began = self.observation.at
            self.schedule.drop(step.key)
            self.schedule.hold(step.key)
            self._watch(step, change.observed)

    def _start_ready(self) -> None:
        while len(self.tasks) < MOST_AT_ONCE and (key := self.schedule.take()) is not None:
            step = self.steps[key]
            step.began = self.clock.now()
            self._tell(step, _STARTED[step.change.action], step.change.reason)
            self._begin(self._submit(step))

    def _turn_to(self, step: _Step) -> None:
        if step.began is None:
            self.schedule.again(step.key)
        else:
            self._begin(self._look(step))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.add(asyncio.ensure_future(work))

    async def _some_task_ends(self, seconds: float) -> None:
        await self.clock.first_done(self.tasks, seconds)
        for task in [task for task in self.tasks if task.done()]:
            self.tasks.remove(task)
            task.result()

    # One request each

    async def _submit(self, step: _Step) -> None:
        """Send the one write of a step. A refusal for the time being puts it back; a lost answer starts a search."""
        try:
            observed = await self.work.write(step.change)
        except (Conflict, Throttled) as error:
            self._postpone(step, error)
        except NotFound as error:
            is_gone = step.change.action is Action.DELETE
            self._end(step, Outcome.DONE if is_gone else Outcome.FAILED, "" if is_gone else error.message)
        except OutcomeUnknown as error:
            step.is_lost = True
            self._tell(step, "answer lost", f"{error.message}; looking for what the write did")
            self.schedule.turn_to(step.key, self.clock.now() + SEARCH_PAUSE)
        except FtopsError as error:
            self._end(step, Outcome.FAILED, f"{error.message}; {error.hint}" if error.hint else error.message)
        else:
            for sent in _sent(step.key):
                self.schedule.ready(sent)
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
            self._blind(step, error)
        else:
            step.blind = 0
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
        elif outcome is Outcome.FAILED:
            self._end(step, outcome, self._failure(step, message))
        else:
            self._end(step, outcome, message)

    def _verdict(self, step: _Step, observed: Observed) -> Outcome | None:
        """How the step ends if its object looks like this; None while it is under way."""
        change = step.change
        if change.action is Action.DELETE:
            is_kept = observed.phase is Phase.READY and not self._is_fresh(step)
            return Outcome.FAILED if is_kept else None
        if change.action is Action.UPDATE:
            took_effect = self.work.took_effect(change, observed)
            if took_effect and (change.desired is None or observed.phase is not Phase.PROGRESSING):
                return Outcome.DONE
            if observed.phase is Phase.READY:
                return None if self._is_fresh(step) else Outcome.FAILED
        phases = {Phase.READY: Outcome.DONE, Phase.FAILED: Outcome.FAILED, Phase.PAUSED: Outcome.PENDING}
        return phases.get(observed.phase)

    def _failure(self, step: _Step, message: str) -> str:
        if step.observed is not None and step.observed.phase is Phase.READY:
            return f"the service accepted the {step.change.action} and did not make it"
        remedy = self._kind(step).remedy
        return f"{message}; {remedy}" if remedy else message

    def _watch_on(self, step: _Step, message: str) -> None:
        """Keep a step on watch while this run has time for it."""
        kind, began = self._kind(step), step.began if step.began is not None else self.clock.now()
        due = self.clock.now() + (SEARCH_PAUSE if step.is_lost else kind.poll_seconds)
        patience = began + (SEARCH_SECONDS if step.is_lost else kind.settle_seconds)
        if due <= patience or (not step.is_lost and due <= self.deadline):
            self.schedule.turn_to(step.key, due)
        elif step.is_lost:
            self._end(step, Outcome.UNKNOWN, f"{message}; nothing is sent again, the next run looks for it")
        else:
            self._end(step, Outcome.PENDING, message)

    def _blind(self, step: _Step, error: FtopsError) -> None:
        """A look that failed: an obstacle is how a search goes on, other errors are told and not suffered for ever."""
        if not isinstance(error, Obstacle):
            step.blind += 1
            if step.blind == 1:
                self._tell(step, "cannot be looked at", error.message)
        if step.blind >= MOST_BLIND:
            self._end(step, Outcome.PENDING, f"cannot be looked at: {error.message}")
        else:
            self._watch_on(step, error.message)

    def _gone(self, step: _Step, error: NotFound) -> None:
        """A missing object: what a deletion is for, and normal for a moment after a create."""
        if step.change.action is Action.DELETE:
            self._end(step, Outcome.DONE)
        elif step.change.action is Action.WAIT:
            self._end(step, Outcome.PENDING, "is gone; the next run looks anew")
        elif self._is_fresh(step) or step.is_lost:
            self._watch_on(step, "not visible yet")
        else:
            self._end(step, Outcome.FAILED, f"is gone: {error.message}")

    def _postpone(self, step: _Step, error: FtopsError) -> None:
        """The service refused for the time being, so nothing was changed: try again later, or in the next run."""
        step.postponed += 1
        if self.clock.now() + RETRY_SECONDS > self.deadline or step.postponed > MOST_POSTPONED:
            self._end(step, Outcome.PENDING, f"refused for now: {error.message}")
            return
        self._tell(step, "postponed", error.message)
        self.schedule.leave(step.key)
        step.began = None
        self.schedule.turn_to(step.key, self.clock.now() + RETRY_SECONDS)

    def _end(self, step: _Step, outcome: Outcome, message: str = "") -> None:
        """Settle a step, and those that will not start because of it."""
        self._settle(step, outcome, message)
        hopeless = [] if self._lets_go_on(step) else [step]
        while hopeless:
            need = hopeless.pop()
            is_late = need.result is not None and need.result.outcome in (Outcome.PENDING, Outcome.DONE)
            waiting = [k for name in (need.key, *_sent(need.key)) for k in self.schedule.waiting_for(name)]
            for key in waiting:
                verb = "waits for" if is_late else "needs"
                self._settle(self.steps[key], Outcome.PENDING if is_late else Outcome.SKIPPED, f"{verb} {need.key}")
                hopeless.append(self.steps[key])

    def _settle(self, step: _Step, outcome: Outcome, message: str) -> None:
        """Give a step its result, and let others have its lane and what it made."""
        step.result = Result(step.change, outcome, message, step.observed)
        self.schedule.drop(step.key)
        if outcome not in (Outcome.PENDING, Outcome.UNKNOWN):
            self.schedule.leave(step.key)  # else the service may still be writing
        if step.change.action not in (Action.NOOP, Action.BLOCKED):
            is_ready = outcome is Outcome.DONE and step.observed is not None and step.observed.phase is Phase.READY
            self._tell(step, "ready" if is_ready else outcome.value, "" if is_ready else message)
        if self._lets_go_on(step):
            self.schedule.ready(step.key)

    def _lets_go_on(self, step: _Step) -> bool:
        """Whether what needs this resource can go on: its object is ready, or it was not to be made."""
        observed = self.found.get(step.key)
        is_done = step.result is not None and step.result.outcome is Outcome.DONE
        return is_done and (observed is None or observed.phase is Phase.READY)

    def _closed(self, step: _Step) -> Result:
        """The result of a step; of one that never started, what it waits for."""
        if step.result is not None:
            return step.result
        waits = ", ".join(map(str, self.schedule.missing(step.key)))
        message = f"waits for {waits}" if waits else "waits for a place in its account"
        return Result(step.change, Outcome.PENDING, message, step.observed)

    # Small things

    def _lane(self, step: _Step) -> Lane | None:
        """What a step competes for. A run that returns at once sends all that the service queues by itself."""
        change = step.change
        pool = self._kind(step).pool(change.desired.spec if change.desired else None)
        is_free = pool is None or (pool.queues and (self.wait < inf or change.action is not Action.CREATE))
        return None if pool is None or is_free else Lane((step.key.kind, change.account, pool.name), pool.size)

    def _is_fresh(self, step: _Step) -> bool:
        return step.began is not None and self.clock.now() - step.began < GRACE_SECONDS

    def _tell(self, step: _Step, word: str, message: str = "") -> None:
        self.report(Event(self.clock.now(), step.key, word, message))

    def _kind(self, step: _Step) -> Managed[Any]:
        return self.observation.graph.kinds.managed(step.key.kind)
