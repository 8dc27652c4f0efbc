"""Fields that several kinds share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from ftops.models import resolve_alias
from ftops.resource import Ref, Reference, Spec, Unversioned

Auto = Literal["auto"]
Count = Annotated[int, Field(ge=1)]
Checkpoint = Literal["final", "best"] | Annotated[int, Field(ge=1)]
TrainingType = Literal["Standard", "GlobalStandard", "DeveloperTier"]
JobState = Literal["running", "paused", "cancelled"]
OnSupersede = Literal["finish", "pause", "cancel"]

#: At most 40 of these characters together with our marker and revision; `.` is refused by the service.
Suffix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$")]


class ModelReference(Spec):
    """A model: the name of a base model, or what a job, a chain or a copy makes.

    Written as a word it is a base model (`model: gpt-4.1-mini-2025-04-14`).
    """

    #: Which output of the target the field needs.
    output: ClassVar[str] = "model"
    also_written_as: ClassVar[str] = "name of a base model or "

    base: str | None = None
    """Name of a base model as the service lists it, with its date."""
    job: Annotated[str | None, Ref("job")] = None
    """Name of a Job."""
    chain: Annotated[str | None, Ref("chain")] = None
    """Name of a Chain; its last step, unless `step` names another."""
    copied: Annotated[str | None, Ref("copy")] = Field(default=None, alias="copy")
    """Name of a Copy: the checkpoint as it arrived in the Copy's account."""
    step: str | None = None
    """Name of a step of the chain."""
    checkpoint: Checkpoint = "final"
    """Which checkpoint: `final`, `best` (lowest full validation loss) or a step number."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"base": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        named = [word for word in (self.base, self.job, self.chain, self.copied) if word]
        if len(named) != 1:
            words = "`job`, `chain` or `copy`"
            raise PydanticCustomError("reference", f"name exactly one of {words}, or write a base model as a word")
        if self.step and not self.chain:
            raise PydanticCustomError("reference", "`step` goes with `chain` only")
        if self.checkpoint != "final" and (self.base or self.copied):
            raise PydanticCustomError("reference", "`checkpoint` goes with `job` or `chain` only")
        return self

    def constant(self) -> str | None:
        return resolve_alias(self.base) if self.base else None

    def references(self) -> Iterator[Reference]:
        for found in super().references():
            yield Reference(found.steps, found.kind, found.name, True, self.output, str(self.checkpoint), self.step)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        mapping = handler(core)
        if cls.output == "model":
            return {"anyOf": [{"type": "string", "description": "Name of a base model."}, mapping]}
        return mapping


class CheckpointReference(ModelReference):
    """A checkpoint of what a job or a chain makes."""

    output: ClassVar[str] = "checkpoint"
    also_written_as: ClassVar[str] = ""

    @model_validator(mode="after")
    def _is_trained(self) -> Self:
        if self.base or self.copied:
            raise PydanticCustomError("reference", "only what a `job` or a `chain` makes can be copied")
        return self


class Hyperparameters(Spec):
    """What the service may tune. Left out or `auto`, the service chooses."""

    n_epochs: Count | Auto | None = None
    """Passes over the training set."""
    batch_size: Count | Auto | None = None
    """Examples per step; the service's choice is 0.2 % of the examples, at most 256."""
    learning_rate_multiplier: Annotated[float, Field(gt=0)] | Auto | None = None
    """Factor on the learning rate of the base model."""
    beta: Annotated[float, Field(ge=0)] | Auto | None = None
    """dpo: weight of staying close to the reference model."""
    l2_multiplier: Annotated[float, Field(ge=0)] | Auto | None = None
    """dpo: weight of L2 regularisation."""
    reasoning_effort: Literal["default", "low", "medium", "high"] | None = None
    """reinforcement: how long the model may reason while it is trained."""
    compute_multiplier: Annotated[float, Field(gt=0)] | Auto | None = None
    """reinforcement: factor on the exploration per example."""
    eval_interval: Count | Auto | None = None
    """reinforcement: steps between two evaluations."""
    eval_samples: Count | Auto | None = None
    """reinforcement: samples per evaluation."""

    def chosen(self) -> dict[str, Any]:
        """The values that are not left to the service."""
        values = self.model_dump(exclude_none=True)
        return {name: value for name, value in values.items() if value != "auto"}


_COMMON = {"n_epochs", "batch_size", "learning_rate_multiplier"}
_OF_METHOD = {
    "supervised": _COMMON,
    "dpo": _COMMON | {"beta", "l2_multiplier"},
    "reinforcement": _COMMON | {"reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"},
}


class Method(Spec):
    """How the model learns. Written as a word it is only the type (`method: dpo`)."""

    also_written_as: ClassVar[str] = "supervised | dpo | reinforcement or "

    type: Literal["supervised", "dpo", "reinforcement"]
    """`supervised` learns answers, `dpo` learns preferences, `reinforcement` learns from a grader."""
    grader: dict[str, Any] | None = None
    """reinforcement: the grader, as the service takes it."""
    response_format: dict[str, Any] | None = None
    """reinforcement: JSON schema of the answers, as the service takes it."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _grader_goes_with_reinforcement(self) -> Self:
        if (self.type == "reinforcement") != (self.grader is not None):
            raise PydanticCustomError("method", "`grader` goes with `type: reinforcement`, and is needed there")
        if self.response_format is not None and self.type != "reinforcement":
            raise PydanticCustomError("method", "`response_format` goes with `type: reinforcement`")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "enum": list(_OF_METHOD)}, handler(core)]}


class WeightsAndBiases(Spec):
    """A Weights & Biases project that receives the metrics; its key is set on the account, never here."""

    project: str
    """Name of the project there."""
    name: str | None = None
    """Display name of the run."""
    entity: str | None = None
    """Team or user that owns the project."""
    tags: list[str] | None = None
    """Tags of the run."""


class Integration(Spec):
    """Where the service sends the metrics of a run."""

    type: Literal["wandb"]
    """The only one there is."""
    wandb: WeightsAndBiases
    """The receiving project."""


class Training(Spec):
    """What a run is made of, apart from where it runs and what it starts from."""

    training: Annotated[str, Ref("dataset")]
    """Name of the Dataset to learn from."""
    validation: Annotated[str | None, Ref("dataset")] = None
    """Name of the Dataset to measure on. Reinforcement needs one."""
    method: Method = Method(type="supervised")
    """How the model learns: supervised (default), dpo or reinforcement."""
    hyperparameters: Hyperparameters = Hyperparameters()
    """What not to leave to the service."""
    suffix: Annotated[Suffix | None, Unversioned()] = None
    """Replaces the resource's name in the name of the model. 1-20 of `A-Z a-z 0-9 _ -`, the first a letter or digit."""
    seed: Annotated[int | None, Field(ge=0, le=2147483647)] = None
    """Seed of the run. Left out, it follows from the revision."""
    integrations: Annotated[list[Integration] | None, Unversioned()] = None
    """Where the service sends the metrics."""
    state: Annotated[JobState | None, Unversioned()] = None
    """What the run should be doing. Left out, pauses and resumptions are left to the service and to people."""
    onSupersede: Annotated[OnSupersede, Unversioned()] = "finish"
    """What happens to an unfinished run when its spec changes and another one replaces it."""
    attempt: Count = 1
    """Raise it to run the same thing again, after a failure."""

    @model_validator(mode="after")
    def _method_agrees(self) -> Self:
        alien = set(self.hyperparameters.model_dump(exclude_none=True)) - _OF_METHOD[self.method.type]
        if alien:
            names = ", ".join(f"`{name}`" for name in sorted(alien))
            raise PydanticCustomError("method", f"{names}: no hyperparameter of method {self.method.type}")
        if self.method.type == "reinforcement" and self.validation is None:
            raise PydanticCustomError("method", "method reinforcement needs `validation`")
        return self
