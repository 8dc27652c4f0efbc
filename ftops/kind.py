"""What the engine may ask of a kind. A kind translates between its spec and the API; the engine does the thinking.

Three sorts, told apart by base class: `Settings` are read by ftops itself, `Composite` documents stand for other
resources, `Managed` resources exist on the service. One module in `ftops/kinds/` is one kind.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from ftops.errors import Obstacle
from ftops.resource import Desired, Observed, ResourceKey, Spec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from ftops.document import Steps
    from ftops.resource import Document, Reference
    from ftops.service import Services

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource to be made of a document: `fields` are its spec, `steps` lead to where the user wrote it."""

    key: ResourceKey
    fields: Mapping[str, Any]
    steps: Steps = ("spec",)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the service's log about an object; `at` is in epoch seconds, `level` in the service's word."""

    at: float
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Pool:
    """Places of an account that writes share: `size` at a time; what `queues` may be sent over that and waits there."""

    name: str
    size: int
    queues: bool = False


class Kind(Generic[S]):
    """A word that documents may carry as `kind`, and the spec that goes with it."""

    spec: ClassVar[type[Spec]]

    #: Whether users write documents of this kind; the others follow from documents.
    is_document: ClassVar[bool] = True

    def notes(self, spec: S) -> Iterable[str]:
        """What its author should know about a document that is not wrong."""
        return ()

    @classmethod
    def word(cls) -> str:
        """The word in documents, such as `Job`."""
        return cls.__name__

    @classmethod
    def name(cls) -> str:
        """The word in keys and messages, such as `job`."""
        return cls.__name__.lower()


class Settings(Kind[S]):
    """Read by ftops itself: the project, and the accounts it works in."""

    role: ClassVar[Literal["project", "account"]]


class Composite(Kind[S], ABC):
    """Stands for other resources and has no object of its own."""

    def expand(self, document: Document[S]) -> Iterable[Draft]:
        """The resources that this document makes whether or not anybody refers to it."""
        return ()

    @abstractmethod
    def target(self, document: Document[S], reference: Reference, account: str) -> ResourceKey | Draft:
        """What a reference from a resource in `account` stands for; a Draft if it exists only because of it.

        Raises LookupError with a sentence if the reference names a part that does not exist.
        """


class Managed(Kind[S], ABC):
    """Exists on the service.

    No call blocks or repeats itself. `observe`, `look_up`, `poll` and `output` change nothing; deleting what is gone
    is fine. Errors of the service pass through; the engine adds which resource and which step.
    """

    #: A changed spec is a new object; the old one is history.
    versioned: ClassVar[bool] = False
    #: Made only when something that is about to be made needs it.
    on_demand: ClassVar[bool] = False
    #: The account lists objects of this kind; otherwise they are looked up one by one.
    listed: ClassVar[bool] = True
    #: The service takes one write at a time in an account.
    one_writer: ClassVar[bool] = False
    #: What it refers to may live in another account.
    crosses_accounts: ClassVar[bool] = False
    #: It costs money while nobody uses it.
    costs_while_idle: ClassVar[bool] = False
    #: Making one starts a training run that is paid for.
    is_run: ClassVar[bool] = False
    #: `destroy` may delete it, if told to or because it costs money while it idles.
    destroyable: ClassVar[bool] = False
    #: `--prune` deletes objects that nothing declares.
    prunable: ClassVar[bool] = False
    #: An object that failed may be asked for again; otherwise it stays as it is until the spec changes.
    repairable: ClassVar[bool] = False
    #: What its user can do about one that failed and is not repairable.
    remedy: ClassVar[str] = ""
    #: What a run that does not wait still waits for, in seconds.
    settle_seconds: ClassVar[float] = 0.0
    #: Usual time from create to ready, and between two looks, in seconds.
    typical_seconds: ClassVar[float] = 60.0
    poll_seconds: ClassVar[float] = 15.0

    @abstractmethod
    def identity(self, desired: Desired[S]) -> str:
        """What its object is recognised by, within kind and account; from the spec alone unless `versioned`."""

    def label(self, desired: Desired[S]) -> str:
        """The name that objects of this resource carry over all revisions; "" if they carry none."""
        return ""

    def content(self, spec: S) -> str:
        """A hash of what the spec points at but does not hold, for the revision. Raises OSError."""
        return ""

    def declared(self, desired: Desired[S]) -> dict[str, Any]:
        """The declared fields in the spec's words; what `plan` shows."""
        return {**desired.spec.model_dump(exclude_defaults=True, by_alias=True), **desired.inputs}

    def compared(self, desired: Desired[S], observed: Observed) -> dict[str, Any]:
        """The declared fields that are kept equal on an object that exists, being as it is."""
        return {}

    def pool(self, spec: S | None) -> Pool | None:
        """The places that making or changing this resource competes for, if they are few."""
        return Pool("writer", 1) if self.one_writer else None

    def withheld(self, spec: S) -> str:
        """Why this resource is not to be created although it is declared; "" if it is."""
        return ""

    def retired(self, spec: S | None, observed: Observed) -> Mapping[str, Any]:
        """Fields that an unfinished object gets when it was superseded, or (spec None) is a duplicate."""
        return {}

    def observe(self, services: Services, account: str, project: str) -> AsyncIterator[Observed]:
        """All objects of this kind in the account, ours and others', by one listing."""
        raise NotImplementedError

    async def precheck(self, services: Services, desired: Desired[S]) -> None:
        """For kinds that are not listed, while references are unknown. Raises Obstacle if it could never be made."""

    def policy(self, spec: S) -> str:
        """What two resources that share one object must agree on."""
        return ""

    async def look_up(self, services: Services, desired: Desired[S]) -> Observed | None:
        """The object of one resource, for kinds that are not listed. Raises Obstacle if it could not be made."""
        raise NotImplementedError

    async def output(self, services: Services, observed: Observed, output: str, choice: str) -> str:
        """An output that takes a request of its own. Raises Obstacle if there is no such choice."""
        raise Obstacle(f"{observed.id} does not say its {output}")

    def events(self, services: Services, observed: Observed) -> AsyncIterator[LogEntry]:
        """What the service logged about an object, newest first, for kinds with such a log."""
        raise NotImplementedError

    @abstractmethod
    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        """The object, looked at again. Raises NotFound if it is gone."""

    @abstractmethod
    async def create(self, services: Services, desired: Desired[S]) -> Observed:
        """Ask once for the object. Raises OutcomeUnknown if the answer was lost or unreadable."""

    async def update(
        self, services: Services, observed: Observed, fields: Mapping[str, Any], desired: Desired[S] | None
    ) -> Observed:
        """Bring `fields` of the object to the given values; `desired` is the whole of it, if it is declared."""
        raise NotImplementedError

    async def delete(self, services: Services, observed: Observed, project: str) -> None:
        """Remove the object, if it is still ours."""
        raise NotImplementedError


class Kinds:
    """Every kind there is, by its name."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        self.by_name: Mapping[str, Kind[Any]] = {kind.name(): kind for kind in kinds}
        self._managed = {name: kind for name, kind in self.by_name.items() if isinstance(kind, Managed)}
        self._settings: dict[str, Kind[Any]] = {k.role: k for k in self.by_name.values() if isinstance(k, Settings)}
        self._documents = {kind.word(): kind for kind in self.by_name.values() if kind.is_document}

    def managed(self, name: str) -> Managed[Any]:
        return self._managed[name]

    def all_managed(self) -> Sequence[Managed[Any]]:
        return list(self._managed.values())

    def settings(self, role: str) -> Kind[Any]:
        return self._settings[role]

    def words(self) -> list[str]:
        """The words that may stand as `kind` in a document."""
        return sorted(self._documents)

    def of_word(self, word: str) -> Kind[Any] | None:
        return self._documents.get(word)


_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_name(text: str) -> bool:
    """Whether a document may be called this: 1-63 lower-case letters, digits and `-`, no `-` at an end."""
    return _NAME.fullmatch(text) is not None
