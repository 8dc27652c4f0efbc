"""Raw HTTP to the emulator's application: nothing of ftops' own clients is used here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2

from ftops.emulator import World, create_app


def rows(number: int, answer: str = "Yes.") -> bytes:
    row = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": answer}]}
    return (json.dumps(row) + "\n").encode() * number


class Plane:
    """Requests to one address, each with its own client."""

    def __init__(self, world: World, base: str, headers: dict[str, str], version: str | None = None) -> None:
        self.app = create_app(world)
        self.options: dict[str, Any] = {"base_url": base, "headers": headers}
        self.version = version

    def __call__(self, method: str, path: str, **options: Any) -> httpx2.Response:
        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.app)
            async with httpx2.AsyncClient(transport=transport, **self.options) as client:
                return await client.request(method, path, **options)

        if self.version and "api-version=" not in path:
            path += f"{'&' if '?' in path else '?'}api-version={self.version}"
        return asyncio.run(send())


class Service:
    """Both planes of one world, with the few calls that most tests need."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sweden = self.data("sweden")
        self.eastus2 = self.data("eastus2")
        token = {"Authorization": "Bearer emu.management.tester"}
        self.arm = Plane(world, "https://management.azure.com", token, "2025-09-01")

    def data(self, account: str, **headers: str) -> Plane:
        keys = {"api-key": f"emulator-key-{account}", **headers}
        return Plane(self.world, f"https://{account}.openai.azure.com/openai/v1", keys)

    def id(self, account: str) -> str:
        return next(known["resource_id"] for known in self.world.accounts() if known["name"] == account)

    def file(self, content: bytes | None = None, name: str = "train.jsonl", purpose: str = "fine-tune") -> str:
        part = (name, rows(10) if content is None else content)
        answer = self.sweden("POST", "files", data={"purpose": purpose}, files={"file": part})
        assert answer.status_code == 201, answer.text
        self.world.advance(5)
        return str(answer.json()["id"])

    def job(self, **body: Any) -> dict[str, Any]:
        body = {"model": "gpt-4.1", "training_file": body.pop("training_file", None) or self.file(), **body}
        answer = self.sweden("POST", "fine_tuning/jobs", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def read(self, job: dict[str, Any] | str) -> dict[str, Any]:
        id = job if isinstance(job, str) else job["id"]
        return dict(self.sweden("GET", f"fine_tuning/jobs/{id}").json())

    def do(self, job: dict[str, Any], verb: str) -> httpx2.Response:
        return self.sweden("POST", f"fine_tuning/jobs/{job['id']}/{verb}")

    def checkpoints(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.sweden("GET", f"fine_tuning/jobs/{job['id']}/checkpoints").json()["data"])

    def messages(self, job: dict[str, Any]) -> list[str]:
        """Oldest first."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            after = f"&after={found[-1]['id']}" if found else ""
            answer = self.sweden("GET", f"fine_tuning/jobs/{job['id']}/events?limit=1000{after}").json()
            found, more = found + answer["data"], answer["has_more"]
        return [event["message"] for event in reversed(found)]

    def until(self, done: Callable[[], bool]) -> None:
        while not done():
            assert self.world.advance_to_next() is not None, "nothing is left to happen"

    def trained(self, **body: Any) -> dict[str, Any]:
        job = self.job(**body)
        self.world.advance(86_400)
        return self.read(job)

    def deployment(self, model: str, name: str = "bot", account: str = "sweden", **more: Any) -> httpx2.Response:
        body = {
            "sku": {"name": "GlobalStandard", "capacity": 50},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}},
        }
        return self.arm("PUT", f"{self.id(account)}/deployments/{name}", json=body | more)
