"""A model served under a name. Its tags are real labels, so it is ours only if they say so."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from ftops.fields import ModelReference
from ftops.kind import Managed
from ftops.models import arm_format
from ftops.resource import Desired, Observed, Phase, Ref, Spec

if TYPE_CHECKING:
    from ftops.service import Services

Sku = Literal[
    "Standard", "GlobalStandard", "DataZoneStandard", "DeveloperTier", "ProvisionedManaged", "GlobalProvisionedManaged"
]
_SKUS = {name.lower(): name for name in Sku.__args__}  # type: ignore[attr-defined]
_PHASES = {
    "succeeded": Phase.READY,
    "failed": Phase.FAILED,
    "canceled": Phase.FAILED,
    "disabled": Phase.PAUSED,
}
_DATED = re.compile(r"(?P<name>.+)-(?P<version>\d{4}-\d{2}-\d{2})")
#: What a PUT would reset and a spec may leave to others.
_KEPT = ("versionUpgradeOption", "raiPolicyName", "spilloverDeploymentName", "parentDeploymentName", "capacitySettings")


class DeploymentSpec(Spec):
    """What is served, where, and how much of it."""

    account: Annotated[str, Ref("account", edge=False)]
    """Name of the Account that serves the model."""
    model: ModelReference
    """What is served: a base model, or what a job, a chain or a copy makes; `checkpoint` chooses among its steps."""
    name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$")] = None
    """Name under which clients call it; the document's name, if left out."""
    sku: Sku = "GlobalStandard"
    """How it is billed and where it computes."""
    capacity: Annotated[int, Field(ge=1)] = 1
    """Thousands of tokens per minute, or provisioned units."""
    versionUpgradeOption: (
        Literal["OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade"] | None
    ) = None
    """When the service may move a base model to another version; its choice, if left out."""
    raiPolicyName: str | None = None
    """Content filter; the service's choice, if left out."""


class Deployment(Managed[DeploymentSpec]):
    """A model served under a name. Changed in place: a new model is a pointer swap without an outage."""

    spec = DeploymentSpec
    one_writer: ClassVar[bool] = True
    costs_while_idle: ClassVar[bool] = True
    repairable: ClassVar[bool] = True
    prunable: ClassVar[bool] = True
    destroyable: ClassVar[bool] = True
    typical_seconds: ClassVar[float] = 300.0

    def identity(self, desired: Desired[DeploymentSpec]) -> str:
        return desired.spec.name or desired.key.name

    def declared(self, desired: Desired[DeploymentSpec]) -> dict[str, Any]:
        fields = desired.spec.model_dump(include={"versionUpgradeOption", "raiPolicyName"}, exclude_none=True)
        spec = desired.spec
        return {"model": desired.inputs["model"], "sku": spec.sku, "capacity": spec.capacity, **fields}

    def compared(self, desired: Desired[DeploymentSpec], observed: Observed) -> dict[str, Any]:
        compared = {**self.declared(desired), "protect": desired.resource.protect}
        if _was_upgraded(compared["model"], observed):
            del compared["model"]
        return compared

    async def observe(self, services: Services, account: str, project: str) -> AsyncIterator[Observed]:
        async for item in services[account].management.deployments():
            yield _observed(account, item, project)

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        found = await services[observed.account].management.deployment(observed.id)
        return _observed(observed.account, found, project)

    async def create(self, services: Services, desired: Desired[DeploymentSpec]) -> Observed:
        found = await services[desired.account].management.put(self.identity(desired), _body(desired, {}, {}))
        return _observed(desired.account, found, desired.project)

    async def update(
        self,
        services: Services,
        observed: Observed,
        fields: Mapping[str, Any],
        desired: Desired[DeploymentSpec] | None,
    ) -> Observed:
        assert desired is not None
        management = services[observed.account].management
        live = await management.deployment(observed.id)
        body = _body(desired, live.get("properties") or {}, live.get("tags") or {})
        if set(fields) <= {"sku", "capacity", "protect"}:
            body = {"sku": body["sku"], "tags": body["tags"]}
            found = await management.patch(observed.id, body)
        else:
            found = await management.put(observed.id, body)
        answered = _observed(observed.account, found or live, desired.project)
        return answered if found else replace(answered, phase=Phase.PROGRESSING)

    async def delete(self, services: Services, observed: Observed) -> None:
        await services[observed.account].management.delete(observed.id)


def _body(desired: Desired[DeploymentSpec], live: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The whole deployment. What others set and the spec does not name is sent back as it is."""
    spec, model = desired.spec, desired.text("model")
    kept = {name: live[name] for name in _KEPT if live.get(name) is not None}
    chosen = spec.model_dump(include={"versionUpgradeOption", "raiPolicyName"}, exclude_none=True)
    marks = {
        "ftops-project": desired.project,
        "ftops-name": desired.key.name,
        "ftops-revision": desired.revision,
        "ftops-protect": "true" if desired.resource.protect else "false",
    }
    return {
        "sku": {"name": spec.sku, "capacity": spec.capacity},
        "tags": {**tags, **marks},
        "properties": {"model": _model(model), **kept, **chosen},
    }


def _model(name: str) -> dict[str, str]:
    """ARM names a base model by name and version, a fine-tuned one by its full name and version 1."""
    dated = _DATED.fullmatch(name)
    if dated and ".ft-" not in name:
        return {"format": arm_format(name), "name": dated["name"], "version": dated["version"]}
    return {"format": arm_format(name), "name": name, "version": "1"}


def _was_upgraded(declared: Any, observed: Observed) -> bool:
    """Whether the service moved a base model to a newer version, as it may unless it was told not to."""
    before, after = _DATED.fullmatch(str(declared)), _DATED.fullmatch(str(observed.fields.get("model", "")))
    if before is None or after is None or observed.fields.get("versionUpgradeOption") == "NoAutoUpgrade":
        return False
    is_same = before["name"] == after["name"] and ".ft-" not in before["name"]
    return is_same and after["version"] > before["version"]


def _observed(account: str, item: Mapping[str, Any], project: str) -> Observed:
    properties, sku, tags = item.get("properties") or {}, item.get("sku") or {}, item.get("tags") or {}
    model = properties.get("model") or {}
    state = str(properties.get("provisioningState") or "")
    name = str(item.get("name") or "")
    fields = {
        "model": _full_name(str(model.get("name") or ""), str(model.get("version") or "")),
        "sku": _SKUS.get(str(sku.get("name", "")).lower(), sku.get("name")),
        "capacity": sku.get("capacity"),
        "versionUpgradeOption": properties.get("versionUpgradeOption"),
        "raiPolicyName": properties.get("raiPolicyName"),
        "protect": tags.get("ftops-protect") == "true",
    }
    return Observed(
        kind="deployment",
        account=account,
        identity=name,
        id=name,
        phase=_PHASES.get(state.lower(), Phase.PROGRESSING),
        owned=tags.get("ftops-project") == project,
        label=str(tags.get("ftops-name") or ""),
        revision=str(tags.get("ftops-revision") or ""),
        created_at=_seconds(str((item.get("systemData") or {}).get("createdAt") or "")),
        fields={key: value for key, value in fields.items() if value is not None},
        outputs={"name": name},
        protected=tags.get("ftops-protect") == "true",
        message=state,
    )


def _full_name(name: str, version: str) -> str:
    return f"{name}-{version}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) else name


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
