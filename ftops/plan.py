"""What a plan is: changes, in an order in which they can be made. Data only: `planner` makes it, `apply` does it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from ftops.errors import FtopsError, UnsafePlan
from ftops.resource import Desired, Observed, ResourceKey


class Action(StrEnum):
    """What happens to one resource."""

    NOOP = "noop"
    WAIT = "wait"
    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DELETE = "delete"
    BLOCKED = "blocked"


#: Actions that write.
CHANGING = frozenset((Action.CREATE, Action.UPDATE, Action.DELETE))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `after` is an Unknown if the value exists only later."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource, and why.

    `needs` are the resources that must be ready first, `after` is one that must have been sent. `desired` is None for
    objects that nothing declares, `observed` for resources that do not exist.
    """

    key: ResourceKey
    action: Action
    reason: str
    account: str
    fields: tuple[FieldChange, ...] = ()
    needs: tuple[ResourceKey, ...] = ()
    desired: Desired[Any] | None = None
    observed: Observed | None = None
    hint: str = ""
    is_run: bool = False
    after: ResourceKey | None = None


@dataclass(frozen=True, repr=False)
class Plan:
    """All changes, in an order in which they can be made.

    `orphans` are objects of ours that nothing declares and that cost money; they are named, never touched unasked.
    `stays` are those that a destruction leaves. `unreadable` says which (kind, account) could not be listed, and why.
    """

    changes: tuple[Change, ...]
    orphans: tuple[Observed, ...] = ()
    stays: tuple[Observed, ...] = ()
    unreadable: Mapping[tuple[str, str], FtopsError] = field(default_factory=dict)

    def of(self, *actions: Action) -> list[Change]:
        return [change for change in self.changes if change.action in actions]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(change.action in CHANGING for change in self.changes)

    @property
    def runs(self) -> int:
        """How many training runs it starts."""
        return sum(change.action is Action.CREATE and change.is_run for change in self.changes)

    @cached_property
    def digest(self) -> str:
        """What was reviewed, as 16 hex digits: keys, actions, revisions and the names of changed fields.

        Values are left out: a training that ends between review and apply makes a value known and changes nothing.
        """
        lines = [
            [str(c.key), c.action, c.desired.revision if c.desired else "", *(f.path for f in c.fields)]
            for c in self.changes
            if c.action in CHANGING
        ]
        return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:16]

    def guard(self, limits: Any) -> None:
        """Raise UnsafePlan if the plan does more than the project allows in one apply."""
        deletions = len(self.of(Action.DELETE))
        if deletions > limits.deletions:
            hint = "raise `limits.deletions` of the Project, or prune less at a time"
            raise UnsafePlan(f"the plan deletes {deletions} objects; the project allows {limits.deletions}", hint)
        if self.runs > limits.runs:
            hint = "raise `limits.runs` of the Project, or declare fewer at a time"
            raise UnsafePlan(f"the plan starts {self.runs} training runs; the project allows {limits.runs}", hint)
