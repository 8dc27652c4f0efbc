"""One whole life of a model, told once for synchronous and asynchronous SDKs, and what a client of either needs."""

from __future__ import annotations

import csv
import inspect
import io
from collections.abc import Coroutine
from typing import Any

from azure.mgmt.cognitiveservices.models import Deployment, DeploymentModel, DeploymentProperties, Sku
from emulator_lessons import jsonl, reviews

from ftops.emulator import World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
ACCOUNTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/emulator/providers/Microsoft.CognitiveServices/accounts"
HERE, THERE = ("emulator", "sweden"), ("emulator", "eastus2")
PREVIEW = {"aoai-copy-ft-checkpoints": "preview"}
TRAIN, VALID = jsonl(reviews(20, seed=1)), jsonl(reviews(10, seed=2))
JOB: dict[str, Any] = {
    "model": "gpt-4.1-mini",
    "suffix": "life",
    "seed": 7,
    "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 1}}},
}
MORE = {"trainingType": "globalStandard"}
DESTINATION = {"destinationResourceId": f"{ACCOUNTS}/eastus2", "region": "eastus2"}
ASK: list[Any] = [{"role": "user", "content": "The tent is really great, honestly."}]


def data_plane(account: str) -> dict[str, Any]:
    base = f"https://{account}.openai.azure.com/openai/v1/"
    return {"base_url": base, "api_key": f"emulator-key-{account}", "max_retries": 0}


def wanted(model: str, capacity: int = 50) -> Deployment:
    named = DeploymentModel(format="OpenAI", name=model, version="1")
    sku = Sku(name="GlobalStandard", capacity=capacity)
    return Deployment(sku=sku, properties=DeploymentProperties(model=named))


def straight(story: Coroutine[Any, Any, None]) -> None:
    """Run what never waits, without an event loop."""
    try:
        story.send(None)
    except StopIteration:
        return
    raise AssertionError("a synchronous client has waited")


async def got(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def life(world: World, here: Any, there: Any, arm: Any) -> None:
    """`here` and `there` are the data planes of two regions."""
    jobs = here.fine_tuning.jobs

    train = await got(here.files.create(file=("train.jsonl", TRAIN), purpose="fine-tune"))
    valid = await got(here.files.create(file=("valid.jsonl", VALID), purpose="fine-tune"))
    assert (train.status, train.bytes, valid.filename) == ("pending", len(TRAIN), "valid.jsonl")
    world.advance(5)
    assert [(await got(here.files.retrieve(file.id))).status for file in (train, valid)] == ["processed"] * 2

    job = await got(jobs.create(training_file=train.id, validation_file=valid.id, **JOB, extra_body=MORE))
    assert (job.status, job.model, job.fine_tuned_model) == ("pending", "gpt-4.1-mini-2025-04-14", None)
    world.advance_until(job.id, "running")
    world.advance(1140 + 30)
    events = (await got(jobs.list_events(job.id, limit=100))).data
    assert events[-1].message == "Job enqueued. Waiting for jobs ahead to complete."
    assert "Training started." in [event.message for event in events]
    told = [event.data for event in events if event.type == "metrics"]
    assert told
    assert all(figures["train_loss"] > 0 for figures in told)

    assert (await got(jobs.pause(job.id))).status == "pausing"
    world.advance_until(job.id, "paused")
    (early,) = (await got(jobs.checkpoints.list(job.id))).data[:1]
    assert early.step_number == 30
    assert early.fine_tuned_model_checkpoint.endswith("-life:ckpt-step-30")
    assert (await got(jobs.resume(job.id))).status == "resuming"
    world.advance_until(job.id, "succeeded")

    done = await got(jobs.retrieve(job.id))
    model = str(done.fine_tuned_model)
    assert model == f"gpt-4.1-mini-2025-04-14.ft-{job.id.removeprefix('ftjob-')}-life"
    assert done.trained_tokens > 0
    assert model in [known.id for known in (await got(here.models.list())).data]
    kept = (await got(jobs.checkpoints.list(job.id))).data
    assert [checkpoint.step_number for checkpoint in kept] == [60, 40, 30, 20]
    assert kept[0].fine_tuned_model_checkpoint == model
    losses = [checkpoint.metrics.full_valid_loss for checkpoint in kept]
    assert all(loss > 0 for loss in losses)
    last = [event.message for event in (await got(jobs.list_events(job.id, limit=4))).data]
    assert "Job succeeded." in last
    results = await got(here.files.with_raw_response.content(done.result_files[0]))
    assert results.headers["x-ftops-emulated"]
    rows = list(csv.DictReader(io.StringIO(results.content.decode())))
    assert [int(row["step"]) for row in rows] == list(range(1, 61))
    trained = [float(row["train_loss"]) for row in rows]
    assert sum(trained[-10:]) < sum(trained[:10])

    bot = await deploy(world, arm, HERE, model)
    assert bot.properties.model.name == model
    await chat(here, model)

    # The SDK knows no copies: its client sends them as they are.
    path = f"/fine_tuning/jobs/{job.id}/checkpoints/{kept[1].id}/copy"
    options = {"headers": PREVIEW}
    begun = await got(here.post(path, body=DESTINATION, cast_to=dict, options=options))
    copied = begun["checkpointedModelName"]
    assert copied == kept[1].fine_tuned_model_checkpoint == f"{model}:ckpt-step-40"
    assert begun["copiedAccountDetails"] == [DESTINATION | {"status": "InProgress"}]
    world.advance(300)
    arrived = await got(here.get(path, cast_to=dict, options=options))
    assert arrived["copiedAccountDetails"] == [DESTINATION | {"status": "Completed"}]
    assert copied not in [known.id for known in (await got(there.models.list())).data]

    more = await got(there.files.create(file=("more.jsonl", TRAIN), purpose="fine-tune"))
    world.advance(5)
    onward = {**JOB, "model": copied, "suffix": "onward"}
    second = await got(there.fine_tuning.jobs.create(training_file=more.id, **onward, extra_body=MORE))
    assert second.model == copied
    world.advance_until(second.id, "succeeded")
    second = await got(there.fine_tuning.jobs.retrieve(second.id))
    figures = await got(there.files.content(second.result_files[0]))
    went_on = [float(row["train_loss"]) for row in csv.DictReader(io.StringIO(figures.text))]
    assert sum(went_on[:10]) < sum(trained[:10]), "it continues from what the copy had learned"
    await deploy(world, arm, THERE, second.fine_tuned_model)
    await chat(there, second.fine_tuned_model)

    for account, place, result, files in (
        (here, HERE, done, (train, valid)),
        (there, THERE, second, (more,)),
    ):
        await got((await got(arm.deployments.begin_delete(*place, "bot"))).result())
        assert (await got(account.models.delete(result.fine_tuned_model))).deleted
        for id in (*(file.id for file in files), *result.result_files):
            assert (await got(account.files.delete(id))).deleted
        left = {file.id for file in (await got(account.files.list())).data}
        assert not left & {*(file.id for file in files), *result.result_files}
        assert (await got(account.fine_tuning.jobs.retrieve(result.id))).status == "succeeded"


async def deploy(world: World, arm: Any, place: tuple[str, str], model: str) -> Any:
    poller = await got(arm.deployments.begin_create_or_update(*place, "bot", wanted(model)))
    bot = await got(poller.result())
    assert (bot.name, bot.properties.provisioning_state) == ("bot", "Succeeded")
    world.advance(60)
    return bot


async def chat(account: Any, model: str) -> None:
    answer = await got(account.chat.completions.with_raw_response.create(model="bot", messages=ASK, max_tokens=40))
    assert answer.headers["x-ftops-emulated"]
    said = answer.parse()
    assert (said.model, said.choices[0].message.role) == (model, "assistant")
    assert said.choices[0].message.content
    assert said.usage.completion_tokens > 0
