"""One fresh world with one empty account, addressed at one of the places where the service can be reached."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance_answers import Answer
from emulator_raw import Plane

from ftops.emulator import World

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/emulator"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/lab"
ARM_VERSION = "2025-09-01"
BASES = {
    "v1": "https://lab.openai.azure.com/openai/v1",
    "account-dated": "https://lab.openai.azure.com/openai",
    "project-v1": "https://lab.services.ai.azure.com/api/projects/lab/openai/v1",
    "project-dated": "https://lab.services.ai.azure.com/api/projects/lab/openai",
}


class NotServed(Exception):
    """The emulator says that it does not have this operation or this version."""


class Scene:
    """`words` are what the placeholders in paths and bodies stand for, `before` the last body worth keeping."""

    def __init__(self, place: str, version: str | None = None) -> None:
        self.world = World.open(":memory:")
        # An account of the default world has a job already, which would be in the way of lists that must be exact.
        self.world.ensure_account(name="lab", region="swedencentral", resource_id=ACCOUNT, host="lab.openai.azure.com")
        self.words: dict[str, str] = {
            "subscription": GROUP.split("/")[2],
            "group": "emulator",
            "account": "lab",
            "location": "swedencentral",
            "deployment": "fact",
            "text": "Is it?",
            "base model": "gpt-4.1",
            "version": "2025-04-14",
        }
        self.before: Any = None
        self.key = "emulator-key-lab"
        arm = place == "arm"
        self.base = BASES["v1" if arm else place]
        self.version = None if arm or place.endswith("v1") else version
        self.arm_version = (version if arm else None) or ARM_VERSION

    def close(self) -> None:
        self.world.close()

    def data(self, method: str, path: str, **options: Any) -> Answer:
        plane = Plane(self.world, self.base, {"api-key": self.key}, self.version)
        return self._answer(plane, method, path, options)

    def arm(self, method: str, path: str, **options: Any) -> Answer:
        token = {"Authorization": "Bearer emu.management.tester"}
        plane = Plane(self.world, "https://management.azure.com", token, self.arm_version)
        return self._answer(plane, method, path, options)

    def _answer(self, plane: Plane, method: str, path: str, options: dict[str, Any]) -> Answer:
        got = plane(method, path, **options)
        answer = Answer(got.status_code, {name.lower(): text for name, text in got.headers.items()}, got.content)
        error = (answer.body or {}).get("error", {}) if isinstance(answer.body, dict) else {}
        refused = answer.status in (400, 404) and re.search("(?i)api.version", str(error))
        if answer.status == 501 or refused:
            raise NotServed(f"{method} {path}: {error.get('message')}")
        return answer

    def good(self, answer: Answer) -> Any:
        """The body of a step on the way to what is tested; it must not fail."""
        assert answer.status < 300, f"cannot set the scene: {answer.status} {answer.content!r}"
        return answer.body

    def fill(self, value: Any) -> Any:
        """A sample with its placeholders replaced."""
        if isinstance(value, str):
            return re.sub(r"\{([^{}]+)\}", lambda found: self.words[found[1]], value)
        if isinstance(value, dict):
            return {name: self.fill(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part) for part in value]
        return value

    # Files and jobs

    def upload(self, rows: int = 10, size: int | None = None, purpose: str = "fine-tune") -> Answer:
        """`size` in bytes: the last row is as long as it takes."""
        content = training_rows(rows)
        if size is not None:
            content = training_rows(rows, size - len(content))
        part = {"file": ("train.jsonl", content, "application/octet-stream")}
        answer = self.data("POST", "files", data={"purpose": purpose}, files=part)
        if answer.status < 300:
            self.words["file_id"] = answer.body["id"]
        return answer

    def read_file(self) -> Answer:
        return self.data("GET", f"files/{self.words['file_id']}")

    def create_job(self, **body: Any) -> Answer:
        answer = self.data("POST", "fine_tuning/jobs", json={"training_file": self.words["file_id"], **body})
        if answer.status < 300:
            self.words["job_id"] = answer.body["id"]
        return answer

    def read_job(self) -> Answer:
        answer = self.data("GET", f"fine_tuning/jobs/{self.words['job_id']}")
        if answer.status == 200 and "fine_tuned_model" in answer.body:
            self.words["fine_tuned_model"] = answer.body["fine_tuned_model"]
        return answer

    def do(self, verb: str) -> Answer:
        return self.data("POST", f"fine_tuning/jobs/{self.words['job_id']}/{verb}")

    def wait(self, read: Any, path: str, wanted: str) -> Any:
        """Let things happen until the object's value at `path` is the wanted one."""
        for _ in range(10_000):
            body = self.good(read())
            found = body
            for name in path.split("."):
                found = found.get(name, {})
            if found == wanted or (wanted == "" and found):
                return body
            assert self.world.advance_to_next() is not None, f"nothing leads to {wanted} from {body}"
        raise AssertionError(f"never {wanted}")

    # Deployments

    @property
    def deployment_path(self) -> str:
        return f"{ACCOUNT}/deployments/{self.words['deployment']}"

    def read_deployment(self) -> Answer:
        return self.arm("GET", self.deployment_path)

    def note_operation(self, answer: Answer) -> None:
        """Keep the words of the address at which a long operation is followed."""
        parts = urlsplit(answer.headers["azure-asyncoperation"])
        query = dict(parse_qsl(parts.query))
        self.words["operation"] = parts.path.rsplit("/", 1)[1]
        names = {"t": "timestamp", "c": "certificate", "s": "signature", "h": "hash"}
        self.words |= {name: query.get(letter, "") for letter, name in names.items()}


def training_rows(number: int, more: int = 0) -> bytes:
    row = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "Yes."}]}
    last = {"messages": [row["messages"][0], {"role": "assistant", "content": "Yes." + "." * more}]}
    return b"".join(json.dumps(each).encode() + b"\n" for each in [row] * (number - 1) + [last])
