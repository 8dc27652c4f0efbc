"""A model served under a name. Its tags are real labels, so it is ours only if they say so."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from ftops.errors import NotFound, Obstacle
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
#: What ARM itself says about a deployment; the rest of what it shows would be reset by a PUT that left it out.
_READ_ONLY = frozenset(
    ("provisioningState", "capabilities", "rateLimits", "callRateLimit", "currentCapacity", "dynamicThrottlingEnabled")
)


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
        return _name(desired).lower()  # ARM does not tell capitals apart

    def declared(self, desired: Desired[DeploymentSpec]) -> dict[str, Any]:
        fields = desired.spec.model_dump(include={"versionUpgradeOption", "raiPolicyName"}, exclude_none=True)
        spec = desired.spec
        return {"model": desired.inputs["model"], "sku": spec.sku, "capacity": spec.capacity, **fields}

    def compared(self, desired: Desired[DeploymentSpec], observed: Observed) -> dict[str, Any]:
        compared = {**self.declared(desired), "protect": desired.resource.protect}
        if observed.revision == desired.revision and _was_upgraded(compared["model"], observed):
            del compared["model"]
        return compared

    async def observe(self, services: Services, account: str, project: str) -> AsyncIterator[Observed]:
        async for item in services[account].management.deployments():
            yield _observed(account, item, project)

    async def poll(self, services: Services, observed: Observed, project: str) -> Observed:
        found = await services[observed.account].management.deployment(observed.id)
        return _observed(observed.account, found, project)

    async def create(self, services: Services, desired: Desired[DeploymentSpec]) -> Observed:
        management, name = services[desired.account].management, _name(desired)
        try:
            found = _observed(desired.account, await management.deployment(name), desired.project)
        except NotFound:
            answer = await management.put(name, _body(desired, _model(desired.text("model")), {}, {}))
            return _answered(desired, answer)
        _refuse_others(found)
        return found

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
        _refuse_others(_observed(observed.account, live, desired.project))
        properties = live.get("properties") or {}
        model = _model(desired.text("model")) if "model" in fields else dict(properties.get("model") or {})
        body = _body(desired, model, properties, live.get("tags") or {})
        if set(fields) <= {"sku", "capacity", "protect"}:
            answer = await management.patch(observed.id, {"sku": body["sku"], "tags": body["tags"]})
        else:
            answer = await management.put(observed.id, body)
        return _answered(desired, answer)

    async def delete(self, services: Services, observed: Observed, project: str) -> None:
        management = services[observed.account].management
        live = _observed(observed.account, await management.deployment(observed.id), project)
        _refuse_others(live)
        if live.protected:
            raise Obstacle("was protected in the meantime")
        await management.delete(observed.id)


def _name(desired: Desired[DeploymentSpec]) -> str:
    return desired.spec.name or desired.key.name


def _refuse_others(found: Observed) -> None:
    """Tags are the only lock there is: look at them right before each write. Raises Obstacle."""
    if not found.owned:
        raise Obstacle("exists and is not marked as ours")


def _answered(desired: Desired[DeploymentSpec], answer: Mapping[str, Any]) -> Observed:
    """What a write was answered with; ARM may answer with nothing but the promise to do it."""
    if answer.get("name"):
        return _observed(desired.account, answer, desired.project)
    name = _name(desired)
    return Observed("deployment", desired.account, name.lower(), name, Phase.PROGRESSING, message="accepted")


def _body(
    desired: Desired[DeploymentSpec], model: Mapping[str, Any], live: Mapping[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """The whole deployment. What others set and the spec does not name is sent back as it is."""
    spec = desired.spec
    kept = {name: value for name, value in live.items() if name not in _READ_ONLY and value is not None}
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
        "properties": {**kept, **chosen, "model": model},
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
        identity=name.lower(),
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
