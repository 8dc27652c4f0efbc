"""The project: what everything in this folder of specs has in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ftops.kind import Settings
from ftops.resource import Spec


class Budget(Spec):
    """Amounts in US dollars that a plan may not exceed."""

    perRun: Annotated[float, Field(gt=0)] | None = None
    """Most that the training runs of one apply may cost."""
    perMonth: Annotated[float, Field(gt=0)] | None = None
    """Most that all deployments together may cost in a month."""


class Limits(Spec):
    """How much one apply may do."""

    deletions: Annotated[int, Field(ge=0)] = 3
    """Most objects that `--prune` may delete in one apply."""
    runs: Annotated[int, Field(ge=0)] = 10
    """Most training runs that one apply may start."""


class ProjectSpec(Spec):
    """What everything in this folder has in common."""

    marker: Annotated[str, Field(pattern=r"^[a-z0-9]{2,8}$")]
    """2-8 of `a-z 0-9`, written on everything ftops makes. What does not carry it is never changed or deleted."""
    defaults: Annotated[dict[str, dict[str, Any]], Field(default_factory=dict)]
    """Values for fields that documents leave out, by kind: `{job: {trainingType: GlobalStandard}}`."""
    budget: Budget = Budget()
    """Amounts that a plan may not exceed."""
    limits: Limits = Limits()
    """How much one apply may do."""


class Project(Settings[ProjectSpec]):
    """What everything in this folder of specs has in common. One document in all."""

    role: ClassVar[Literal["project", "account"]] = "project"
    spec = ProjectSpec

    def notes(self, spec: ProjectSpec) -> Iterable[str]:
        if spec.budget != Budget():
            yield "`budget` is not enforced: this version does not compute costs"
