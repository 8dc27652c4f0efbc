"""Lost answers on a real connection: reset, held, cut; and one that is late."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SERVE = """
import sys
from ftops.emulator.server import serve

serve({path!r}, rate=60.0, on_ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = str(tmp_path_factory.mktemp("served") / "world.db")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE.format(path=path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline().rsplit(":", 1)[1])
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=10)
        assert complaints == ""


class Answer(NamedTuple):
    status: int
    body: bytes


def call(port: int, method: str, path: str, body: Any = None, timeout: float = 10) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"api-key": "emulator-key-sweden", "content-type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        with answer:
            return Answer(answer.status, answer.read())
    finally:
        connection.close()


def fault(port: int, how: dict[str, Any], **more: Any) -> None:
    rule = {"match": {"operation": "files.list"}, "times": 1, "when": "after", "do": how, **more}
    assert call(port, "PUT", "/_emulator/faults", {"faults": [rule]}).status == 200


FILES = "/a/sweden/openai/v1/files"


def last(port: int) -> dict[str, Any]:
    return dict(json.loads(call(port, "GET", "/_emulator/journal").body)["journal"][-1])


def test_reset_is_a_reset(port: int) -> None:
    fault(port, {"lose": "reset"})
    with pytest.raises(ConnectionResetError):
        call(port, "GET", FILES)
    assert last(port)["status"] == 0
    assert call(port, "GET", FILES).status == 200


def test_a_held_answer_runs_into_the_clients_timeout(port: int) -> None:
    fault(port, {"lose": "timeout"})
    with pytest.raises(TimeoutError):
        call(port, "GET", FILES, timeout=0.3)
    assert call(port, "GET", FILES).status == 200


def test_a_cut_answer_is_incomplete(port: int) -> None:
    fault(port, {"lose": "truncate"})
    with pytest.raises(http.client.IncompleteRead) as raised:
        call(port, "GET", FILES)
    whole = call(port, "GET", FILES)
    assert (whole.status, raised.value.partial) == (200, whole.body[: len(whole.body) // 2])


def test_no_connection_to_an_account(port: int) -> None:
    rule = {"state": {"what": "unreachable", "account": "sweden"}}
    assert call(port, "PUT", "/_emulator/faults", [rule]).status == 200
    with pytest.raises(ConnectionResetError):
        call(port, "GET", FILES)
    call(port, "DELETE", "/_emulator/faults")
    assert call(port, "GET", FILES).status == 200


def test_a_late_answer_takes_its_time(port: int) -> None:
    fault(port, {"latency": 18})
    with pytest.raises(TimeoutError):
        call(port, "GET", FILES, timeout=0.2)
    fault(port, {"latency": 6})
    assert call(port, "GET", FILES).status == 200
