"""Continuous fine-tuning: steps in order, each on the model of the step before. It becomes one job per step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ftops.fields import ModelReference, Training, TrainingType
from ftops.kind import Composite, Draft
from ftops.resource import Document, Ref, Reference, ResourceKey, Spec


class Step(Training):
    """One run of a chain, on the model of the step before."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
    """Name of the step, unique within the chain: lower-case letters, digits and `-`."""
    trainingType: TrainingType | None = None
    """Where the run computes; the chain's, if left out."""


class ChainSpec(Spec):
    """Where a chain runs, what it starts from, and its steps."""

    account: Annotated[str, Ref("account", edge=False)]
    """Name of the Account that all steps run in."""
    model: ModelReference
    """What the first step starts from: a base model, or what a job, a chain or a copy makes."""
    trainingType: TrainingType = "GlobalStandard"
    """Where the runs compute: `Standard` (the region), `GlobalStandard` or `DeveloperTier`."""
    steps: Annotated[list[Step], Field(min_length=1)]
    """The runs, in order."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [step.name for step in self.steps]
        again = next((name for name in names if names.count(name) > 1), None)
        if again:
            raise PydanticCustomError("chain", f"two steps are named `{again}`")
        return self


class Chain(Composite[ChainSpec]):
    """Continuous fine-tuning: ordered steps, each a Job on the model of the step before.

    Step `s` of chain `c` is the resource `job/c.s`. Chains whose first steps are equal share their runs.
    """

    spec = ChainSpec

    def expand(self, document: Document[ChainSpec]) -> Iterable[Draft]:
        chain, previous = document.spec, None
        for index, step in enumerate(chain.steps):
            fields = step.model_dump(by_alias=True, exclude_unset=True, exclude_none=True, exclude={"name"})
            fields["account"] = chain.account
            fields.setdefault("trainingType", chain.trainingType)
            fields["model"] = (
                {"job": previous} if previous else chain.model.model_dump(by_alias=True, exclude_unset=True)
            )
            previous = f"{document.key.name}.{step.name}"
            yield Draft(ResourceKey("job", previous), fields, ("spec", "steps", index))

    def target(self, document: Document[ChainSpec], reference: Reference, account: str) -> ResourceKey | Draft:
        names = [step.name for step in document.spec.steps]
        if reference.part is not None and reference.part not in names:
            known = ", ".join(f"`{name}`" for name in names)
            raise LookupError(f"{document.key} has no step `{reference.part}`; its steps: {known}")
        return ResourceKey("job", f"{document.key.name}.{reference.part or names[-1]}")
