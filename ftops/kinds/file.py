"""A dataset's file in one account. The service keeps nothing about a file but its name, so the name is its marker."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ftops.data.content import digest, digest_of, open_normalised
from ftops.errors import Obstacle, OutcomeUnknown
from ftops.kind import Managed
from ftops.resource import Desired, Observed, Phase, Ref, Spec

if TYPE_CHECKING:
    from ftops.service import Services

#: The service's words; unknown ones count as progressing.
_PHASES = {"processed": Phase.READY, "error": Phase.FAILED, "deleted": Phase.FAILED}
_NAME = re.compile(r"(?P<label>(?P<marker>[a-z0-9]{2,8})-.+-)(?P<revision>[0-9a-f]{12})\.jsonl")


class FileSpec(Spec):
    """Follows from a Dataset and an account that needs it."""

    dataset: str
    account: Annotated[str, Ref("account", edge=False)]
    path: str | None = None
    url: str | None = None
    sha256: str | None = None


class File(Managed[FileSpec]):
    """A dataset's file in one account, named `<marker>-<dataset>-<hash>.jsonl`."""

    spec = FileSpec
    is_document: ClassVar[bool] = False
    versioned: ClassVar[bool] = True
    on_demand: ClassVar[bool] = True
    remedy: ClassVar[str] = "correct the rows; the file then gets another name"
    settle_seconds: ClassVar[float] = 120.0
    prunable: ClassVar[bool] = True
    destroyable: ClassVar[bool] = True
    typical_seconds: ClassVar[float] = 10.0
    poll_seconds: ClassVar[float] = 2.0

    def content(self, spec: FileSpec) -> str:
        return spec.sha256 or digest(Path(spec.path or ""))

    def identity(self, desired: Desired[FileSpec]) -> str:
        return f"{self.label(desired)}{desired.revision[:12]}.jsonl"

    def label(self, desired: Desired[FileSpec]) -> str:
        return f"{desired.project}-{desired.spec.dataset}-"

    def declared(self, desired: Desired[FileSpec]) -> dict[str, Any]:
        return {"filename": self.identity(desired)}

    async def observe(self, services: Services, account: str, project: str) -> AsyncIterator[Observed]:
        async for item in services[account].data.files():
            if item.get("status") != "deleted":
                yield _observed(account, item, project)

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        found = await services[observed.account].data.file(observed.id)
        return _observed(observed.account, found, project)

    async def create(self, services: Services, desired: Desired[FileSpec]) -> Observed:
        spec = desired.spec
        if spec.path is None:
            name = self.identity(desired)
            raise Obstacle(f"importing from an address is not built yet; upload the file as `{name}`, or use `path`")
        try:
            with open_normalised(Path(spec.path)) as content:
                if not digest_of(content).startswith(desired.revision):
                    raise Obstacle(f"{spec.path} has changed since the plan was made; plan again")
                found = await services[desired.account].data.upload(self.identity(desired), content)
        except OSError as error:
            raise Obstacle(f"cannot read {spec.path}: {error.strerror}") from error
        if not found.get("id"):
            raise OutcomeUnknown("the service answered the upload without an id")
        return _observed(desired.account, found, desired.project)

    async def delete(self, services: Services, observed: Observed, project: str) -> None:
        await services[observed.account].data.delete_file(observed.id)


def _observed(account: str, item: Mapping[str, Any], project: str) -> Observed:
    name, status = str(item.get("filename") or ""), str(item.get("status") or "")
    marked = _NAME.fullmatch(name)
    message = f"the service could not read the file: {item.get('status_details') or 'no reason given'}"
    phase = _PHASES.get(status, Phase.PROGRESSING)
    return Observed(
        kind="file",
        account=account,
        identity=name,
        id=str(item["id"]),
        phase=phase,
        owned=marked is not None and marked["marker"] == project,
        label=marked["label"] if marked else "",
        revision=marked["revision"] if marked else "",
        created_at=float(item.get("created_at") or 0),
        fields={"filename": name},
        outputs={"id": str(item["id"])},
        message=message if phase is Phase.FAILED else status,
    )
