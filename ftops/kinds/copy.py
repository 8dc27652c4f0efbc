"""A checkpoint copied to another account. No list shows it: only the source knows, per checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ftops.errors import NotFound, Obstacle
from ftops.fields import CheckpointReference
from ftops.kind import Managed
from ftops.resource import Desired, Observed, Phase, Ref, Spec, Unversioned

if TYPE_CHECKING:
    from ftops.service import Services

_PHASES = {"completed": Phase.READY, "failed": Phase.FAILED}


class CopySpec(Spec):
    """Which checkpoint goes where."""

    account: Annotated[str, Ref("account", edge=False), Unversioned()]
    """Name of the Account that receives the copy. It must have run a fine-tuning job before."""
    model: CheckpointReference
    """What is copied: `{job: NAME}` or `{chain: NAME}`, with `checkpoint` unless the final one."""


class Copy(Managed[CopySpec]):
    """A checkpoint copied to another account: another region or subscription of the same tenant.

    The source account needs a user-assigned identity with the role Foundry User on the destination, and the
    destination must allow public network access while it copies.
    """

    spec = CopySpec
    versioned: ClassVar[bool] = True
    listed: ClassVar[bool] = False
    crosses_accounts: ClassVar[bool] = True
    repairable: ClassVar[bool] = True
    typical_seconds: ClassVar[float] = 300.0

    def identity(self, desired: Desired[CopySpec]) -> str:
        return desired.text("model") if desired.is_known else desired.revision

    async def look_up(self, services: Services, desired: Desired[CopySpec]) -> Observed | None:
        source = desired.link("model")
        assert source is not None
        found = await self._ask(services, source.account, desired.account, desired.text("model"))
        if found is None:
            await self.precheck(services, desired)
        return found

    async def precheck(self, services: Services, desired: Desired[CopySpec]) -> None:
        async for _ in services[desired.account].data.jobs(limit=1):
            return
        raise Obstacle(
            f"account/{desired.account} has never run a fine-tuning job, and the service copies only to accounts"
            " that have",
            "run any small job there once",
        )

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        found = await self._ask(services, str(observed.fields["source"]), observed.account, observed.identity)
        if found is None:
            raise NotFound(404, "", f"no copy of {observed.identity} is known")
        return found

    async def create(self, services: Services, desired: Desired[CopySpec]) -> Observed:
        source, checkpoint = desired.link("model"), desired.text("model")
        assert source is not None
        destination = services[desired.account].address
        item = await services[source.account].data.copy(checkpoint, destination.resource_id, destination.region)
        return _observed(source.account, desired.account, checkpoint, item, destination.resource_id) or Observed(
            "copy", desired.account, checkpoint, checkpoint, Phase.PROGRESSING, fields={"source": source.account}
        )

    async def _ask(self, services: Services, source: str, account: str, checkpoint: str) -> Observed | None:
        try:
            item = await services[source].data.copies(checkpoint)
        except NotFound:
            return None
        return _observed(source, account, checkpoint, item, services[account].address.resource_id)


def _observed(source: str, account: str, checkpoint: str, item: Mapping[str, Any], resource_id: str) -> Observed | None:
    """The state of the copy to one destination among all that the source reports."""
    for details in item.get("copiedAccountDetails") or ():
        if str(details.get("destinationResourceId", "")).lower() == resource_id.lower():
            status = str(details.get("status") or "")
            model = str(item.get("checkpointedModelName") or "")
            phase = _PHASES.get(status.lower(), Phase.PROGRESSING)
            return Observed(
                kind="copy",
                account=account,
                identity=checkpoint,
                id=checkpoint,
                phase=Phase.PROGRESSING if phase is Phase.READY and not model else phase,
                fields={"model": checkpoint, "source": source},
                outputs={"model": model} if model else {},
                message=status,
            )
    return None
