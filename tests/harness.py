"""What tests do as a user would: write specs, plan, apply, look at what reached the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import httpx2

from ftops.apply import Event, Result, Run
from ftops.cli.session import EmulatorClock, graph_of
from ftops.emulator import World, create_app
from ftops.emulator.shapes import LAG
from ftops.graph import Graph
from ftops.leftovers import Leftovers
from ftops.observe import Observation, observe
from ftops.plan import Plan
from ftops.planner import make_plan
from ftops.service import Services

#: What a service may call a run that is training.
RUNNING = ("running", "provisioning")

Answer = Callable[[httpx2.Request, httpx2.Response], httpx2.Response]


class Wire(httpx2.AsyncBaseTransport):
    """The way to the emulator. `before` sees each request and may answer or raise; `after` may spoil the answer."""

    def __init__(self, world: World) -> None:
        self.inner = httpx2.ASGITransport(app=create_app(world))
        self.sent: list[str] = []
        self.before: Callable[[httpx2.Request], httpx2.Response | None] = lambda request: None
        self.after: Answer = lambda request, response: response

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(f"{request.method} {request.url.path}")
        answered = self.before(request)
        if answered is not None:
            return answered
        response = await self.inner.handle_async_request(request)
        await response.aread()
        return self.after(request, response)


@dataclass
class Sandbox:
    """A folder of specs and an emulated world to apply them to."""

    folder: Path
    profile: str = "azure"
    world: World = field(init=False)
    wire: Wire = field(init=False)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World.open(self.folder / "world.db", profile=self.profile)
        self.wire = Wire(self.world)
        self.specs.mkdir(exist_ok=True)

    @property
    def specs(self) -> Path:
        return self.folder / "specs"

    def write(self, name: str, text: str) -> None:
        path = self.specs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the last occurrence of `old` in a spec."""
        path = self.specs / name
        before, found, after = path.read_text().rpartition(old)
        assert found, f"{name} holds no {old!r}"
        path.write_text(before + new + after)

    def graph(self) -> Graph:
        return graph_of(self.specs)

    def plan(self, *, prune: bool = False) -> Plan:
        return asyncio.run(self._live(lambda graph, services: self._plan(graph, services, prune)))[1]

    def apply(self, *, wait: float = inf, prune: bool = False) -> dict[str, Result]:
        """One tick; the results by resource."""

        async def apply(graph: Graph, services: Services) -> list[Result]:
            observation, plan = await self._plan(graph, services, prune)
            return await self._run(plan, observation, services, wait)

        return {str(r.change.key): r for r in asyncio.run(self._live(apply))}

    def destroy(self, *include: str) -> dict[str, Result]:
        async def destroy(graph: Graph, services: Services) -> list[Result]:
            observation, _ = await self._plan(graph, services, True)
            return await self._run(Leftovers(observation).destruction(frozenset(include)), observation, services, inf)

        return {str(r.change.key): r for r in asyncio.run(self._live(destroy))}

    def outcomes(self, **options: Any) -> dict[str, str]:
        return {key: result.outcome.value for key, result in self.apply(**options).items()}

    def actions(self, **options: Any) -> dict[str, str]:
        """What a plan would do, without what it leaves alone."""
        changes = self.plan(**options).changes
        return {str(change.key): change.action.value for change in changes if change.action.value != "noop"}

    def writes(self, after: int = 0) -> list[str]:
        """The operations that wrote to the world since a journal entry."""
        return [entry["operation"] for entry in self.world.journal(after) if entry["effect"]]

    def mark(self) -> int:
        """The number of the last journal entry."""
        journal = self.world.journal()
        return journal[-1]["seq"] if journal else 0

    def call(self, method: str, url: str, **arguments: Any) -> Any:
        """A request by somebody else: the portal, or another tool."""
        return asyncio.run(self._call(method, url, arguments))

    def data(self, method: str, path: str, account: str = "sweden", **arguments: Any) -> Any:
        headers = {"api-key": f"emulator-key-{account}", **arguments.pop("headers", {})}
        return self.call(method, f"https://{account}.openai.azure.com/openai/v1{path}", headers=headers, **arguments)

    def deployments(self, method: str, name: str = "", account: str = "sweden", **arguments: Any) -> Any:
        path = next(one["resource_id"] for one in self.world.accounts() if one["name"] == account)
        url = f"https://management.azure.com{path}/deployments{'/' + name if name else ''}?api-version=2024-10-01"
        return self.call(method, url, headers={"Authorization": "Bearer emu.management.portal"}, **arguments)

    def jobs(self, account: str = "sweden") -> list[dict[str, Any]]:
        """The jobs of an account that carry our marker, newest first (by seconds), once its lists show them all.

        Whichever name the service has for it, the suffix is in `suffix`.
        """
        self.settle()
        found: dict[str, dict[str, Any]] = {}
        after, more = "", True
        while more:
            page = self.data("GET", f"/fine_tuning/jobs?limit=100{after}", account)
            found |= {job["id"]: job for job in page["data"]}
            more = page["has_more"]
            after = f"&after={page['data'][-1]['id']}" if more else ""
        for job in found.values():
            job["suffix"] = job.get("suffix") or job.get("user_provided_suffix") or ""
        newest_first = sorted(found.values(), key=lambda job: float(job["created_at"]), reverse=True)
        return [job for job in newest_first if "-" in job["suffix"]]

    def settle(self) -> None:
        """Let time pass until the profile's lists show what was just made."""
        if self.profile == "adversarial":
            self.world.advance(LAG)

    async def _call(self, method: str, url: str, arguments: dict[str, Any]) -> Any:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app(self.world))) as client:
            response = await client.request(method, url, **arguments)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def _live(self, work: Callable[[Graph, Services], Any]) -> Any:
        graph = self.graph()
        addresses = {name: spec.address(name) for name, spec in graph.workspace.accounts.items()}
        for address in addresses.values():
            host = address.endpoint.removeprefix("https://")
            self.world.ensure_account(
                name=address.name, region=address.region, resource_id=address.resource_id, host=host
            )
        services = Services.connect(addresses, EmulatorClock(self.world), self.wire)
        return await work(graph, services)

    async def _plan(self, graph: Graph, services: Services, prune: bool) -> tuple[Observation, Plan]:
        observation = await observe(graph, services, EmulatorClock(self.world), all_kinds=prune)
        return observation, make_plan(observation, prune=prune)

    async def _run(self, plan: Plan, observation: Observation, services: Services, wait: float) -> list[Result]:
        run = Run(plan, observation, services, EmulatorClock(self.world), wait, self.events.append)
        return await run.apply()
