"""Chat completions of deployments, as raw HTTP and through the openai package."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulator_lessons import chat, deployed, jsonl, reviews, row, said
from emulator_raw import Plane, Service, rows

from ftops.emulator import learning

DAY = 86_400
REVIEW = "This mug is so ugly, I think."


@pytest.fixture
def bot(service: Service) -> Service:
    job = service.trained(training_file=service.file(jsonl(reviews(60, seed=1))))
    deployed(service, job["fine_tuned_model"], "bot")
    return service


def test_an_answer_in_full(bot: Service) -> None:
    answer = chat(bot, "bot", REVIEW)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["x-ftops-emulated"] == learning.TRAINER
    assert body["usage"]["completion_tokens"] + body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"]
    assert body == {
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "logprobs": None,
                "message": {
                    "content": body["choices"][0]["message"]["content"],
                    "refusal": None,
                    "role": "assistant",
                },
            }
        ],
        "created": int(bot.world.now()),
        "id": body["id"],
        "model": bot.arm("GET", f"{bot.id('sweden')}/deployments/bot").json()["properties"]["model"]["name"],
        "object": "chat.completion",
        "usage": body["usage"],
    }
    assert body["choices"][0]["message"]["content"].startswith("Label: negative.")


def test_the_dated_address_names_the_deployment(bot: Service) -> None:
    keys = {"api-key": "emulator-key-sweden"}
    dated = Plane(bot.world, "https://sweden.openai.azure.com/openai", keys, "2024-10-21")
    body = {"messages": [{"role": "user", "content": REVIEW}]}
    answer = dated("POST", "deployments/bot/chat/completions", json=body)
    assert answer.json()["choices"][0]["message"]["content"] == said(bot, "bot", REVIEW)
    assert dated("POST", "deployments/absent/chat/completions", json=body).status_code == 404


def test_no_deployment_no_answer(service: Service) -> None:
    job = service.trained()
    assert chat(service, "bot", "Is it?").status_code == 404
    service.deployment(job["fine_tuned_model"])
    refused = chat(service, "bot", "Is it?")
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "DeploymentNotFound"
    assert refused.json()["error"]["message"].startswith("The API deployment for this resource does not exist.")
    service.world.advance(3600)
    assert chat(service, "bot", "Is it?").status_code == 200
    assert chat(service, job["fine_tuned_model"], "Is it?").status_code == 404


def test_a_paused_deployment_is_locked(bot: Service) -> None:
    assert bot.arm("POST", f"{bot.id('sweden')}/deployments/bot/pause?api-version=2025-12-01").status_code == 200
    assert chat(bot, "bot", REVIEW).status_code == 423


def test_temperature_draws_with_the_seed(bot: Service) -> None:
    def drawn(seed: int) -> str:
        return said(bot, "bot", "Tell me about rivers.", temperature=1.5, seed=seed)

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(5)}) > 2
    calm = {said(bot, "bot", REVIEW, temperature=1, top_p=0.01, seed=seed) for seed in range(3)}
    assert calm == {said(bot, "bot", REVIEW)}


def test_several_choices_limits_and_stops(bot: Service) -> None:
    choices = chat(bot, "bot", REVIEW, n=3, temperature=2).json()["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    cut = chat(bot, "bot", REVIEW, max_tokens=2).json()
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 2
    assert said(bot, "bot", REVIEW, stop=" The") == "Label: negative."


def test_the_system_prompt_is_heard(service: Service) -> None:
    taught: list[dict[str, Any]] = []
    for language, answer in (("Speak English.", "Good day."), ("Speak Norwegian.", "God dag.")):
        one = row("Hello!", answer)
        taught += [{"messages": [{"role": "system", "content": language}, *one["messages"]]}] * 10
    job = service.trained(training_file=service.file(jsonl(taught)))
    deployed(service, job["fine_tuned_model"], "bot")
    for language, answer in (("Speak English.", "Good day."), ("Speak Norwegian.", "God dag.")):
        messages = [{"role": "system", "content": language}, {"role": "user", "content": "Hello!"}]
        body = {"model": "bot", "messages": messages}
        assert (
            service.sweden("POST", "chat/completions", json=body).json()["choices"][0]["message"]["content"] == answer
        )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"messages": []}, 400),
        ({"messages": "hello"}, 400),
        ({"temperature": 3}, 400),
        ({"max_tokens": 0}, 400),
        ({"seed": "x"}, 400),
        ({"stream": True}, 501),
        ({"tools": [{"type": "function"}]}, 501),
        ({"response_format": {"type": "json_object"}}, 501),
        ({"n": 100}, 501),
        ({"response_format": {"type": "text"}, "stream": False, "tools": []}, 200),
    ],
)
def test_what_it_cannot_do_it_says(bot: Service, body: dict[str, Any], status: int) -> None:
    assert chat(bot, "bot", REVIEW, **body).status_code == status


def test_a_call_keeps_a_deployment_from_being_removed(service: Service) -> None:
    """Fifteen idle days remove a deployment of a fine-tuned model; calls begin them anew."""
    job = service.trained()
    for name in ("used", "idle"):
        deployed(service, job["fine_tuned_model"], name)
    service.world.advance(14 * DAY)
    assert said(service, "used", "Is it?")
    service.world.advance(2 * DAY)
    found = [service.arm("GET", f"{service.id('sweden')}/deployments/{name}").status_code for name in ("used", "idle")]
    assert found == [200, 404]


def test_the_openai_package_reads_the_answer(bot: Service) -> None:
    import asyncio

    import httpx2
    from openai import AsyncOpenAI

    from ftops.emulator import create_app

    async def ask() -> Any:
        transport = httpx2.ASGITransport(app=create_app(bot.world))
        async with httpx2.AsyncClient(transport=transport) as http:
            client = AsyncOpenAI(
                api_key="emulator-key-sweden",
                base_url="https://sweden.openai.azure.com/openai/v1/",
                http_client=http,
                max_retries=0,
            )
            return await client.chat.completions.create(model="bot", messages=[{"role": "user", "content": REVIEW}])

    answer = asyncio.run(ask())
    assert answer.choices[0].message.content.startswith("Label: negative.")
    assert answer.usage.total_tokens > 0


def test_a_base_model_answers_in_its_own_words(service: Service) -> None:
    body = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}
    deployed(service, "", "plain", **body)
    assert "river" in said(service, "plain", "What is a river?")


def test_a_conversation_of_any_text_is_read_and_answered(bot: Service) -> None:
    for text in ("", "日本語 \U0001f600", "x" * 100_000):
        assert chat(bot, "bot", text).status_code == 200
    lone = json.dumps({"model": "bot", "messages": [{"role": "user", "content": "\ud800"}]})
    assert bot.sweden("POST", "chat/completions", content=lone).status_code == 200
    broken = bot.trained(training_file=bot.file(rows(10, "\ud800?")))
    assert bot.checkpoints(broken)[0]["metrics"]["train_loss"] < 1
    job = bot.trained(training_file=bot.file(rows(10, "日本語 \U0001f600 é")))
    deployed(bot, job["fine_tuned_model"], "odd")
    assert said(bot, "odd", "Is it?") == "日本語 \U0001f600 é"
