"""The words of the engine: what is declared (Spec, Document, Resource) and what exists (Observed)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ftops.document import Source, Steps
    from ftops.errors import Place


class ResourceKey(NamedTuple):
    """Names a resource within its specs; never an id of the service."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class Phase(StrEnum):
    """How far an object is, in four words for every kind."""

    PROGRESSING = "progressing"
    PAUSED = "paused"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ref:
    """Field mark: the value is the name of a document of this kind. Without `edge` it only says where to work."""

    kind: str
    edge: bool = True


@dataclass(frozen=True, slots=True)
class Unversioned:
    """Field mark: changing the value does not make another run, so it does not enter the revision."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """Field mark: a path relative to the document, which must lead to a file inside the folder of specs."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names another document.

    `steps` lead to the naming value within the spec; `output` says what of the target is needed (`id`, `model`,
    `checkpoint`); `choice` which of several (`final`, `best` or a step number); `part` names a part of the target.
    """

    steps: Steps
    kind: str
    name: str
    edge: bool = True
    output: str = "id"
    choice: str = ""
    part: str | None = None


class Spec(BaseModel):
    """A mapping that a user writes. Strict: unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    #: How a value may be written apart from a mapping, such as `text or `.
    also_written_as: ClassVar[str] = ""

    def constant(self) -> str | None:
        """The value that this mapping stands for without a reference, if it does."""
        return None

    def references(self) -> Iterator[Reference]:
        """Every reference in this mapping and the mappings inside it."""
        for name, step, mark in reference_fields(type(self)):
            value = getattr(self, name)
            if value is None:
                continue
            if mark is not None:
                yield Reference((step,), mark.kind, value, mark.edge)
            else:
                yield from _nested(step, value)


def _nested(step: str, value: Any) -> Iterator[Reference]:
    children = enumerate(value) if isinstance(value, list) else ((None, value),)
    for index, child in children:
        if isinstance(child, Spec):
            prefix = (step,) if index is None else (step, index)
            for found in child.references():
                yield Reference(
                    (*prefix, *found.steps), found.kind, found.name, found.edge, found.output, found.choice, found.part
                )


@cache
def reference_fields(model: type[Spec]) -> list[tuple[str, str, Ref | None]]:
    """(attribute, key in the document, mark) of the fields that are references, or without a mark may hold some."""
    fields = []
    for name, info in model.model_fields.items():
        mark = next((m for m in info.metadata if isinstance(m, Ref)), None)
        if mark or _may_hold_spec(info.annotation):
            fields.append((name, info.alias or name, mark))
    return fields


def _may_hold_spec(annotation: Any) -> bool:
    arguments = getattr(annotation, "__args__", ())
    is_spec = isinstance(annotation, type) and issubclass(annotation, Spec)
    return is_spec or any(_may_hold_spec(argument) for argument in arguments)


class Metadata(Spec):
    """What ftops itself keeps about a document."""

    name: str
    """Name of the document: 1-63 lower-case letters, digits and `-`. Unique within its kind."""
    protect: bool = False
    """Refuse to delete the object, whatever the command says."""


S = TypeVar("S", bound=Spec)
AnySpec = TypeVar("AnySpec", bound=Spec, covariant=True)


@dataclass(frozen=True, slots=True)
class Origin:
    """The document that something was declared in; positions inside it are looked up when needed."""

    source: Source
    index: int

    def place(self, steps: Steps = (), *, key: bool = False) -> Place:
        return self.source.place(self.index, steps, key=key)


@dataclass(frozen=True, slots=True)
class Document(Generic[S]):
    """One checked YAML document."""

    key: ResourceKey
    spec: S
    metadata: Metadata
    origin: Origin


@dataclass(frozen=True, slots=True)
class Link:
    """A resolved reference: the field that holds it, and which output of which resource (and account) it means."""

    field: str
    target: ResourceKey
    account: str
    output: str
    choice: str = ""

    @property
    def unknown(self) -> Unknown:
        return Unknown(self.target, self.output)


@dataclass(frozen=True, slots=True)
class Resource(Generic[S]):
    """Something that should exist on the service.

    `account` names the Account document that it lives in, `revision` is the hash of what is declared (16 hex
    digits), `links` are its references to other resources by field.
    """

    key: ResourceKey
    spec: S
    account: str
    origin: Origin
    steps: Steps = ("spec",)
    protect: bool = False
    links: tuple[Link, ...] = ()
    revision: str = ""

    def place(self, steps: Steps = ()) -> Place:
        return self.origin.place((*self.steps, *steps))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that exists only after another resource has been worked on."""

    key: ResourceKey
    output: str

    def __str__(self) -> str:
        return f"known after {self.key}"


@dataclass(frozen=True, slots=True)
class Desired(Generic[S]):
    """A resource with its references resolved, ready to be compared and sent.

    `inputs` maps each field that holds a reference to the value behind it, or to an `Unknown`.
    """

    resource: Resource[S]
    project: str
    inputs: Mapping[str, str | Unknown] = field(default_factory=dict)

    @property
    def key(self) -> ResourceKey:
        return self.resource.key

    @property
    def spec(self) -> S:
        return self.resource.spec

    @property
    def account(self) -> str:
        return self.resource.account

    @property
    def revision(self) -> str:
        return self.resource.revision

    @property
    def is_known(self) -> bool:
        return not any(isinstance(value, Unknown) for value in self.inputs.values())

    def link(self, field: str) -> Link | None:
        """The reference in `field`, if it names another resource."""
        return next((link for link in self.resource.links if link.field == field), None)

    def text(self, field: str) -> str:
        """The resolved input `field`; only called once everything it needs is there."""
        value = self.inputs[field]
        assert isinstance(value, str), f"{self.key}: {field} is {value}"
        return value


@dataclass(frozen=True, slots=True)
class Observed:
    """An object as it is on the service, in the words of its spec.

    `identity` is what makes it the object of one desired resource (a file name, a revision, a deployment name);
    `owned` is true if it carries our project's marker; `label` is the name it was made for, where that can be read;
    `fields` maps spec fields to live values; `outputs` what references to it resolve to once it is ready; `uses`
    holds ids of other objects it still needs.
    """

    kind: str
    account: str
    identity: str
    id: str
    phase: Phase
    owned: bool = True
    label: str = ""
    revision: str = ""
    created_at: float = 0.0
    fields: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    protected: bool = False
    message: str = ""
