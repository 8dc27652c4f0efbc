"""The real SDK against the emulator, in process and on a socket."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from emulator_raw import Service, rows
from openai import AsyncOpenAI, NotFoundError

from ftops.emulator import EmulatorError, World, create_app
from ftops.emulator.server import serve


def client(world: World) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url="https://sweden.openai.azure.com/openai/v1/",
        api_key="emulator-key-sweden",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app(world))),
    )


def test_the_sdk_uploads_trains_and_reads(world: World) -> None:
    async def run() -> None:
        async with client(world) as openai:
            file = await openai.files.create(file=("train.jsonl", rows(10)), purpose="fine-tune")
            world.advance(5)
            job = await openai.fine_tuning.jobs.create(
                model="gpt-4.1",
                training_file=file.id,
                suffix="mark",
                method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
                extra_body={"trainingType": "globalStandard"},
            )
            world.advance(3600)
            done = await openai.fine_tuning.jobs.retrieve(job.id)
            assert done.status == "succeeded"
            kept = [kept.step_number async for kept in openai.fine_tuning.jobs.checkpoints.list(job.id)]
            assert kept == [20, 10]
            events = [event.id async for event in openai.fine_tuning.jobs.list_events(job.id, limit=3)]
            assert len(events) == len(set(events)) > 10
            assert done.result_files
            results = await openai.files.content(done.result_files[0])
            assert results.text.startswith("step,train_loss,train_mean_token_accuracy,")
            assert (await openai.files.delete(file.id)).deleted

    asyncio.run(run())


def test_the_sdk_walks_through_all_pages(world: World) -> None:
    service = Service(world)
    file = service.file()
    jobs = [service.job(training_file=file)["id"] for _ in range(7)]

    async def run() -> None:
        async with client(world) as openai:
            found = [job.id async for job in openai.fine_tuning.jobs.list(limit=3)]
            assert found[:7] == jobs[::-1]
            assert len(found) == 8
            files = [file.id async for file in openai.files.list(limit=1)]
            assert len(files) == len(set(files)) == 3
            assert len([file async for file in openai.files.list()]) == 3
            with pytest.raises(NotFoundError) as caught:
                await openai.fine_tuning.jobs.retrieve("ftjob-none")
            assert caught.value.code == "notFound"

    asyncio.run(run())


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the emulator listens, in a process of its own, 100,000 times as fast as the wall clock."""
    code = (
        "import sys; from ftops.emulator.server import serve;"
        "serve(sys.argv[1], rate=100000.0, on_ready=lambda url: print(url, flush=True))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "world.db")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[1] == ""
    world = World.open(tmp_path / "world.db")
    assert world.clock().mode == "manual"
    world.close()


def test_a_served_world(address: str, tmp_path: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(path: str, headers: dict[str, str]) -> dict[str, object]:
        with opener.open(urllib.request.Request(address + path, headers=headers)) as answer:
            assert len(answer.headers.get_all("date", [])) <= 1
            return dict(json.load(answer))

    files = get("/a/sweden/openai/v1/files", {"api-key": "emulator-key-sweden"})
    assert files["object"] == "list"
    accounts = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.CognitiveServices/accounts"
    token = {"Authorization": "Bearer emu.management.me"}
    assert get(f"{accounts}?api-version=2025-09-01", token)["value"]
    about = get("/_emulator/about", {})
    assert about["clock"] == {"mode": "scaled", "rate": 100000.0}
    world = World.open(tmp_path / "world.db")
    assert world.now() >= float(str(about["now"]))
    world.close()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        get("/_emulator/about", {"Host": "evil.example"})


def test_only_this_machine_is_served(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"127\.0\.0\.1"):
        serve(tmp_path / "world.db", host="0.0.0.0")
