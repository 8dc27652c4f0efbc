"""One world: accounts and all they hold, in one file, with one clock.

Nothing happens in the background. Whoever asks first settles what has fallen due since, event by event, with
the clock showing the moment each one belongs to. Asking never moves time.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ftops.emulator import effects, hitches, journal, lens, seed, waiting
from ftops.emulator.clock import MODES, START, Clock, Mode
from ftops.emulator.errors import EmulatorError
from ftops.emulator.faults import Faults
from ftops.emulator.stages import NEXT, PROFILES, STAGES, STATUS
from ftops.emulator.store import SCHEMA, Account, Document, Due, Store, connect


class World:
    """Made by `World.open`. Threads can share it, and other processes can open the same file."""

    def __init__(self, store: Store, *, page_size: int, echo_metadata: bool) -> None:
        self.store = store
        self.page_size = page_size
        self.echo_metadata = echo_metadata
        self.time = START
        """The moment that is shown while a transaction runs."""
        self.faults = Faults(self)
        self._lock = threading.RLock()
        self._depth = 0

    @classmethod
    def open(
        cls,
        path: str | Path,
        profile: str = "azure",
        seed: int = 0,
        *,
        page_size: int = 100,
        echo_metadata: bool = True,
        seed_file: str | Path | None = None,
    ) -> World:
        """Open the world in this file, or make one; `:memory:` makes one that nobody else sees.

        `profile` (a set of delays) and `seed` (of all ids) belong to a world from its beginning: an existing
        file keeps its own. `page_size` is the number of deployments on one page. `echo_metadata` says whether
        jobs give back their metadata; no recording shows what the service does. `seed_file` is a `world.yaml`
        (see `world_file.py`) that a new world is made from; what it says of profile and seed goes first.
        """
        if profile not in PROFILES:
            raise EmulatorError(f"unknown profile `{profile}`, expected one of {', '.join(PROFILES)}")
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        world = cls(Store(connect(str(path))), page_size=page_size, echo_metadata=echo_metadata)
        try:
            world._prepare(str(path), {"profile": profile, "seed": str(seed)}, seed_file)
        except BaseException:
            world.close()
            raise
        return world

    def _prepare(self, path: str, meta: dict[str, str], seed_file: str | Path | None) -> None:
        with self.transaction():
            schema = self.store.schema()
            if schema is None:
                if seed_file is not None:
                    # Needs the roles' and models' names, which need this module.
                    from ftops.emulator import world_file

                    meta |= world_file.meta(seed_file)
                self.store.create(meta)
                self._begin(Clock("manual", START, 0.0, 1.0))
            elif schema != SCHEMA:
                found = f"version {schema}" if schema else "another program's database"
                raise EmulatorError(f"`{path}` is not an emulator world of version {SCHEMA}, it is {found}")
            lens.watch(self)
            journal.watch(self)

    def _begin(self, clock: Clock) -> None:
        self.store.set_clock(clock)
        seed.populate(self)
        self.settle()

    def close(self) -> None:
        self.store.connection.close()

    def reset(self) -> None:
        """Back to the day this world was made, journal included. The clock keeps its mode."""
        with self.transaction():
            clock = self.store.clock()
            self.store.clear()
            self._begin(Clock(clock.mode, START, 0.0, clock.rate).moved_to(START))

    # Time

    def now(self) -> float:
        """Virtual seconds since the epoch."""
        with self.transaction():
            return self.store.clock().now()

    def next_due(self) -> float | None:
        """When the next thing will happen by itself."""
        with self.transaction():
            return self.store.next_due()

    def advance(self, seconds: float) -> float:
        """Let time pass, with all it brings. Returns the new time."""
        if not 0 <= seconds < math.inf:
            raise EmulatorError(f"time cannot move by {seconds} seconds")
        with self.transaction():
            return self.move_to(self.store.clock().now() + seconds)

    def advance_to_next(self) -> float | None:
        """Let time pass until the next thing happens. Returns the new time, None when nothing is due."""
        with self.transaction():
            due = self.store.next_due()
            return None if due is None else self.move_to(max(due, self.store.clock().now()))

    def move_to(self, moment: float) -> float:
        """Inside a transaction."""
        self.store.set_clock(self.store.clock().moved_to(moment))
        self.settle()
        return moment

    def switch_clock(self, mode: str, rate: float = 1.0) -> None:
        """`manual`, `real` or `scaled`; `rate` is in virtual seconds a second."""
        chosen: Mode | None = next((known for known in MODES if known == mode), None)
        if chosen is None or not rate > 0:
            raise EmulatorError(f"a clock cannot be `{mode}` at rate {rate}")
        with self.transaction():
            self.store.set_clock(self.store.clock().switched(chosen, rate))

    def advance_until(self, job: str, status: str, limit: float = 30 * 86_400.0) -> float:
        """Let time pass until a job shows this status. Returns the new time.

        Raises EmulatorError, with time as it was, if that does not come within `limit` seconds.
        """
        with self.transaction():
            return waiting.until(self, job, status, limit)

    def scenario(self, name: str) -> list[str]:
        """Add the fault rules of this name (`scenarios.py`); returns their ids."""
        return self.faults.scenario(name)

    def clock(self) -> Clock:
        with self.transaction():
            return self.store.clock()

    # Accounts and journal

    def accounts(self) -> list[dict[str, Any]]:
        """Name, region, resource id and host of each."""
        with self.transaction():
            return [account._asdict() for account in self.store.accounts()]

    def ensure_account(self, *, name: str, region: str, resource_id: str, host: str) -> None:
        """Add an account unless one has this resource id. A taken name gets a number; a host must be free."""
        with self.transaction():
            accounts = self.store.accounts()
            if any(account.resource_id.lower() == resource_id.lower() for account in accounts):
                return
            if any(account.host == host.lower() for account in accounts):
                raise EmulatorError(f"host `{host}` belongs to another account of this world")
            taken, free, number = {account.name for account in accounts}, name, 2
            while free in taken:
                free, number = f"{name}-{number}", number + 1
            region = region.replace(" ", "").lower()
            self.store.add_account(Account(free, region, resource_id.rstrip("/"), host.lower()))

    def journal(self, after: int = 0, **filters: Any) -> list[dict[str, Any]]:
        """Every request later than number `after`; `effect` says whether it changed anything.

        Filters are fields and their values: operation, account, principal, status, rule, method, effect.
        """
        with self.transaction():
            self.settle()
            return journal.read(self, after, filters)

    # For the emulator's own modules, inside a transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also when the process is killed. May be nested."""
        with self._lock:
            if self._depth:
                yield
                return
            self.store.connection.execute("begin immediate")
            self._depth = 1
            try:
                yield
                self.store.connection.execute("commit")
            except BaseException:
                self.store.connection.execute("rollback")
                self.faults.forget()
                raise
            finally:
                self._depth = 0

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what happens inside if it ends in an exception; the transaction around it goes on."""
        self.store.connection.execute("savepoint attempt")
        try:
            yield
        except BaseException:
            self.store.connection.execute("rollback to attempt")
            raise
        finally:
            self.store.connection.execute("release attempt")

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        now = self.store.clock().now()
        while due := self.store.take_due(now):
            self.time = due.at
            document = self.store.document(due.document)
            state = hitches.overrule(self, document, due.event)
            if state is None:
                effect = effects.EFFECTS.get((document.kind, due.event))
                state = (effect(self, document) if effect else None) or NEXT[document.kind, due.event]
            if state != hitches.HELD:
                self.enter(document, state)
        self.time = now

    def enter(self, document: Document, state: str) -> None:
        """Bring an object into this state, save it, and set the timers of the state."""
        document.state = state
        document.wire["status"] = STATUS.get(state, state)
        self.store.save(document)
        self.store.drop_dues(document)
        for stage in STAGES:
            if (stage.kind, stage.state) == (document.kind, state):
                wait = effects.WAITS.get((stage.kind, stage.event))
                seconds = wait(self, document) if wait else self.delay(f"{stage.kind}.{stage.event}")
                self.store.add_due(Due(self.time + seconds, stage.event, document.seq))
        journal.meter(self, document)
        hitches.arm(self, document)

    def delay(self, name: str) -> float:
        """Seconds, from the world's profile."""
        return PROFILES[self.store.meta("profile")][name]

    def identifier(self, kind: str) -> str:
        """32 hex digits from the seed and the number made so far, so that runs can be repeated."""
        return self.digest(f"{kind}/{self.store.count(kind)}")

    def digest(self, text: str) -> str:
        """32 hex digits that depend on the seed and the text."""
        return hashlib.sha256(f"{self.store.meta('seed')}/{text}".encode()).hexdigest()[:32]


def uuid(digits: str) -> str:
    """32 hex digits in the form of a UUID."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
