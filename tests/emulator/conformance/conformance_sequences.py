"""Facts in a row: steps of one life, in one scene, with time in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from conformance_answers import RELATIONS, Answer, Sent, problems
from conformance_given import prepare
from conformance_scene import Scene
from conformance_shapes import Problem, pick

Step = dict[str, Any]
Exchange = Callable[[str], tuple[dict[str, Any], Sent, Answer]]
"""From the name of a fact to the answer it expects, what was sent and the answer that came."""
MOST_POLLS = 2000


def play(scene: Scene, fact: dict[str, Any], exchange: Exchange) -> Iterator[Problem]:
    prepare(scene, fact["given"])
    before: Any = None
    for number, step in enumerate(fact["steps"]):
        scene.world.advance(step.get("wait", 0))
        if "fact" in step:
            expected, sent, answer = exchange(step["fact"])
            found = problems(expected, sent, answer)
        else:
            answer = ACTIONS[step["do"]](scene, step)
            found = list(_plain(step, answer))
        for name in ("same", "moved"):
            if name in step and (text := RELATIONS[name](step, Sent({}, {}, before=before), answer.body)):
                found.append(Problem(f"then:{name}", text))
        if "later" in step:
            found += _later(step["later"], before, answer)
        yield from (Problem(f"step {number}: {path}", text) for path, text in found)
        _remember(scene, answer)
        # What is compared with is the state before any polling.
        if answer.body and "every" not in step:
            before = answer.body


def _plain(step: Step, answer: Answer) -> Iterator[Problem]:
    if "status" in step and answer.status != step["status"]:
        yield Problem("status", f"is {answer.status}, not {step['status']}")
        return
    body = answer.body
    if "state" in step:
        state = body.get("status") or body.get("properties", {}).get("provisioningState")
        if state != step["state"]:
            yield Problem("state", f"is {state}, not {step['state']}")
    if "code" in step and pick(body, "error.code") != [step["code"]]:
        yield Problem("code", f"is not {step['code']}")
    yield from (Problem("states", text) for text in (body or {}).get("problems", ()))


def _later(rule: dict[str, Any], before: Any, answer: Answer) -> Iterator[Problem]:
    least, most = rule["by"]
    by = pick(answer.body, rule["path"])[0] - before["finished_at"]
    if not least <= by <= most:
        yield Problem("later", f"{rule['path']} moved by {by}, not by {least} to {most}")


def _remember(scene: Scene, answer: Answer) -> None:
    """Steps name what earlier ones made."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if body.get("object") == "fine_tuning.job":
        scene.words["job_id"] = body["id"]
        if "fine_tuned_model" in body:
            scene.words["fine_tuned_model"] = body["fine_tuned_model"]
    if "azure-asyncoperation" in answer.headers:
        scene.note_operation(answer)


def _poll(scene: Scene, step: Step, read: Callable[[], Answer]) -> Iterator[Answer]:
    for _ in range(MOST_POLLS):
        answer = read()
        yield answer
        if answer.status != 200 or answer.body["status"] == step["states"][-1]:
            return
        scene.world.advance(step["every"])


def _judged(bodies: list[Any], step: Step) -> Answer:
    """An answer of our own that lists what is wrong with the ones polled."""
    states = list(dict.fromkeys(body["status"] for body in bodies))
    found = []
    if [state for state in states if state in step["states"]] != step["states"]:
        found.append(f"are {states}, not {step['states']}")
    for path in step.get("while_running", {}).get("appears", ()):
        shown = [path in body for body in bodies if body["status"] == "running"]
        if not (shown and not shown[0] and shown[-1] and shown == sorted(shown)):
            found.append(f"{path} does not appear while running")
    for path in step.get("while_running", {}).get("moved", ()):
        if len({str(pick(body, path)) for body in bodies if body["status"] == "running"}) < 2:
            found.append(f"{path} does not change while running")
    return Answer(200, {}, json.dumps({"problems": found}).encode())


def poll_operation(scene: Scene, step: Step) -> Answer:
    path = scene.fill(
        "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}"
        "/operationResults/{operation}"
    )
    return _judged([answer.body for answer in _poll(scene, step, lambda: scene.arm("GET", path))], step)


def poll_job(scene: Scene, step: Step) -> Answer:
    return _judged([answer.body for answer in _poll(scene, step, scene.read_job)], step)


ACTIONS: dict[str, Callable[[Scene, Step], Answer]] = {
    "upload": lambda scene, step: scene.upload(),
    "read file": lambda scene, step: scene.read_file(),
    "delete file": lambda scene, step: scene.data("DELETE", f"files/{scene.words['file_id']}"),
    "create job": lambda scene, step: scene.create_job(model="gpt-35-turbo-0613"),
    "read job": lambda scene, step: scene.read_job(),
    "read deployment": lambda scene, step: scene.read_deployment(),
    "poll operation": poll_operation,
    "poll job": poll_job,
}
