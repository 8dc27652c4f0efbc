"""Carries out a plan: submits what is ready, keeps one writer per account where the service wants it, polls what is
under way while time is left, and goes on with independent branches when one fails.

Nothing is lost when it stops at any point: the next run observes again and goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ftops.errors import Conflict, FtopsError, NotFound, Obstacle, OutcomeUnknown, Throttled
from ftops.observe import Resolver, relist_finds
from ftops.plan import Action, Change, Plan
from ftops.resource import Desired, Observed, Phase, ResourceKey

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

#: Seconds after a lost answer during which listings are asked for what it made.
SEARCH_SECONDS = 60.0
#: Seconds before a write that was refused for the time being is tried again.
RETRY_SECONDS = 30.0
#: Seconds during which an object that was just made may be missing from reads.
GRACE_SECONDS = 90.0
#: A listing older than this is read again before something paid is made, in seconds.
STALE_SECONDS = 60.0
MOST_AT_ONCE = 32

_STARTED = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
}


@dataclass(slots=True, eq=False)
class _Step:
    """One change on its way. `due` is when to look at it again, `until` how long this run looks at all."""

    change: Change
    result: Result | None = None
    observed: Observed | None = None
    due: float | None = None
    until: float = 0.0
    submitted_at: float | None = None
    is_lost: bool = False

    @property
    def key(self) -> ResourceKey:
        return self.change.key


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
    steps: dict[ResourceKey, _Step] = field(init=False)
    writers: dict[tuple[str, str], _Step] = field(default_factory=dict)
    tasks: dict[asyncio.Task[None], _Step] = field(default_factory=dict)
    deadline: float = field(init=False)
    priority: Mapping[ResourceKey, float] = field(init=False)

    def __post_init__(self) -> None:
        self.found = dict(self.observation.found)
        self.steps = {change.key: _Step(change) for change in self.plan.changes}
        self.priority = self.observation.graph.seconds_to_end()
        self.deadline = self.clock.now() + self.wait

    async def apply(self) -> list[Result]:
        """Carry the plan out as far as it goes in this run; a result for every change, in the plan's order."""
        for step in self.steps.values():
            self._take_up(step)
        while True:
            self._skip_hopeless()
            self._start_ready()
            if self.tasks:
                await self._one_task_ends()
                continue
            due = min((s.due for s in self.steps.values() if s.due is not None), default=None)
            if due is None:
                break
            await self.clock.sleep(max(0.0, due - self.clock.now()))
            self._look_again()
        return [self._closed(step) for step in self.steps.values()]

    def _take_up(self, step: _Step) -> None:
        """End the steps that there is nothing to do for; put those under way on watch."""
        change = step.change
        step.observed = change.observed
        if change.action is Action.BLOCKED:
            self._end(step, Outcome.BLOCKED, change.reason)
        elif change.action is Action.NOOP:
            is_settled = change.observed is None or change.observed.phase is not Phase.PAUSED
            self._end(step, Outcome.DONE if is_settled else Outcome.PENDING, change.reason)
        elif change.action is Action.WAIT and change.observed is not None:
            if self._kind(step).one_writer:
                self.writers[self._lane(step)] = step
            self._watch(step, change.observed)

    def _skip_hopeless(self) -> None:
        """End the waiting steps that need something which ended otherwise than ready."""
        for step in self.steps.values():
            if step.result is not None or step.submitted_at is not None or step.due is not None:
                continue
            for need in step.change.needs:
                result = self.steps[need].result
                if result is not None and not self._is_ready(need):
                    pending = result.outcome in (Outcome.PENDING, Outcome.DONE)
                    outcome = Outcome.PENDING if pending else Outcome.SKIPPED
                    self._end(step, outcome, f"{'waits for' if pending else 'needs'} {need}")
                    break

    def _start_ready(self) -> None:
        """Start what can be started, the beginning of the longest remaining path first."""
        ready = [s for s in self.steps.values() if self._can_start(s)]
        for step in sorted(ready, key=lambda s: -self.priority.get(s.key, 0.0)):
            if len(self.tasks) >= MOST_AT_ONCE:
                return
            if self._kind(step).one_writer:
                if self._lane(step) in self.writers:
                    continue
                self.writers[self._lane(step)] = step
            step.submitted_at = self.clock.now()
            self._tell(step, _STARTED[step.change.action], step.change.reason)
            self._begin(step, self._submit(step))

    def _can_start(self, step: _Step) -> bool:
        is_waiting = step.result is None and step.submitted_at is None and step.due is None
        return is_waiting and all(self._is_ready(need) for need in step.change.needs)

    def _is_ready(self, key: ResourceKey) -> bool:
        """Whether what needs this resource can go on: it was not to be made, or its object is ready."""
        step = self.steps[key]
        if step.result is None or step.result.outcome is not Outcome.DONE:
            return False
        observed = self.found.get(key)
        return observed is None or observed.phase is Phase.READY

    def _begin(self, step: _Step, work: Any) -> None:
        step.due = None
        self.tasks[asyncio.ensure_future(work)] = step

    async def _one_task_ends(self) -> None:
        due = min((s.due for s in self.steps.values() if s.due is not None), default=float("inf"))
        await self.clock.first_done(self.tasks, max(0.0, due - self.clock.now()))
        for task in [task for task in self.tasks if task.done()]:
            del self.tasks[task]
            task.result()
        self._look_again()

    def _look_again(self) -> None:
        now = self.clock.now()
        for step in self.steps.values():
            if step.due is None or step.due > now:
                continue
            if step.observed is None and step.submitted_at is None:
                step.due = None  # was postponed: it starts again like any other
            else:
                self._begin(step, self._poll(step))

    async def _submit(self, step: _Step) -> None:
        """Send the one write of a step. A refusal for the time being puts it back; a lost answer puts it on search."""
        try:
            observed = await self._write(step)
        except (Conflict, Throttled) as error:
            self._postpone(step, error)
        except OutcomeUnknown as error:
            step.is_lost, step.due = True, self.clock.now() + 2.0
            self._tell(step, "answer lost", f"{error.message}; looking for what it made")
        except FtopsError as error:
            self._end(step, Outcome.FAILED, _with_hint(error))
        else:
            self._watch(step, observed)

    async def _write(self, step: _Step) -> Observed | None:
        change, kind = step.change, self._kind(step)
        if change.action is Action.DELETE:
            assert change.observed is not None
            await kind.delete(self.services, change.observed)
            return change.observed if kind.one_writer else None
        if change.action is Action.ADOPT:
            return self.found[change.needs[0]]
        desired = await self._desired(change)
        if change.action is Action.UPDATE:
            assert change.observed is not None
            fields = self._fields(kind, change, desired)
            return await kind.update(self.services, change.observed, fields, desired)
        assert desired is not None
        existing = await self._look_before(kind, desired)
        return existing or await kind.create(self.services, desired)

    async def _desired(self, change: Change) -> Desired[Any] | None:
        """The resource with what has become known since the plan was made."""
        if change.desired is None:
            return None
        resolver = Resolver(self.observation.graph, self.services, self.found)
        return await resolver.desired(change.desired.resource)

    def _fields(
        self, kind: Managed[Any], change: Change, desired: Desired[Any] | None
    ) -> Mapping[str, Any]:
        if desired is None:
            return {field.path: field.after for field in change.fields}
        compared = kind.compared(desired)
        return {field.path: compared[field.path] for field in change.fields}

    async def _look_before(self, kind: Managed[Any], desired: Desired[Any]) -> Observed | None:
        """Somebody else may have made it since the plan: look before creating."""
        if not kind.listed:
            found = await kind.look_up(self.services, desired)
            return None if found is not None and found.phase is Phase.FAILED else found
        if self.clock.now() - self.observation.at <= STALE_SECONDS or not kind.versioned:
            return None
        return await self._relist(kind, desired)

    async def _relist(self, kind: Managed[Any], desired: Desired[Any]) -> Observed | None:
        objects = [o async for o in kind.observe(self.services, desired.account, desired.project)]
        return relist_finds(objects, kind.identity(desired))

    async def _poll(self, step: _Step) -> None:
        """Look at the object again. A look that fails says nothing about the object."""
        try:
            observed = await (self._search(step) if step.is_lost else self._see(step))
        except NotFound as error:
            self._gone(step, error)
        except FtopsError as error:
            step.due = self.clock.now() + self._kind(step).poll_seconds
            self._watch_until(step, step.observed, error.message)
        else:
            self._watch(step, observed)

    async def _see(self, step: _Step) -> Observed:
        assert step.observed is not None
        return await self._kind(step).poll(self.services, step.observed, self._marker)

    async def _search(self, step: _Step) -> Observed:
        """After a lost answer: the object it was about, if the write took effect. Raises Obstacle while unknown."""
        kind, change = self._kind(step), step.change
        desired = await self._desired(change)
        if change.action is Action.DELETE or desired is None:
            return await self._see(step)
        found = await (self._relist(kind, desired) if kind.listed else kind.look_up(self.services, desired))
        if found is None:
            raise Obstacle("the answer was lost, and no listing shows the object yet")
        took_effect = change.action is Action.CREATE or all(
            found.fields.get(path) == value for path, value in self._fields(kind, change, desired).items()
        )
        if not took_effect:
            raise Obstacle("the answer was lost, and the object is as it was before")
        step.is_lost = False
        self._tell(step, "found", "the write whose answer was lost took effect")
        return found

    def _watch(self, step: _Step, observed: Observed | None) -> None:
        """Take in what a step's object looks like, and end the step if that settles it."""
        before, step.observed = step.observed, observed
        if observed is None:
            self._end(step, Outcome.DONE)
            return
        if step.change.desired is not None:
            self.found[step.key] = observed
        is_retirement = step.change.desired is None
        if step.change.action is Action.DELETE:
            self._watch_until(step, observed, "being deleted")
        elif observed.phase is Phase.PROGRESSING and not (is_retirement and self._has_fields(step, observed)):
            if before is not None and before.message != observed.message:
                self._tell(step, observed.message)
            self._watch_until(step, observed, observed.message)
        elif observed.phase is Phase.FAILED and not self._has_fields(step, observed):
            self._end(step, Outcome.FAILED, _failure(observed, self._kind(step)))
        elif observed.phase is Phase.PAUSED and not self._has_fields(step, observed):
            self._end(step, Outcome.PENDING, observed.message)
        else:
            self._end(step, Outcome.DONE, observed.message)

    def _has_fields(self, step: _Step, observed: Observed) -> bool:
        """Whether an update has brought about what it was for, such as the cancellation of a run."""
        fields = step.change.fields if step.change.action is Action.UPDATE else ()
        return bool(fields) and all(observed.fields.get(field.path) == field.after for field in fields)

    def _watch_until(self, step: _Step, observed: Observed | None, message: str) -> None:
        """Keep a step on watch while this run has time for it."""
        kind, now = self._kind(step), self.clock.now()
        began = step.submitted_at if step.submitted_at is not None else self.observation.at
        patience = SEARCH_SECONDS if step.is_lost else kind.settle_seconds
        due = now + (10.0 if step.is_lost else kind.poll_seconds)
        longest = began + patience if step.is_lost else max(self.deadline, began + patience)
        if due <= longest:
            step.due = due
        elif step.is_lost:
            text = f"{message}; it is not sent again, the next run looks for it"
            self._end(step, Outcome.UNKNOWN, text)
        else:
            self._end(step, Outcome.PENDING, message)

    def _gone(self, step: _Step, error: NotFound) -> None:
        """A missing object: what a deletion is for, and normal for a moment after a create."""
        began = step.submitted_at if step.submitted_at is not None else self.observation.at
        if step.change.action is Action.DELETE:
            self._end(step, Outcome.DONE)
        elif self.clock.now() - began < GRACE_SECONDS:
            self._watch_until(step, step.observed, "not visible yet")
        else:
            self._end(step, Outcome.FAILED, f"is gone: {error.message}")

    def _postpone(self, step: _Step, error: FtopsError) -> None:
        """The service refused for the time being, so nothing was changed: try again later, or in the next run."""
        self.writers = {lane: holder for lane, holder in self.writers.items() if holder is not step}
        if self.clock.now() + RETRY_SECONDS > self.deadline:
            self._end(step, Outcome.PENDING, f"refused for now: {error.message}")
            return
        self._tell(step, "postponed", error.message)
        step.submitted_at, step.due = None, self.clock.now() + RETRY_SECONDS

    def _end(self, step: _Step, outcome: Outcome, message: str = "") -> None:
        step.due = None
        step.result = Result(step.change, outcome, message, step.observed)
        self.writers = {lane: holder for lane, holder in self.writers.items() if holder is not step}
        if step.change.action is not Action.NOOP and step.change.action is not Action.BLOCKED:
            is_ready = outcome is Outcome.DONE and step.observed and step.observed.phase is Phase.READY
            self._tell(step, "ready" if is_ready else outcome.value, message if not is_ready else "")

    def _closed(self, step: _Step) -> Result:
        """The result of a step; of one that never started, what it waits for."""
        if step.result is not None:
            return step.result
        waits = [str(need) for need in step.change.needs if not self._is_ready(need)]
        message = f"waits for {', '.join(waits)}" if waits else "waits for another write in its account"
        return Result(step.change, Outcome.PENDING, message, step.observed)

    def _tell(self, step: _Step, word: str, message: str = "") -> None:
        self.report(Event(self.clock.now(), step.key, word, message))

    def _lane(self, step: _Step) -> tuple[str, str]:
        return (step.key.kind, step.change.account)

    def _kind(self, step: _Step) -> Managed[Any]:
        return self.observation.graph.kinds.managed(step.key.kind)

    @property
    def _marker(self) -> str:
        return str(self.observation.graph.workspace.project.marker)


def _failure(observed: Observed, kind: Managed[Any]) -> str:
    return f"{observed.message}; {kind.remedy}" if kind.remedy else observed.message


def _with_hint(error: FtopsError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
