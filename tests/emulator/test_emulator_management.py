"""Microsoft's management SDK, requests, httpx2 and curl: in process under the real host names, and on a socket."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.cognitiveservices.aio import CognitiveServicesManagementClient as AsyncManagementClient
from azure.mgmt.cognitiveservices.models import (
    Deployment,
    DeploymentModel,
    DeploymentProperties,
    PatchResourceTagsAndSku,
    Sku,
)
from emulator_raw import Plane, Service, rows
from openai import AsyncOpenAI, OpenAI

from ftops.emulator import World
from ftops.emulator.adapters import (
    AsyncCredential,
    Credential,
    arm_transport,
    arm_transport_async,
    loopback_policy,
    requests_session,
    transport,
)

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
WHERE = ("emulator", "sweden")


def wanted(model: str, capacity: int = 50) -> Deployment:
    named = DeploymentModel(format="OpenAI", name=model, version="1")
    sku = Sku(name="GlobalStandard", capacity=capacity)
    return Deployment(sku=sku, tags={"made-by": "test"}, properties=DeploymentProperties(model=named))


def old_model(world: World) -> str:
    return str(Service(world).sweden("GET", "fine_tuning/jobs").json()["data"][0]["fine_tuned_model"])


def management(world: World, principal: str = "tester") -> CognitiveServicesManagementClient:
    return CognitiveServicesManagementClient(Credential(principal), SUBSCRIPTION, transport=arm_transport(world))


def test_the_management_sdk_runs_a_deployments_whole_life(world: World) -> None:
    model, start = old_model(world), world.now()
    with management(world) as client:
        done = client.deployments.begin_create_or_update(*WHERE, "bot", wanted(model)).result()
        assert done.properties.provisioning_state == "Succeeded"
        assert world.now() - start == 270, "nine polls of 30 seconds of virtual time"
        found = client.deployments.get(*WHERE, "bot")
        assert (found.sku.capacity, found.tags, found.properties.model.name) == (50, {"made-by": "test"}, model)
        assert [one.name for one in client.deployments.list(*WHERE)] == ["bot"]
        assert {one.sku.name for one in client.deployments.list_skus(*WHERE, "bot")} > {"DeveloperTier"}
        change = PatchResourceTagsAndSku(tags={"a": "b"}, sku=Sku(name="GlobalStandard", capacity=60))
        changed = client.deployments.begin_update(*WHERE, "bot", change).result()
        assert (changed.sku.capacity, changed.tags) == (60, {"a": "b"})
        client.deployments.begin_delete(*WHERE, "bot").result()
        with pytest.raises(ResourceNotFoundError) as caught:
            client.deployments.get(*WHERE, "bot")
        assert caught.value.error.code == "NotFound"
        client.deployments.begin_delete(*WHERE, "bot").result()


def test_the_management_sdk_reads_accounts_quota_and_models(world: World) -> None:
    model = old_model(world)
    with management(world) as client:
        account = client.accounts.get(*WHERE)
        limits = {row.name: row.value for row in account.properties.capabilities}
        assert limits["MaxFineTuneCount"] == "500"
        assert [one.name for one in client.accounts.list()] == ["sweden", "eastus2"]
        assert client.accounts.list_keys(*WHERE).key1 == "emulator-key-sweden"
        usages = {row.name.value: row for row in client.usages.list("swedencentral")}
        assert usages["OpenAI.FineTuned.Deployments"].limit == 10
        assert usages["OpenAI.FineTuned.Deployments"].unit == "Count"
        assert client.accounts.list_usages(*WHERE).value
        offered = {row.model.name: row.model for row in client.models.list("swedencentral")}
        assert offered["gpt-4.1"].deprecation.fine_tune == "2027-04-14T00:00:00Z"
        assert offered["gpt-4.1"].finetune_capabilities == {"supervised": "true", "dpo": "true"}
        own = {row.name: row for row in client.accounts.list_models(*WHERE)}
        assert own[model].base_model.name == "gpt-4o-mini"
        left = client.location_based_model_capacities.list("swedencentral", "OpenAI", "gpt-4.1", "2025-04-14")
        assert {row.properties.available_finetune_capacity for row in left} == {1000.0}


def test_the_management_sdk_gets_the_services_errors(world: World) -> None:
    model = old_model(world)
    with management(world) as client:
        client.deployments.begin_create_or_update(*WHERE, "one", wanted(model), polling=False)
        with pytest.raises(HttpResponseError) as caught:
            client.deployments.begin_create_or_update(*WHERE, "two", wanted(model, 1), polling=False)
        assert (caught.value.status_code, caught.value.error.code) == (409, "RequestConflict")
        world.advance(265)
        with pytest.raises(HttpResponseError) as caught:
            client.deployments.begin_create_or_update(*WHERE, "two", wanted(model, 951), polling=False)
        assert (caught.value.status_code, caught.value.error.code) == (400, "InsufficientQuota")
    with management(world, "reader") as client:
        assert client.deployments.get(*WHERE, "one").name == "one"
        with pytest.raises(HttpResponseError) as caught:
            client.deployments.begin_delete(*WHERE, "one", polling=False)
        assert (caught.value.status_code, caught.value.error.code) == (403, "AuthorizationFailed")


def test_the_asynchronous_management_sdk_without_aiohttp(world: World) -> None:
    model = old_model(world)

    async def run() -> None:
        way = arm_transport_async(world)
        async with AsyncManagementClient(AsyncCredential("tester"), SUBSCRIPTION, transport=way) as client:
            poller = await client.deployments.begin_create_or_update(*WHERE, "bot", wanted(model))
            assert (await poller.result()).properties.provisioning_state == "Succeeded"
            assert [one.name async for one in client.deployments.list(*WHERE)] == ["bot"]
            assert (await client.accounts.get(*WHERE)).location == "swedencentral"
            assert [row async for row in client.usages.list("swedencentral")]
            assert [row async for row in client.models.list("swedencentral")]
            await (await client.deployments.begin_delete(*WHERE, "bot")).result()
            assert [one async for one in client.deployments.list(*WHERE)] == []

    asyncio.run(run())


def test_requests_sees_ordinary_answers(world: World) -> None:
    with requests_session(world) as session:
        address = "https://sweden.openai.azure.com/openai/v1/files"
        key = {"api-key": "emulator-key-sweden"}
        part = {"file": ("train.jsonl", rows(10))}
        answer = session.post(address, headers=key, files=part, data={"purpose": "fine-tune"}, timeout=5)
        assert (answer.status_code, answer.reason, answer.json()["filename"]) == (201, "Created", "train.jsonl")
        file = answer.json()["id"]
        with session.get(f"{address}/{file}/content", headers=key, stream=True, timeout=5) as content:
            assert b"".join(content.iter_content(1000)) == rows(10)
        sent = session.post(address, headers=key, data=iter([b"{", b"}"]), timeout=5)
        assert sent.status_code == 400


@pytest.mark.parametrize(
    ("lose", "error"),
    [
        ("reset", requests.ConnectionError),
        ("timeout", requests.ReadTimeout),
        ("truncate", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_a_lost_answer_is_what_requests_raises(world: World, lose: str, error: type[Exception]) -> None:
    rule = {"match": {"operation": "files.list"}, "when": "after", "do": {"lose": lose}}
    control = Plane(world, "http://127.0.0.1", {})
    assert control("POST", "/_emulator/faults", json=rule).status_code < 300
    key = {"api-key": "emulator-key-sweden"}
    with requests_session(world) as session, pytest.raises(error):
        session.get("https://sweden.openai.azure.com/openai/v1/files", headers=key, timeout=5)


def test_openai_over_the_transport_in_both_ways(world: World) -> None:
    options: dict[str, Any] = {
        "base_url": "https://sweden.openai.azure.com/openai/v1/",
        "api_key": "emulator-key-sweden",
        "max_retries": 0,
    }
    with OpenAI(**options, http_client=httpx2.Client(transport=transport(world))) as openai:
        file = openai.files.create(file=("train.jsonl", rows(10)), purpose="fine-tune")
        world.advance(5)
        job = openai.fine_tuning.jobs.create(model="gpt-4.1", training_file=file.id)
        assert openai.files.content(file.id).read() == rows(10)

    async def run() -> None:
        client = httpx2.AsyncClient(transport=transport(world))
        async with AsyncOpenAI(**options, http_client=client) as openai:
            assert (await openai.fine_tuning.jobs.retrieve(job.id)).id == job.id
        # A synchronous client in a program that has an event loop works as well.
        with httpx2.Client(transport=transport(world)) as plain:
            address = "https://sweden.openai.azure.com/openai/v1/files"
            assert plain.get(address, headers={"api-key": "emulator-key-sweden"}).status_code == 200

    asyncio.run(run())


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the emulator listens, in a process of its own, 100,000 times as fast as the wall clock."""
    code = (
        "import sys; from ftops.emulator.server import serve;"
        "serve(sys.argv[1], profile='quick', rate=100000.0, on_ready=lambda url: print(url, flush=True))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "world.db")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[1] == ""


def test_the_management_sdk_against_a_served_world(address: str) -> None:
    client = CognitiveServicesManagementClient(
        Credential("tester"),
        SUBSCRIPTION,
        base_url=address,
        per_call_policies=[loopback_policy()],
        polling_interval=0.01,
        proxies={},
    )
    with client:
        model = next(row.name for row in client.accounts.list_models(*WHERE) if row.base_model)
        done = client.deployments.begin_create_or_update(*WHERE, "bot", wanted(model)).result(timeout=30)
        assert done.properties.provisioning_state == "Succeeded"
        assert [one.name for one in client.deployments.list(*WHERE)] == ["bot"]
        client.deployments.begin_delete(*WHERE, "bot").result(timeout=30)
        with pytest.raises(ResourceNotFoundError):
            client.deployments.get(*WHERE, "bot")


CURL = shutil.which("curl")


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_curl_uploads_trains_and_deploys(address: str, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(rows(10))

    def curl(path: str, *options: str) -> dict[str, Any]:
        assert CURL
        command = [
            CURL,
            "-q",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--noproxy",
            "*",
            address + path,
            *options,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def sent(body: dict[str, Any]) -> tuple[str, ...]:
        return ("-H", "content-type: application/json", "-d", json.dumps(body))

    key = ("-H", "api-key: emulator-key-sweden")
    token = ("-H", "authorization: Bearer emu.management.me")
    curl("/_emulator/clock", *sent({"mode": "manual"}))
    upload = ("-F", "purpose=fine-tune", "-F", f"file=@{tmp_path / 'train.jsonl'}")
    file = curl("/a/sweden/openai/v1/files", *key, *upload)
    assert file["status"] == "pending"
    curl("/_emulator/clock", *sent({"advance": 5}))
    assert curl(f"/a/sweden/openai/v1/files/{file['id']}", *key)["status"] == "processed"
    body = {"model": "gpt-4.1-nano", "training_file": file["id"], "suffix": "curl"}
    job = curl("/a/sweden/openai/v1/fine_tuning/jobs", *key, *sent(body))
    assert job["status"] == "pending"
    curl("/_emulator/clock", *sent({"advance": 3600}))
    job = curl(f"/a/sweden/openai/v1/fine_tuning/jobs/{job['id']}", *key)
    assert (job["status"], job["fine_tuned_model"].rsplit("-", 1)[1]) == ("succeeded", "curl")
    bot = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/emulator/providers/Microsoft.CognitiveServices"
        "/accounts/sweden/deployments/bot?api-version=2026-07-01"
    )
    model = {"format": "OpenAI", "name": job["fine_tuned_model"], "version": "1"}
    body = {"sku": {"name": "DeveloperTier", "capacity": 1}, "properties": {"model": model}}
    created = curl(bot, *token, "-X", "PUT", *sent(body))
    assert created["properties"]["provisioningState"] == "Creating"
    curl("/_emulator/clock", *sent({"to": "next"}))
    assert curl(bot, *token)["properties"]["provisioningState"] == "Succeeded"
