"""The live side of a folder of specs after everything in it was made.

ftops' own kinds write it: each resource is created on a recorder, in the graph's order, and the recorder keeps what it
was sent in the form in which the service shows it later. So nothing here repeats how ftops marks its objects.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, cast

from ftops.errors import NotFound
from ftops.observe import Resolver

if TYPE_CHECKING:
    from standin import Lists

    from ftops.graph import Graph
    from ftops.resource import Observed, ResourceKey
    from ftops.service import Services
    from ftops.service.address import Address

_CREATED = 1_767_603_600


@dataclass(slots=True)
class _Recorder:
    """One account, both planes: takes creates and shows them as finished."""

    address: Address
    files: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def data(self) -> _Recorder:
        return self

    @property
    def management(self) -> _Recorder:
        return self

    async def upload(self, filename: str, content: IO[bytes]) -> dict[str, Any]:
        self.files.append(
            {
                "id": f"file-{self._digits(filename)}",
                "object": "file",
                "bytes": len(content.read()),
                "created_at": _CREATED,
                "filename": filename,
                "purpose": "fine-tune",
                "status": "processed",
            }
        )
        return self.files[-1]

    async def create_job(self, body: Mapping[str, Any]) -> dict[str, Any]:
        digits = self._digits(body["suffix"])
        method = body["method"]
        tuned = {"batch_size": 1, **method[method["type"]]["hyperparameters"]}
        self.jobs.append(
            {
                **{name: value for name, value in body.items() if name != "metadata"},
                "id": f"ftjob-{digits}",
                "object": "fine_tuning.job",
                "status": "succeeded",
                "created_at": _CREATED,
                "finished_at": _CREATED + 3000,
                "estimated_finish": _CREATED + 3000,
                "fine_tuned_model": f"{body['model']}.ft-{digits}-{body['suffix']}",
                "hyperparameters": tuned,
                "method": {"type": method["type"], method["type"]: {"hyperparameters": tuned}},
                "trainingType": body["trainingType"][0].lower() + body["trainingType"][1:],
                "result_files": [f"file-{digits}"],
                "trained_tokens": 4000,
            }
        )
        return self.jobs[-1]

    async def deployment(self, name: str) -> dict[str, Any]:
        raise NotFound(404, "NotFound", f"there is no {name} yet")

    async def put(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.deployments.append(
            {
                "id": f"{self.address.resource_id}/deployments/{name}",
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "name": name,
                "sku": body["sku"],
                "tags": body["tags"],
                "properties": {
                    **body["properties"],
                    "versionUpgradeOption": "NoAutoUpgrade",
                    "currentCapacity": body["sku"]["capacity"],
                    "capabilities": {"chatCompletion": "true"},
                    "provisioningState": "Succeeded",
                    "rateLimits": [{"key": "request", "renewalPeriod": 60, "count": body["sku"]["capacity"]}],
                },
                "systemData": {"createdBy": "bench", "createdAt": "2026-01-05T09:00:00.0000000Z"},
                "etag": f'"{self._digits(name)}"',
            }
        )
        return self.deployments[-1]

    def _digits(self, text: str) -> str:
        return hashlib.sha256(f"{self.address.name}/{text}".encode()).hexdigest()[:32]


def lists_of(graph: Graph) -> Lists:
    """Every list of every account, as the service shows it once the graph is made: files and jobs newest first."""
    recorders = {name: _Recorder(spec.address(name)) for name, spec in graph.workspace.accounts.items()}
    asyncio.run(_make(graph, recorders))
    lists: Lists = {}
    for name, recorder in recorders.items():
        used = {key.kind for key, resource in graph.resources.items() if resource.account == name}
        path = f"/a/{name}/openai/v1"
        found = {
            "file": (f"{path}/files", recorder.files[::-1]),
            "job": (f"{path}/fine_tuning/jobs", recorder.jobs[::-1]),
            "deployment": (f"{recorder.address.resource_id}/deployments", recorder.deployments),
        }
        lists |= dict(found[kind] for kind in used)
    return lists


async def _make(graph: Graph, recorders: Mapping[str, _Recorder]) -> None:
    services = cast("Services", recorders)
    found: dict[ResourceKey, Observed] = {}
    resolver = Resolver(graph, services, found)
    for key, resource in graph.resources.items():
        found[key] = await graph.kinds.managed(key.kind).create(services, resolver.desired_at_once(resource))
