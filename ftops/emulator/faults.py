"""Rules by which answers go wrong: ordered, kept in the world, and drawn from its seed.

A rule without `state` spoils single answers (`spoil.py`, `lens.py`); one with `state` changes what happens to the
objects themselves (`hitches.py`). The first rule that applies wins. All of this is the emulator's own (invented).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from ftops.emulator.errors import EmulatorError
from ftops.emulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from ftops.emulator.world import World

KEYS = {"id", "match", "state", "skip", "times", "probability", "when", "do"}
MATCH_KEYS = {"plane", "operation", "account", "method", "path", "principal", "body"}
DO_KEYS = {"status", "code", "message", "headers", "latency", "lose", "stale", "hide"}
LOSSES = ("reset", "timeout", "truncate", "html")


@dataclass(frozen=True)
class Rule:
    """`seen` counts what the rule fitted, `hits` how often it struck; `seq` gives its place."""

    id: str
    match: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    do: Mapping[str, Any] = field(default_factory=dict)
    skip: int = 0
    times: int | None = None
    probability: float = 1.0
    when: str = "before"
    seq: int = 0
    seen: int = 0
    hits: int = 0

    def wire(self) -> dict[str, Any]:
        """As it is listed: what was asked for, and the counts."""
        parts = {"match": dict(self.match), "when": self.when, "do": dict(self.do)}
        if self.state:
            parts = {"state": dict(self.state)}
        shared = {"skip": self.skip, "times": self.times, "probability": self.probability}
        return {"id": self.id, **parts, **shared, "seen": self.seen, "hits": self.hits}


class Subject(NamedTuple):
    """What a rule can tell requests apart by. `body` is the JSON or the form's fields."""

    plane: str
    operation: str
    account: str
    method: str
    path: str
    principal: str
    body: Mapping[str, Any]


def parse(data: object, number: int = 0) -> Rule:
    """A rule as it is written. Raises EmulatorError for anything that would be silently without effect."""
    if not isinstance(data, Mapping):
        raise EmulatorError("a fault is an object")
    data = {name: value for name, value in data.items() if name not in ("seen", "hits")}
    _only(data, KEYS, "a fault")
    if bool(data.get("state")) == bool(data.get("do")):
        raise EmulatorError("a fault has either `do` or `state`")
    match, do = data.get("match") or {}, data.get("do") or {}
    _only(match, MATCH_KEYS, "`match`")
    _only(do, DO_KEYS, "`do`")
    times = data.get("times")
    rule = Rule(
        id=str(data.get("id") or f"fault-{number}"),
        match=match,
        state=data.get("state") or {},
        do=do,
        skip=_count(data.get("skip", 0), "skip"),
        times=None if times is None else _count(times, "times"),
        probability=_seconds(data.get("probability", 1.0), "probability"),
        when=str(data.get("when", "before")),
    )
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    from ftops.emulator import hitches

    if rule.when not in ("before", "after") or rule.probability > 1:
        raise EmulatorError("`when` is `before` or `after`, `probability` at most 1")
    if rule.state:
        hitches.check(rule.state)
    answers = [name for name in ("status", "lose", "stale", "hide") if name in rule.do]
    if len(answers) > 1 or (rule.do and not answers and "latency" not in rule.do):
        raise EmulatorError("`do` has one of `status`, `lose`, `stale` and `hide`, or only `latency`")
    if "lose" in rule.do and rule.do["lose"] not in LOSSES:
        raise EmulatorError(f"`lose` is one of {', '.join(LOSSES)}")
    if "status" in rule.do and not 200 <= _count(rule.do["status"], "status") <= 599:
        raise EmulatorError("`status` is from 200 to 599")
    for name in ("latency", "stale", "hide"):
        _seconds(rule.do.get(name, 0), name)


def _only(data: object, known: Iterable[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise EmulatorError(f"{where} is not an object")
    if unknown := sorted(set(data) - set(known)):
        raise EmulatorError(f"{where} has no {', '.join(f'`{name}`' for name in unknown)}")


def _count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EmulatorError(f"`{name}` is not a whole number")
    return value


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise EmulatorError(f"`{name}` is not a number from 0 up")
    return float(value)


def fits(match: Mapping[str, Any], subject: Subject) -> bool:
    """`operation`, `path` and `principal` may hold `*`; a field of the body is named by its path with dots."""
    for name in ("plane", "account", "method"):
        wanted = match.get(name)
        if wanted is not None and str(wanted).lower() != getattr(subject, name).lower():
            return False
    for name in ("operation", "path", "principal"):
        wanted = match.get(name)
        if wanted is not None and not fnmatchcase(getattr(subject, name), str(wanted)):
            return False
    return fields_fit(match.get("body") or {}, subject.body)


def fields_fit(wanted: Mapping[str, Any], value: object) -> bool:
    """Whether every named field, `method.type` for instance, has this value."""
    for path, expected in wanted.items():
        found = value
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found != expected:
            return False
    return True


class Faults:
    """The rules of one world, in their order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._noted: list[tuple[tuple[Rule, ...], Rule | None]] = []

    def add(self, *rules: Mapping[str, Any], **rule: Any) -> list[str]:
        """Append rules, each as in JSON, or one by keywords. Returns their ids."""
        with self._world.transaction():
            return [self._add(data) for data in (*rules, *([rule] if rule else []))]

    def scenario(self, name: str) -> list[str]:
        """Append the rules of this name."""
        if name not in SCENARIOS:
            raise EmulatorError(f"there is no scenario `{name}`, only {', '.join(SCENARIOS)}")
        with self._world.transaction():
            taken = {rule.id for rule in self.rules()}
            ids = (f"{name}-{number}" for number in itertools.count(1))
            free = (id for id in ids if id not in taken)
            return self.add(*({"id": next(free), **rule} for rule in SCENARIOS[name]))

    def replace(self, rules: Iterable[Mapping[str, Any]]) -> list[str]:
        with self._world.transaction():
            self.clear()
            return [self._add(data) for data in rules]

    def clear(self, id: str | None = None) -> None:
        """Drop one rule, or all. What a rule held back goes on now."""
        from ftops.emulator import hitches

        with self._world.transaction():
            self._world.settle()
            for rule in self.rules():
                if id in (None, rule.id):
                    self._world.store.connection.execute("delete from fault where seq = ?", (rule.seq,))
                    hitches.release(self._world, rule)

    def list(self) -> list[dict[str, Any]]:
        with self._world.transaction():
            return [rule.wire() for rule in self.rules()]

    def rules(self) -> tuple[Rule, ...]:
        sql = "select rule, seq, seen, hits from fault order by seq"
        rows = self._world.store.connection.execute(sql).fetchall()
        return tuple(Rule(**json.loads(text), seq=seq, seen=seen, hits=hits) for text, seq, seen, hits in rows)

    def _add(self, data: object) -> str:
        from ftops.emulator import hitches

        connection = self._world.store.connection
        number = connection.execute("select coalesce(max(seq), 0) + 1 from fault").fetchone()[0]
        rule = parse(data, number)
        if any(known.id == rule.id for known in self.rules()):
            raise EmulatorError(f"there is a fault `{rule.id}` already")
        names = ("id", "match", "state", "do", "skip", "times", "probability", "when")
        text = json.dumps({name: getattr(rule, name) for name in names})
        connection.execute("insert into fault(id, rule, seen, hits) values(?, ?, 0, 0)", (rule.id, text))
        self._world.settle()
        hitches.begin(self._world, rule)
        return rule.id

    def meet(self, subject: Subject) -> tuple[Rule | None, tuple[Rule, ...]]:
        """The rule that strikes this request, and all that fitted up to it. Writes nothing."""
        fitting: list[Rule] = []
        for rule in self.rules():
            if rule.do and fits(rule.match, subject):
                fitting.append(rule)
                if self.strikes(rule):
                    return rule, tuple(fitting)
        return None, tuple(fitting)

    def strikes(self, rule: Rule) -> bool:
        """Whether a fitting case is hit: not among the first `skip`, at most `times`, and by its own lot."""
        number = rule.seen + 1
        if number <= rule.skip or (rule.times is not None and rule.hits >= rule.times):
            return False
        lot = int(self._world.digest(f"fault/{rule.id}/{number}")[:13], 16) / 16**13
        return lot < rule.probability

    def note(self, fitting: Iterable[Rule], hit: Rule | None) -> None:
        """Count later, by `flush`: a refused request undoes all that was written for it."""
        self._noted.append((tuple(fitting), hit))

    def forget(self) -> None:
        self._noted.clear()

    def flush(self) -> None:
        for fitting, hit in self._noted:
            self.count(fitting, hit)
        self._noted.clear()

    def count(self, fitting: Iterable[Rule], hit: Rule | None) -> None:
        for rule in fitting:
            sql = "update fault set seen = seen + 1, hits = hits + ? where seq = ?"
            self._world.store.connection.execute(sql, (int(rule == hit), rule.seq))
