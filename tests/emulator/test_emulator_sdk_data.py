"""The real openai SDK: AzureOpenAI on dated paths, OpenAI on v1."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from emulator_raw import Plane, Service, rows
from openai import AsyncAzureOpenAI, AsyncOpenAI, BadRequestError, ConflictError, NotFoundError

from ftops.emulator import World, create_app

HOST = "https://sweden.openai.azure.com"


def dated(world: World, version: str = "2025-04-01-preview") -> AsyncAzureOpenAI:
    transport = httpx2.ASGITransport(app=create_app(world))
    return AsyncAzureOpenAI(
        azure_endpoint=HOST,
        api_version=version,
        api_key="emulator-key-sweden",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )


def v1(world: World) -> AsyncOpenAI:
    transport = httpx2.ASGITransport(app=create_app(world))
    return AsyncOpenAI(
        base_url=f"{HOST}/openai/v1/",
        api_key="emulator-key-sweden",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )


def test_the_azure_client_trains_on_dated_paths(world: World) -> None:
    async def life() -> None:
        async with dated(world) as openai:
            upload = await openai.uploads.create(
                purpose="fine-tune", filename="big.jsonl", bytes=len(rows(10)), mime_type="text/jsonl"
            )
            parts = [
                await openai.uploads.parts.create(upload.id, data=piece) for piece in (rows(10)[:50], rows(10)[50:])
            ]
            done = await openai.uploads.complete(upload.id, part_ids=[part.id for part in parts])
            assert done.status == "completed"
            assert done.file is not None
            world.advance(5)
            assert (await openai.files.content(done.file.id)).content == rows(10)
            job = await openai.fine_tuning.jobs.create(model="gpt-4.1", training_file=done.file.id)
            world.advance(86_400)
            job = await openai.fine_tuning.jobs.retrieve(job.id)
            assert job.status == "succeeded"
            models = {model.id async for model in openai.models.list()}
            assert job.fine_tuned_model in models

    asyncio.run(life())


def test_the_azure_client_is_told_which_versions_there_are(world: World) -> None:
    async def ask() -> None:
        async with dated(world, "2022-12-01") as openai:
            with pytest.raises(BadRequestError, match="2025-04-01-preview"):
                await openai.files.list()

    asyncio.run(ask())


def test_the_client_deletes_a_model_that_is_not_deployed(service: Service) -> None:
    job = service.trained()
    name = str(job["fine_tuned_model"])
    service.deployment(name)
    service.world.advance(300)

    async def refused() -> None:
        async with v1(service.world) as openai:
            with pytest.raises(ConflictError):
                await openai.models.delete(name)

    async def delete() -> None:
        async with v1(service.world) as openai:
            assert (await openai.models.delete(name)).deleted
            with pytest.raises(NotFoundError):
                await openai.models.retrieve(name)

    asyncio.run(refused())
    service.arm("DELETE", f"{service.id('sweden')}/deployments/bot")
    service.world.advance(300)
    asyncio.run(delete())


def test_the_client_lets_a_file_expire(world: World) -> None:
    async def expire() -> None:
        async with v1(world) as openai:
            file = await openai.files.create(
                file=("a.jsonl", rows(10)),
                purpose="fine-tune",
                expires_after={"anchor": "created_at", "seconds": 14 * 86_400},
            )
            assert (await openai.files.retrieve(file.id)).expires_at == file.created_at + 14 * 86_400
            world.advance(14 * 86_400)
            with pytest.raises(NotFoundError):
                await openai.files.retrieve(file.id)

    asyncio.run(expire())


def test_the_client_tries_out_graders(world: World) -> None:
    grader = {
        "type": "text_similarity",
        "name": "near",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "evaluation_metric": "rouge_1",
    }

    async def grade() -> None:
        async with v1(world) as openai:
            alpha = openai.fine_tuning.alpha.graders
            checked = await alpha.validate(grader=grader)
            assert checked.grader is not None
            ran = await alpha.run(grader=grader, model_sample="the cat sat", item={"answer": "the cat"})
            assert ran.reward == pytest.approx(0.8)
            assert ran.metadata.errors.other_error is False

    asyncio.run(grade())


def test_an_import_needs_no_network(world: World) -> None:
    control = Plane(world, "http://127.0.0.1/_emulator", {})
    url = "https://store.example/train.jsonl"
    control("POST", "blobs", json={"url": url, "text": rows(10).decode()})

    async def fetch() -> None:
        async with dated(world) as openai:
            body = {"purpose": "fine-tune", "filename": "train.jsonl", "content_url": url}
            file = await openai.post("/files/import", body=body, cast_to=dict)
            world.advance(5)
            assert (await openai.files.retrieve(file["id"])).status == "processed"

    asyncio.run(fetch())
