"""Chat completions of a deployed model: the toy's own words, from what it has learned."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ftops.emulator import gate, learning, leases
from ftops.emulator.call import Call, Operation
from ftops.emulator.errors import ApiError, invalid, not_emulated
from ftops.emulator.learning import shelf
from ftops.emulator.learning.recipe import Origin
from ftops.emulator.store import Document

MOST_TOKENS = 256
"""Of an answer, whatever is asked for: the toy may never come to an end."""
MOST_CHOICES = 8
"""The service takes 128 (API description); while the toy speaks, nobody else is served."""
REFUSED = ("tools", "functions", "logprobs", "stream", "audio", "modalities", "logit_bias", "prediction")
"""Parameters that change the answer and that the toy has nothing to answer with."""


def create(call: Call) -> Response:
    """On the v1 path `model` names the deployment, on dated ones the address does."""
    body = call.json()
    name = call.parts.get("deployment") or body.get("model")
    if not isinstance(name, str) or not name:
        raise invalid("The request needs 'model'.", "model")
    deployment = _ready(call, name)
    messages = _messages(body)
    _check_emulated(body)
    origin = _origin(call, deployment)
    stored = shelf.weights(call.world, origin)
    deployment.hidden["last_used"] = call.world.time
    call.world.store.save(deployment)
    # numpy is not wanted before a model answers.
    from ftops.emulator.learning import talk

    model = talk.speaker(origin.base, stored)
    answers = talk.answers(model, messages, talk.Manner(**_manner(call, body)))
    return JSONResponse(_completion(call, deployment, answers, talk.count(model, messages)), headers=learning.HEADER)


def _ready(call: Call, name: str) -> Document:
    """The refusal is recorded for embeddings; that of a paused deployment: only its status is documented."""
    deployment = call.world.store.get("deployment", call.account.name, name.lower())
    if deployment is None or not leases.is_ready(call.world, deployment) or gate.unready(call.world, deployment):
        message = (
            "The API deployment for this resource does not exist. If you created the deployment within the last "
            "5 minutes, please wait a moment and try again."
        )
        raise ApiError(404, "DeploymentNotFound", message)
    if leases.is_paused(deployment):
        raise ApiError(423, "DeploymentPaused", f"The deployment '{name}' is paused.")
    return deployment


def _origin(call: Call, deployment: Document) -> Origin:
    name = deployment.wire["properties"]["model"]["name"]
    if origin := shelf.origin(call.world, name):
        return origin
    raise not_emulated(f"chat.completions.create with model {name}")


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise invalid("The request needs 'messages'.", "messages")
    return messages


def _check_emulated(body: dict[str, Any]) -> None:
    for name in REFUSED:
        if body.get(name):
            raise not_emulated(f"chat.completions.create with {name}")
    if isinstance(body.get("n"), int) and body["n"] > MOST_CHOICES:
        raise not_emulated(f"chat.completions.create with more than {MOST_CHOICES} choices")
    format = body.get("response_format")
    if format is not None and format != {"type": "text"}:
        raise not_emulated("chat.completions.create with a response_format")


def _manner(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """How to speak. Without a temperature the likeliest words are taken, where the service would draw (invented)."""
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    seed = body.get("seed")
    stop = body.get("stop") or []
    if seed is None:
        seed = int(call.world.digest(f"chat/{call.body.decode(errors='replace')}")[:8], 16)
    manner: dict[str, Any] = {
        "temperature": _number(body, "temperature", 0.0, 0, 2),
        "top_p": _number(body, "top_p", 1.0, 0, 1),
        "number": int(_number(body, "n", 1, 1, MOST_CHOICES)),
        "most": MOST_TOKENS if most is None else most,
        "seed": seed,
        "stop": (stop,) if isinstance(stop, str) else tuple(stop),
    }
    for name in ("most", "seed"):
        if isinstance(manner[name], bool) or not isinstance(manner[name], int):
            raise invalid("The values of 'max_tokens' and 'seed' are integers.")
    if manner["most"] < 1:
        raise invalid("The value of 'max_tokens' is at least 1.", "max_tokens")
    return manner | {"most": min(manner["most"], MOST_TOKENS), "seed": manner["seed"] % 2**32}


def _number(body: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise invalid(f"The value of '{name}' is not a number from {least} to {most}.", name)
    return value


def _completion(call: Call, deployment: Document, answers: list[Any], asked: int) -> dict[str, Any]:
    """Tokens are the toy's own: real ones would be others."""
    said = sum(answer.tokens for answer in answers)
    return {
        "choices": [
            {
                "finish_reason": "stop" if answer.finished else "length",
                "index": index,
                "logprobs": None,
                "message": {"content": answer.text, "refusal": None, "role": "assistant"},
            }
            for index, answer in enumerate(answers)
        ],
        "created": int(call.world.time),
        "id": f"chatcmpl-{call.world.identifier('chat')}",
        "model": deployment.wire["properties"]["model"]["name"],
        "object": "chat.completion",
        "usage": {"completion_tokens": said, "prompt_tokens": asked, "total_tokens": said + asked},
    }


OPERATIONS = (Operation("chat.completions.create", "POST", "/chat/completions", create),)
DATED = (Operation("chat.completions.create", "POST", "/deployments/{deployment}/chat/completions", create),)
