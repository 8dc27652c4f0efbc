"""A training or validation set. It becomes one file in each account that needs it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ftops.kind import Composite, Draft
from ftops.resource import Document, LocalFile, Reference, ResourceKey, Spec


class DatasetSpec(Spec):
    """Where the rows are and what they look like."""

    path: Annotated[str | None, LocalFile()] = None
    """A JSONL file, relative to this document; it must lie inside the folder of specs."""
    url: Annotated[str | None, Field(pattern=r"^https://")] = None
    """An address that the service can import the file from, instead of `path`."""
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    """url: hash of the file behind it, so that the rows a model learned from are known."""
    format: Literal["chat", "dpo", "rft"] = "chat"
    """`chat`: conversations. `dpo`: preferred and other answers. `rft`: prompts with fields for a grader."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise PydanticCustomError("dataset", "give either `path` or `url`")
        if (self.url is None) != (self.sha256 is None):
            raise PydanticCustomError("dataset", "`sha256` goes with `url`, and is needed there")
        return self


class Dataset(Composite[DatasetSpec]):
    """A training or validation set: a JSONL file beside the specs, or an address to import one from."""

    spec = DatasetSpec

    def target(self, document: Document[DatasetSpec], reference: Reference, account: str) -> ResourceKey | Draft:
        spec = document.spec
        fields: dict[str, Any] = {"dataset": document.key.name, "account": account}
        if spec.path is not None:
            fields["path"] = str(document.origin.source.path.parent / spec.path)
        else:
            fields |= {"url": spec.url, "sha256": spec.sha256}
        return Draft(ResourceKey("file", f"{document.key.name}@{account}"), fields)
