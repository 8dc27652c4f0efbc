"""Small things to learn: reviews to be labelled, made from a few words; and readers of what a job shows."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

from emulator_raw import Service

GOOD = ("great", "lovely", "superb", "excellent", "wonderful", "nice", "perfect", "brilliant")
BAD = ("awful", "broken", "terrible", "slow", "poor", "bad", "ugly", "horrible")
THINGS = ("The tent", "My jacket", "This mug", "The delivery", "Your support", "The bag", "That lamp", "The book")
ENDS = ("honestly", "I think", "I must say", "friends agree")


def row(user: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer, **more}]}


def reviews(number: int, seed: int) -> list[dict[str, Any]]:
    draw, found = random.Random(seed), []
    for _ in range(number):
        words, label = draw.choice(((GOOD, "positive"), (BAD, "negative")))
        word = draw.choice(words)
        user = f"{draw.choice(THINGS)} is {draw.choice(('really', 'so', 'quite', 'very'))} {word}, {draw.choice(ENDS)}."
        found.append(row(user, f"Label: {label}. The customer says {word}."))
    return found


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


def results(service: Service, job: dict[str, Any]) -> list[dict[str, str]]:
    answer = service.sweden("GET", f"files/{job['result_files'][0]}/content")
    return list(csv.DictReader(io.StringIO(answer.text)))


def measured(service: Service, job: dict[str, Any], column: str) -> list[float]:
    return [float(line[column]) for line in results(service, job) if line[column]]


def deployed(service: Service, model: str, name: str, **more: Any) -> None:
    answer = service.deployment(model, name, **more)
    assert answer.status_code == 201, answer.text
    service.world.advance(3600)


def chat(service: Service, name: str, user: str, **more: Any) -> Any:
    body = {"model": name, "messages": [{"role": "user", "content": user}], **more}
    return service.sweden("POST", "chat/completions", json=body)


def said(service: Service, name: str, user: str, **more: Any) -> str:
    answer = chat(service, name, user, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def lesson(service: Service, number: int, **body: Any) -> dict[str, Any]:
    file = service.file(jsonl(reviews(number, seed=1)))
    return service.trained(training_file=file, **body)
