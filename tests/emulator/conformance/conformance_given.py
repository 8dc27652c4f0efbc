"""What must be true before a fact's request is sent: one small function for each word a fact file may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance_scene import Scene

Given = dict[str, Any]
FORMATS = {"Ministral-3B": "Mistral AI"}


def prepare(scene: Scene, given: Given) -> None:
    """The words' order is that of their rows below, not that of the file."""
    unknown = given.keys() - GIVEN.keys() - DETAILS
    assert not unknown, f"unknown words: {unknown}"
    for word, make in GIVEN.items():
        if word in given:
            make(scene, given)


def key(scene: Scene, given: Given) -> None:
    scene.key = given["key"]


def account(scene: Scene, given: Given) -> None:
    """No account but the scene's own can be made by raw HTTP unless the emulator serves that."""
    scene.words["account"] = "newlab"
    if given["account"] != "absent":
        body = {"kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}, "location": "swedencentral"}
        path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.CognitiveServices"
        answer = scene.arm("PUT", scene.fill(path + "/accounts/{account}"), json=body)
        scene.note_operation(answer)


def file(scene: Scene, given: Given) -> None:
    scene.good(scene.upload(size=given.get("bytes")))
    if given["file"] == "processed":
        scene.wait(scene.read_file, "status", "processed")


def files(scene: Scene, given: Given) -> None:
    for number in range(given["files"]):
        scene.good(scene.upload(purpose="batch" if number % 2 else "fine-tune"))
        scene.world.advance(10)


def jobs(scene: Scene, given: Given) -> None:
    """So many, all cancelled but the newest."""
    _processed(scene)
    for _ in range(given["jobs"]):
        if "job_id" in scene.words:
            scene.good(scene.do("cancel"))
        scene.world.advance(1)
        scene.good(scene.create_job(model="gpt-4.1"))


def page(scene: Scene, given: Given) -> None:
    """The page before the one that is asked for."""
    scene.before = scene.good(scene.data("GET", "fine_tuning/jobs?limit=10"))
    scene.words["after"] = scene.before["data"][-1]["id"]


def _processed(scene: Scene, rows: int = 10) -> str:
    scene.good(scene.upload(rows))
    scene.wait(scene.read_file, "status", "processed")
    return scene.words["file_id"]


def job(scene: Scene, given: Given) -> None:
    body = {"model": given["model"]}
    if given.get("on") == "fine-tuned":
        job(scene, {"job": "succeeded", "model": given["model"]})
        body["model"] = scene.words["fine_tuned_model"]
    dpo = given.get("method", {}).get("type") == "dpo"
    if given.get("validation"):
        body["validation_file"] = _preferences(scene) if dpo else _processed(scene)
    if dpo:
        _preferences(scene)
    else:
        _processed(scene, given.get("rows", 10))
    for name, sent in (("method", "method"), ("suffix", "suffix"), ("training_type", "trainingType")):
        if name in given:
            body[sent] = given[name]
    scene.good(scene.create_job(**body))
    for verb, status in WAYS[given["job"]]:
        if verb:
            scene.good(scene.do(verb) if verb != "delete" else _delete(scene))
        if status:
            # A job runs before its parameters are resolved; its training shows by its result file.
            where = ("result_files", "") if status == "training" else ("status", status)
            scene.before = scene.wait(scene.read_job, *where)


def _preferences(scene: Scene) -> str:
    answer = '[{"role": "assistant", "content": "%s"}]'
    prompt = '{"messages": [{"role": "user", "content": "Is it?"}]}'
    row = f'{{"input": {prompt}, "preferred_output": {answer % "Yes."}, "non_preferred_output": {answer % "No."}}}\n'
    part = {"file": ("pairs.jsonl", row.encode() * 10)}
    made = scene.good(scene.data("POST", "files", data={"purpose": "fine-tune"}, files=part))
    scene.words["file_id"] = made["id"]
    scene.wait(scene.read_file, "status", "processed")
    return scene.words["file_id"]


def _delete(scene: Scene) -> Any:
    return scene.data("DELETE", f"fine_tuning/jobs/{scene.words['job_id']}")


WAYS: dict[str, list[tuple[str, str]]] = {
    "pending": [("", "pending")],
    "running": [("", "running")],
    "training": [("", "training")],
    "cancelled": [("cancel", "cancelled")],
    "deleted": [("cancel", "cancelled"), ("delete", "")],
    "paused": [("", "running"), ("pause", "paused")],
    "resuming": [("", "running"), ("pause", "paused"), ("resume", "resuming")],
    "succeeded": [("", "succeeded")],
}
"""What is asked of a job, and the status that is waited for, one after the other."""


def deployment(scene: Scene, given: Given) -> None:
    if given["deployment"] == "base":
        model = {"format": "OpenAI", "name": scene.words["base model"], "version": scene.words["version"]}
        body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
        scene.before = scene.good(scene.arm("PUT", scene.deployment_path, json=body))
        return
    base = given.get("model", "gpt-4.1")
    job(scene, given | {"job": "succeeded", "model": base})
    model = {"format": FORMATS.get(base, "OpenAI"), "name": scene.words["fine_tuned_model"], "version": "1"}
    sku = given.get("sku", {"name": "GlobalStandard", "capacity": 50})
    answer = scene.arm("PUT", scene.deployment_path, json={"sku": sku, "properties": {"model": model}})
    scene.before = scene.good(answer)
    scene.note_operation(answer)
    if given["deployment"] == "succeeded":
        scene.wait(scene.read_deployment, "properties.provisioningState", "Succeeded")


def free(scene: Scene, given: Given) -> None:
    """Nothing stands in the way of a deployment."""
    assert scene.read_deployment().status == 404


def age(scene: Scene, given: Given) -> None:
    scene.world.advance(given["age"])


GIVEN: dict[str, Callable[[Scene, Given], None]] = {
    "account": account,
    "file": file,
    "files": files,
    "jobs": jobs,
    "page": page,
    "deployment": deployment,
    "job": job,
    "free": free,
    "age": age,
    "key": key,
}
DETAILS = {"model", "validation", "method", "rows", "suffix", "training_type", "on", "bytes", "sku"}
