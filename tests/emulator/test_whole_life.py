"""From upload to removal, in two regions: by openai's and Microsoft's SDKs in process, and by curl on a socket."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import whole_life
from azure.core.exceptions import HttpResponseError
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.cognitiveservices.aio import CognitiveServicesManagementClient as AsyncManagementClient
from openai import APIStatusError, AsyncOpenAI, OpenAI
from whole_life import ACCOUNTS, ASK, DESTINATION, HERE, JOB, MORE, PREVIEW, SUBSCRIPTION, THERE, TRAIN, VALID, wanted

from ftops.emulator import World
from ftops.emulator.adapters import AsyncCredential, Credential, arm_transport, arm_transport_async, transport


class Clients:
    """The synchronous ones, of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.here, self.there = self.account("sweden"), self.account("eastus2")
        self.arm = CognitiveServicesManagementClient(
            Credential("tester"), SUBSCRIPTION, transport=arm_transport(world), retry_total=0
        )

    def account(self, name: str) -> OpenAI:
        http = httpx2.Client(transport=transport(self.world))
        return OpenAI(**whole_life.data_plane(name), http_client=http)

    def file(self) -> str:
        file = self.here.files.create(file=("train.jsonl", TRAIN), purpose="fine-tune")
        self.world.advance(5)
        return file.id

    def job(self) -> Any:
        return self.here.fine_tuning.jobs.create(training_file=self.file(), **JOB, extra_body=MORE)

    def old(self) -> Any:
        """The seeded one, finished long ago."""
        return self.here.fine_tuning.jobs.list().data[0]

    def running(self) -> Any:
        job = self.job()
        self.world.advance(60 + 1140 + 30)
        return job

    def deploy(self, model: str, name: str = "bot", place: tuple[str, str] = HERE) -> None:
        self.arm.deployments.begin_create_or_update(*place, name, wanted(model), polling=False)

    def copy(self, job: Any, to: dict[str, str] = DESTINATION, headers: dict[str, str] = PREVIEW) -> str:
        checkpoint = self.here.fine_tuning.jobs.checkpoints.list(job.id).data[0]
        path = f"/fine_tuning/jobs/{job.id}/checkpoints/{checkpoint.id}/copy"
        self.here.post(path, body=to, cast_to=dict[str, Any], options={"headers": headers})
        return checkpoint.fine_tuned_model_checkpoint

    def chat(self) -> None:
        self.here.chat.completions.create(model="bot", messages=ASK)

    def close(self) -> None:
        for client in (self.here, self.there, self.arm):
            client.close()


@pytest.fixture
def clients(world: World) -> Iterator[Clients]:
    clients = Clients(world)
    yield clients
    clients.close()


def test_a_whole_life_by_synchronous_sdks(clients: Clients) -> None:
    whole_life.straight(whole_life.life(clients.world, clients.here, clients.there, clients.arm))


def test_a_whole_life_by_asynchronous_sdks(world: World) -> None:
    def account(name: str) -> AsyncOpenAI:
        http = httpx2.AsyncClient(transport=transport(world))
        return AsyncOpenAI(**whole_life.data_plane(name), http_client=http)

    async def run() -> None:
        way = arm_transport_async(world)
        management = AsyncManagementClient(AsyncCredential("tester"), SUBSCRIPTION, transport=way, retry_total=0)
        async with account("sweden") as here, account("eastus2") as there, management as arm:
            await whole_life.life(world, here, there, arm)

    asyncio.run(run())


# Every function ends with the call that comes too early or too late.


def job_before_its_file_is_processed(clients: Clients) -> None:
    file = clients.here.files.create(file=("train.jsonl", TRAIN), purpose="fine-tune")
    clients.here.fine_tuning.jobs.create(training_file=file.id, **JOB)


def job_after_its_file_is_deleted(clients: Clients) -> None:
    file = clients.file()
    clients.here.files.delete(file)
    clients.here.fine_tuning.jobs.create(training_file=file, **JOB)


def pause_before_it_runs(clients: Clients) -> None:
    clients.here.fine_tuning.jobs.pause(clients.job().id)


def pause_twice(clients: Clients) -> None:
    job = clients.running()
    clients.here.fine_tuning.jobs.pause(job.id)
    clients.here.fine_tuning.jobs.pause(job.id)


def resume_what_runs(clients: Clients) -> None:
    clients.here.fine_tuning.jobs.resume(clients.running().id)


def resume_before_the_pause_is_complete(clients: Clients) -> None:
    job = clients.running()
    clients.here.fine_tuning.jobs.pause(job.id)
    clients.here.fine_tuning.jobs.resume(job.id)


def cancel_what_is_finished(clients: Clients) -> None:
    clients.here.fine_tuning.jobs.cancel(clients.old().id)


def cancel_twice(clients: Clients) -> None:
    job = clients.job()
    assert clients.here.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    clients.here.fine_tuning.jobs.cancel(job.id)


def deploy_an_unfinished_model(clients: Clients) -> None:
    job = clients.running()
    checkpoint = clients.here.fine_tuning.jobs.checkpoints.list(job.id).data[0]
    clients.deploy(checkpoint.fine_tuned_model_checkpoint)


def deploy_a_deleted_model(clients: Clients) -> None:
    model = clients.old().fine_tuned_model
    assert clients.here.models.delete(model).deleted
    clients.deploy(model)


def deploy_while_another_is_deployed(clients: Clients) -> None:
    model = clients.old().fine_tuned_model
    clients.deploy(model)
    clients.deploy(model, "second")


def delete_a_deployment_while_it_is_created(clients: Clients) -> None:
    clients.deploy(clients.old().fine_tuned_model)
    clients.arm.deployments.begin_delete(*HERE, "bot", polling=False)


def chat_while_the_deployment_is_created(clients: Clients) -> None:
    clients.deploy(clients.old().fine_tuned_model)
    clients.chat()


def chat_before_the_deployment_is_ready(clients: Clients) -> None:
    clients.deploy(clients.old().fine_tuned_model)
    clients.world.advance(265)
    assert clients.arm.deployments.get(*HERE, "bot").properties.provisioning_state == "Succeeded"
    clients.chat()


def chat_after_the_deployment_is_deleted(clients: Clients) -> None:
    clients.deploy(clients.old().fine_tuned_model)
    clients.world.advance(265 + 60)
    clients.chat()
    clients.arm.deployments.begin_delete(*HERE, "bot").result()
    clients.chat()


def delete_a_deployed_model(clients: Clients) -> None:
    model = clients.old().fine_tuned_model
    clients.deploy(model)
    clients.world.advance(265)
    clients.here.models.delete(model)


def copy_before_the_job_is_finished(clients: Clients) -> None:
    clients.copy(clients.running())


def copy_without_the_preview_header(clients: Clients) -> None:
    clients.copy(clients.old(), headers={})


def copy_to_an_account_that_never_trained(clients: Clients) -> None:
    norway = f"{ACCOUNTS}/norway"
    clients.world.ensure_account(name="norway", region="norwayeast", resource_id=norway, host="norway.openai.azure.com")
    clients.copy(clients.old(), {"destinationResourceId": norway, "region": "norwayeast"})


def train_on_a_copy_before_it_arrives(clients: Clients) -> None:
    model = clients.copy(clients.old())
    file = clients.there.files.create(file=("train.jsonl", TRAIN), purpose="fine-tune")
    clients.world.advance(5)
    clients.there.fine_tuning.jobs.create(training_file=file.id, **(JOB | {"model": model}))


def deploy_a_copy_before_it_arrives(clients: Clients) -> None:
    clients.deploy(clients.copy(clients.old()), place=THERE)


WRONG_ORDERS: list[tuple[Callable[[Clients], None], int, str]] = [
    (job_before_its_file_is_processed, 400, "invalidPayload"),
    (job_after_its_file_is_deleted, 400, "invalidPayload"),
    (pause_before_it_runs, 400, "unexpectedEntityState"),
    (pause_twice, 400, "unexpectedEntityState"),
    (resume_what_runs, 400, "unexpectedEntityState"),
    (resume_before_the_pause_is_complete, 400, "unexpectedEntityState"),
    (cancel_what_is_finished, 400, "unexpectedEntityState"),
    (cancel_twice, 400, "unexpectedEntityState"),
    (deploy_an_unfinished_model, 400, "DeploymentModelNotSupported"),
    (deploy_a_deleted_model, 400, "DeploymentModelNotSupported"),
    (deploy_while_another_is_deployed, 409, "RequestConflict"),
    (delete_a_deployment_while_it_is_created, 409, "RequestConflict"),
    (chat_while_the_deployment_is_created, 404, "DeploymentNotFound"),
    (chat_before_the_deployment_is_ready, 404, "DeploymentNotFound"),
    (chat_after_the_deployment_is_deleted, 404, "DeploymentNotFound"),
    (delete_a_deployed_model, 409, "conflict"),
    (copy_before_the_job_is_finished, 400, "invalidPayload"),
    (copy_without_the_preview_header, 400, "BadRequest"),
    (copy_to_an_account_that_never_trained, 400, "invalidPayload"),
    (train_on_a_copy_before_it_arrives, 400, "invalidPayload"),
    (deploy_a_copy_before_it_arrives, 400, "DeploymentModelNotSupported"),
]


@pytest.mark.parametrize(("act", "status", "code"), WRONG_ORDERS, ids=[row[0].__name__ for row in WRONG_ORDERS])
def test_a_wrong_order_gets_the_services_error(
    clients: Clients, act: Callable[[Clients], None], status: int, code: str
) -> None:
    with pytest.raises((APIStatusError, HttpResponseError)) as caught:
        act(clients)
    error = caught.value
    assert error.status_code == status
    assert (error.code if isinstance(error, APIStatusError) else error.error.code) == code
    last = clients.world.journal()[-1]
    assert (last["status"], last["effect"]) == (status, False), "it is the last call that is refused"


CURL = shutil.which("curl")


class Curl:
    """Requests to one address; an answer is its status and what it says."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder

    def raw(self, method: str, path: str, body: Any = None, *options: str) -> tuple[int, bytes]:
        assert CURL
        if body is not None:
            options += ("-H", "content-type: application/json", "-d", json.dumps(body))
        out = self.folder / "answer"
        plain = (
            "-q",
            "--silent",
            "--show-error",
            "--noproxy",
            "*",
            "--output",
            str(out),
            "--write-out",
            "%{http_code}",
        )
        out.write_bytes(b"")
        keys = ("-H", f"api-key: emulator-key-{path.split('/')[2]}") if path.startswith("/a/") else ()
        token = ("-H", "authorization: Bearer emu.management.me") if path.startswith("/subscriptions/") else ()
        command = [CURL, *plain, "-X", method, *keys, *token, *options, self.address + path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return int(done.stdout), out.read_bytes()

    def __call__(self, method: str, path: str, body: Any = None, *options: str, status: int = 200) -> Any:
        got, content = self.raw(method, path, body, *options)
        assert got == status, content
        return json.loads(content) if content else None

    def clock(self, **how: Any) -> None:
        self("POST", "/_emulator/clock", how)

    def upload(self, account: str, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        form = ("-F", "purpose=fine-tune", "-F", f"file=@{self.folder / name}")
        file = self("POST", f"/a/{account}/openai/v1/files", None, *form, status=201)
        assert file["status"] == "pending"
        self.clock(advance=5)
        assert self("GET", f"/a/{account}/openai/v1/files/{file['id']}")["status"] == "processed"
        return str(file["id"])

    def until(self, job: str, status: str) -> None:
        self.clock(until={"job": job, "status": status})

    def deploy(self, account: str, model: str) -> None:
        body = {
            "sku": {"name": "GlobalStandard", "capacity": 50},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}},
        }
        begun = self("PUT", bot(account), body, status=201)
        assert begun["properties"]["provisioningState"] == "Creating"
        assert self("PUT", bot(account, "second"), body, status=409)["error"]["code"] == "RequestConflict"
        self.clock(advance=265)
        assert self("GET", bot(account))["properties"]["provisioningState"] == "Succeeded"
        self.clock(advance=60)

    def chat(self, account: str, model: str) -> None:
        headers = self.folder / "headers"
        path = f"/a/{account}/openai/v1/chat/completions"
        said = self("POST", path, {"model": "bot", "messages": ASK}, "--dump-header", str(headers))
        assert said["model"] == model
        assert said["choices"][0]["message"]["content"]
        assert "x-ftops-emulated: tiny-lm/" in headers.read_text()


def bot(account: str, name: str = "bot") -> str:
    return f"{ACCOUNTS}/{account}/deployments/{name}?api-version=2025-09-01"


@pytest.fixture
def curl(tmp_path: Path) -> Iterator[Curl]:
    """The command line's server, whose time stands still."""
    command = [sys.executable, "-m", "ftops", "emulator", "serve", "--port", "0", "--file", str(tmp_path / "world.db")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": tmp_path}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        try:
            assert process.stderr
            told = process.stderr.readline()
            assert told.startswith("data plane http://127.0.0.1:"), told
            curl = Curl(told.split()[2].partition("/a/")[0], tmp_path)
            curl.clock(mode="manual")
            yield curl
        finally:
            process.terminate()
            said, complaints = process.communicate(timeout=10)
    assert (said, complaints) == ("", "")


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_a_whole_life_by_curl(curl: Curl) -> None:
    here, there = "/a/sweden/openai/v1", "/a/eastus2/openai/v1"
    train, valid = curl.upload("sweden", "train.jsonl", TRAIN), curl.upload("sweden", "valid.jsonl", VALID)
    body = {**JOB, **MORE, "training_file": train, "validation_file": valid}
    job = curl("POST", f"{here}/fine_tuning/jobs", body, status=201)
    assert (job["status"], job["model"]) == ("pending", "gpt-4.1-mini-2025-04-14")
    path = f"{here}/fine_tuning/jobs/{job['id']}"
    assert curl("POST", f"{path}/pause", status=400)["error"]["code"] == "unexpectedEntityState"
    curl.clock(advance=60 + 1140 + 30)
    assert curl("GET", path)["status"] == "running"
    events = curl("GET", f"{path}/events?limit=100")["data"]
    assert any(event["type"] == "metrics" and event["data"]["train_loss"] > 0 for event in events)

    assert curl("POST", f"{path}/pause")["status"] == "pausing"
    curl.until(job["id"], "paused")
    assert curl("GET", f"{path}/checkpoints")["data"][0]["step_number"] == 30
    assert curl("POST", f"{path}/resume")["status"] == "resuming"
    curl.until(job["id"], "succeeded")
    job = curl("GET", path)
    model = job["fine_tuned_model"]
    assert model.endswith("-life")
    kept = curl("GET", f"{path}/checkpoints")["data"]
    assert [checkpoint["step_number"] for checkpoint in kept] == [60, 40, 30, 20]
    assert all(checkpoint["metrics"]["full_valid_loss"] > 0 for checkpoint in kept)
    status, table = curl.raw("GET", f"{here}/files/{job['result_files'][0]}/content")
    assert (status, len(table.splitlines())) == (200, 61)
    assert table.startswith(b"step,train_loss,")

    curl.deploy("sweden", model)
    curl.chat("sweden", model)

    copy = f"{path}/checkpoints/{kept[1]['id']}/copy"
    header = ("-H", "aoai-copy-ft-checkpoints: preview")
    begun = curl("POST", copy, DESTINATION, *header)
    assert begun["copiedAccountDetails"] == [DESTINATION | {"status": "InProgress"}]
    curl.clock(advance=300)
    arrived = curl("GET", copy, None, *header)
    assert arrived["copiedAccountDetails"] == [DESTINATION | {"status": "Completed"}]

    more, copied = curl.upload("eastus2", "more.jsonl", TRAIN), arrived["checkpointedModelName"]
    body = {**JOB, **MORE, "model": copied, "suffix": "onward", "training_file": more}
    second = curl("POST", f"{there}/fine_tuning/jobs", body, status=201)
    assert second["model"] == copied
    curl.until(second["id"], "succeeded")
    second = curl("GET", f"{there}/fine_tuning/jobs/{second['id']}")
    curl.deploy("eastus2", second["fine_tuned_model"])
    curl.chat("eastus2", second["fine_tuned_model"])

    for account, base, done, files in (
        ("sweden", here, job, (train, valid)),
        ("eastus2", there, second, (more,)),
    ):
        tuned = f"{base}/models/{done['fine_tuned_model']}"
        assert curl("DELETE", tuned, status=409)["error"]["code"] == "conflict"
        curl("DELETE", bot(account), status=202)
        curl.clock(advance=20)
        curl("GET", bot(account), status=404)
        assert curl("DELETE", tuned)["deleted"] is True
        for id in (*files, *done["result_files"]):
            assert curl("DELETE", f"{base}/files/{id}")["deleted"] is True
            curl("GET", f"{base}/files/{id}", status=404)
