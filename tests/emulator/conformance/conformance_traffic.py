"""One long, ordinary use of the service, of which every answer is kept: what documents and SDK models are checked on."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from conformance_answers import Answer
from conformance_given import prepare
from conformance_scene import ACCOUNT, GROUP, NotServed, Scene

PREVIEW = {"aoai-copy-ft-checkpoints": "preview"}
DATED = "2025-04-01-preview"
SFT = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 5}}}


class Spoken(NamedTuple):
    """`place` is `v1`, `account-dated` or `arm`; `path` begins behind the place's own part and has no query."""

    place: str
    method: str
    path: str
    status: int
    body: Any


class Recorder(Scene):
    def __init__(self, place: str, version: str | None = None) -> None:
        super().__init__(place, version)
        self.place = place
        self.heard: list[Spoken] = []

    def _keep(self, place: str, method: str, path: str, answer: Answer) -> Answer:
        self.heard.append(Spoken(place, method, "/" + urlsplit(path).path.lstrip("/"), answer.status, answer.body))
        return answer

    def data(self, method: str, path: str, **options: Any) -> Answer:
        return self._keep(self.place, method, path, super().data(method, path, **options))

    def arm(self, method: str, path: str, **options: Any) -> Answer:
        return self._keep("arm", method, path, super().arm(method, path, **options))

    def maybe(self, method: str, path: str, **options: Any) -> None:
        """A call that the emulator may not serve."""
        with contextlib.suppress(NotServed):
            self.data(method, path, **options)


def files(scene: Recorder) -> None:
    prepare(scene, {"files": 2, "file": "processed"})
    id = scene.words["file_id"]
    for path in ("files", "files?purpose=fine-tune&limit=1", f"files/{id}", f"files/{id}/content", "files/none"):
        scene.data("GET", path)
    scene.data("DELETE", f"files/{id}")
    source = {"filename": "a.jsonl", "purpose": "fine-tune", "content_url": "https://example.org/a.jsonl"}
    scene.maybe("POST", "files/import", json=source)


def uploads(scene: Recorder) -> None:
    begin = {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 4, "mime_type": "application/jsonl"}
    with contextlib.suppress(NotServed):
        for end in ("complete", "cancel"):
            begun = scene.data("POST", "uploads", json=begin)
            if begun.status >= 300:
                return
            upload = begun.body["id"]
            part = scene.data("POST", f"uploads/{upload}/parts", files={"data": ("part", b"{}\n\n")}).body
            scene.data("POST", f"uploads/{upload}/{end}", json={"part_ids": [part["id"]]} if end == "complete" else {})


def jobs(scene: Recorder) -> None:
    for given in (
        {"job": "succeeded", "model": "gpt-4.1", "validation": True, "method": SFT, "suffix": "mark"},
        {"job": "cancelled", "model": "gpt-4o-mini", "method": {"type": "dpo"}},
        {"job": "resuming", "model": "gpt-4.1-nano", "training_type": "globalStandard"},
    ):
        prepare(scene, given)
        job = f"fine_tuning/jobs/{scene.words['job_id']}"
        for path in (job, f"{job}/events?limit=100", f"{job}/checkpoints", "fine_tuning/jobs"):
            scene.data("GET", path)
    scene.data("GET", "fine_tuning/jobs/ftjob-none")
    scene.data("POST", f"{job}/pause")
    scene.data("POST", "fine_tuning/jobs", json={"model": "gpt-9", "training_file": "file-0"})
    bad = scene.words["file_id"]
    scene.upload(rows=3)
    scene.wait(scene.read_file, "status", "processed")
    scene.good(scene.create_job(model="gpt-4.1"))
    scene.wait(scene.read_job, "status", "failed")
    scene.words["file_id"] = bad


def copies(scene: Recorder) -> None:
    """A checkpoint goes to an account that has trained before."""
    first = next(known for known in scene.data("GET", "fine_tuning/jobs").body["data"] if "fine_tuned_model" in known)
    path = f"fine_tuning/jobs/{first['id']}/checkpoints"
    checkpoint = scene.data("GET", path).body["data"][0]["id"]
    to = next(known["resource_id"] for known in scene.world.accounts() if known["name"] == "eastus2")
    body = {"destinationResourceId": to, "region": "eastus2"}
    scene.data("POST", f"{path}/{checkpoint}/copy", json=body, headers=PREVIEW)
    scene.world.advance(3600)
    scene.data("GET", f"{path}/{checkpoint}/copy", headers=PREVIEW)


def models(scene: Recorder) -> None:
    scene.maybe("GET", "models")
    scene.maybe("GET", "models/gpt-4.1-2025-04-14")
    scene.maybe("GET", f"models/{scene.words['fine_tuned_model']}")
    grader = {
        "type": "string_check",
        "name": "same",
        "input": "{{sample.output_text}}",
        "reference": "Yes",
        "operation": "eq",
    }
    scene.maybe("POST", "fine_tuning/alpha/graders/validate", json={"grader": grader})
    run = {"grader": grader, "model_sample": "Yes", "item": {}}
    scene.maybe("POST", "fine_tuning/alpha/graders/run", json=run)


def deployments(scene: Recorder) -> None:
    path = scene.deployment_path
    prepare(scene, {"deployment": "succeeded", "model": "gpt-4.1-mini"})
    operation = scene.fill(
        "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}"
        "/operationResults/{operation}"
    )
    scene.arm("GET", operation)
    scene.arm("GET", path.rsplit("/", 1)[0])
    scene.arm("PATCH", path, json={"tags": {"owner": "us"}})
    scene.world.advance(3600)
    for method, verb in (("GET", "skus"), ("POST", "pause"), ("POST", "resume")):
        with contextlib.suppress(NotServed):
            scene.arm(method, f"{path}/{verb}")
            scene.world.advance(3600)
    messages = [{"role": "user", "content": "Is it?"}]
    scene.maybe("POST", "chat/completions", json={"model": scene.words["deployment"], "messages": messages})
    scene.arm("DELETE", path)
    scene.arm("DELETE", path)
    scene.world.advance(3600)
    scene.read_deployment()
    scene.maybe("DELETE", f"models/{scene.words['fine_tuned_model']}")
    scene.maybe("DELETE", f"fine_tuning/jobs/{scene.words['job_id']}")
    scene.words["deployment"] = "base"
    prepare(scene, {"deployment": "base"})
    scene.arm("DELETE", scene.deployment_path)


def control_plane(scene: Recorder) -> None:
    provider = "providers/Microsoft.CognitiveServices"
    subscription = GROUP.rsplit("/", 2)[0]
    kind = "modelFormat=OpenAI&modelName=gpt-4.1&modelVersion=2025-04-14"
    for path in (
        ACCOUNT,
        f"{GROUP}/{provider}/accounts",
        f"{subscription}/{provider}/accounts",
        f"{ACCOUNT}/models",
        f"{ACCOUNT}/usages",
        f"{subscription}/{provider}/locations/swedencentral/usages",
        f"{subscription}/{provider}/locations/swedencentral/models",
        f"{subscription}/{provider}/modelCapacities?{kind}",
        f"{subscription}/{provider}/locations/swedencentral/modelCapacities?{kind}",
    ):
        with contextlib.suppress(NotServed):
            scene.arm("GET", path)
    with contextlib.suppress(NotServed):
        scene.arm("POST", f"{ACCOUNT}/listKeys")


@functools.cache
def _heard() -> tuple[tuple[Spoken, ...], frozenset[str]]:
    heard: list[Spoken] = []
    operations: set[str] = set()
    for place, version in (("v1", None), ("account-dated", DATED)):
        scene = Recorder(place, version)
        try:
            for part in (files, uploads, jobs, copies, models, deployments, control_plane):
                with contextlib.suppress(NotServed):
                    part(scene)
            operations |= {str(row["operation"]) for row in scene.world.journal()}
        finally:
            scene.close()
        heard += scene.heard
    return tuple(heard), frozenset(operations)


def traffic() -> tuple[Spoken, ...]:
    """At the v1 path and at a dated one, with the control plane in between."""
    return _heard()[0]


def operations() -> frozenset[str]:
    """What the journal says was used."""
    return _heard()[1]
