"""Fault rules: which request they strike, what they do to its answer, and what stays of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from emulator_raw import Plane, Service, rows

from ftops.emulator import EmulatorError, World

CREATE = "fine_tuning.jobs.create"


def body(service: Service) -> dict[str, Any]:
    return {"model": "gpt-4.1", "training_file": service.file()}


def creates(world: World) -> list[dict[str, Any]]:
    return world.journal(operation=CREATE)


LOSSES: dict[str, type[Exception]] = {
    "reset": httpx2.RemoteProtocolError,
    "timeout": httpx2.ReadTimeout,
    "truncate": httpx2.RemoteProtocolError,
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_answer_raises_what_a_network_raises(service: Service, how: str, when: str) -> None:
    request = body(service)
    ids = service.world.faults.add(match={"operation": CREATE}, times=1, when=when, do={"lose": how})
    with pytest.raises(LOSSES[how]) as raised:
        service.sweden("POST", "fine_tuning/jobs", json=request)
    assert isinstance(raised.value, httpx2.TransportError)
    (entry,) = creates(service.world)
    arrived = how == "truncate"
    assert entry["rule"] == ids[0]
    assert entry["effect"] is (when == "after")
    assert bool(entry["status"]) is arrived
    jobs = service.sweden("GET", "fine_tuning/jobs").json()["data"]
    assert len(jobs) == (2 if when == "after" else 1)
    assert service.sweden("POST", "fine_tuning/jobs", json=request).status_code == 201


def test_a_page_of_html_in_place_of_an_answer(service: Service) -> None:
    service.world.faults.add(match={"operation": CREATE}, when="after", do={"lose": "html"})
    answer = service.sweden("POST", "fine_tuning/jobs", json=body(service))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert creates(service.world)[0]["effect"] is True


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_status_with_code_and_headers(service: Service, when: str) -> None:
    do = {"status": 429, "code": "429", "message": "Slow down.", "headers": {"Retry-After": 7}}
    service.world.faults.add(match={"operation": CREATE}, when=when, do=do)
    answer = service.sweden("POST", "fine_tuning/jobs", json=body(service))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json() == {"error": {"code": "429", "message": "Slow down."}}
    assert "apim-request-id" in answer.headers
    assert creates(service.world)[0]["effect"] is (when == "after")


MATCHES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"plane": "data"}, True),
    ({"plane": "control"}, False),
    ({"operation": "fine_tuning.jobs.*"}, True),
    ({"operation": "files.*"}, False),
    ({"account": "sweden"}, True),
    ({"account": "eastus2"}, False),
    ({"method": "post", "path": "*/fine_tuning/jobs"}, True),
    ({"method": "GET"}, False),
    ({"path": "*/files"}, False),
    ({"principal": "key"}, True),
    ({"principal": "somebody"}, False),
    ({"body": {"suffix": "mark", "method.type": "supervised"}}, True),
    ({"body": {"suffix": "other"}}, False),
]


@pytest.mark.parametrize(("match", "hit"), MATCHES, ids=[str(match) for match, _ in MATCHES])
def test_what_a_rule_matches(service: Service, match: dict[str, Any], hit: bool) -> None:
    request = body(service) | {"suffix": "mark", "method": {"type": "supervised"}}
    service.world.faults.add(match=match, do={"status": 503})
    assert service.sweden("POST", "fine_tuning/jobs", json=request).status_code == (503 if hit else 201)


def test_a_rule_sees_the_fields_of_a_form(service: Service) -> None:
    service.world.faults.add(match={"body": {"filename": "bad.jsonl"}}, do={"status": 500})
    for name, status in (("bad.jsonl", 500), ("good.jsonl", 201)):
        part = {"file": (name, rows(1))}
        answer = service.sweden("POST", "files", data={"purpose": "fine-tune"}, files=part)
        assert answer.status_code == status


def test_skip_times_order_and_counts(service: Service) -> None:
    service.world.faults.add(
        {"id": "second", "skip": 1, "times": 1, "do": {"status": 503}},
        {"id": "rest", "times": 2, "do": {"status": 500}},
    )
    seen = [service.sweden("GET", "files").status_code for _ in range(5)]
    assert seen == [500, 503, 500, 200, 200]
    counts = {rule["id"]: (rule["seen"], rule["hits"]) for rule in service.world.faults.list()}
    assert counts == {"second": (5, 1), "rest": (4, 2)}
    assert [row["rule"] for row in service.world.journal()] == ["rest", "second", "rest", "", ""]


def statuses(seed: int, id: str) -> list[int]:
    world = World.open(":memory:", seed=seed)
    service = Service(world)
    world.faults.add(id=id, probability=0.5, do={"status": 503})
    found = [service.sweden("GET", "files").status_code for _ in range(40)]
    world.close()
    return found


def test_probability_is_drawn_from_the_seed() -> None:
    first = statuses(1, "a")
    assert 10 < first.count(503) < 30
    assert statuses(1, "a") == first
    assert statuses(2, "a") != first
    assert statuses(1, "b") != first


def test_a_refused_request_still_counts(service: Service) -> None:
    service.world.faults.add(times=1, when="after", do={"latency": 5})
    assert service.sweden("GET", "fine_tuning/jobs/none").status_code == 404
    assert service.world.faults.list()[0]["hits"] == 1


def test_latency_is_virtual_time_after_the_effect(service: Service) -> None:
    request = body(service)
    start = service.world.now()
    service.world.faults.add(match={"operation": CREATE}, do={"latency": 90})
    job = service.sweden("POST", "fine_tuning/jobs", json=request).json()
    assert job["created_at"] == start
    assert service.world.now() == start + 90
    assert service.read(job)["status"] == "running"


def test_hidden_objects_are_in_no_list_and_can_be_read(service: Service) -> None:
    service.world.faults.add(match={"operation": "*.list"}, do={"hide": 60})
    job = service.job()
    assert len(service.sweden("GET", "fine_tuning/jobs").json()["data"]) == 1
    assert service.read(job)["id"] == job["id"]
    service.world.advance(59)
    assert len(service.sweden("GET", "fine_tuning/jobs").json()["data"]) == 1
    service.world.advance(1)
    assert service.sweden("GET", "fine_tuning/jobs").json()["data"][0]["id"] == job["id"]


def test_hidden_deployments_do_not_cut_a_page_short(service: Service) -> None:
    service.world.page_size = 2
    body = {"properties": {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}}}
    path = f"{service.id('sweden')}/deployments"
    for number in range(4):
        service.world.advance(10)
        assert service.arm("PUT", f"{path}/base-{number}", json=body).status_code == 201
    service.world.faults.add(match={"operation": "deployments.list"}, do={"hide": 5})
    first = service.arm("GET", path).json()
    second = service.arm("GET", first["nextLink"]).json()
    assert [one["name"] for one in first["value"] + second["value"]] == ["base-0", "base-1", "base-2"]
    assert "nextLink" not in second


def test_stale_lists_show_what_was(service: Service) -> None:
    old, gone = service.file(), service.file(name="gone.jsonl")
    job = service.job(training_file=old)
    service.world.faults.add(match={"operation": "*.list"}, do={"stale": 30})
    service.world.advance(100)
    service.sweden("DELETE", f"files/{gone}")
    service.do(job, "cancel")
    new = service.file(name="new.jsonl")

    def listed() -> tuple[dict[str, str], dict[str, str]]:
        files = service.sweden("GET", "files").json()["data"]
        jobs = service.sweden("GET", "fine_tuning/jobs").json()["data"]
        return {file["id"]: file["status"] for file in files}, {one["id"]: one["status"] for one in jobs}

    files, jobs = listed()
    assert (gone in files, new in files, jobs[job["id"]]) == (True, False, "running")
    assert service.sweden("GET", f"files/{gone}").status_code == 404
    service.world.advance(40)
    files, jobs = listed()
    assert (gone in files, new in files, jobs[job["id"]]) == (False, True, "cancelled")


BAD: list[dict[str, Any]] = [
    {},
    {"do": {}},
    {"do": {"status": 99}},
    {"do": {"lose": "everything"}},
    {"do": {"status": 500, "lose": "reset"}},
    {"do": {"status": 500}, "matches": {}},
    {"do": {"status": 500}, "match": {"operations": "x"}},
    {"do": {"status": 500}, "when": "during"},
    {"do": {"status": 500}, "times": -1},
    {"do": {"status": 500}, "probability": 2},
    {"do": {"latency": -1}},
    {"do": {"status": 500}, "state": {"what": "copy-fails"}},
    {"state": {"what": "nothing"}},
    {"state": {"what": "job-fails", "steps": 3}},
    {"state": {"what": "stuck"}},
]


@pytest.mark.parametrize("rule", BAD, ids=str)
def test_a_rule_that_would_do_nothing_is_refused(world: World, rule: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError):
        world.faults.add(rule)
    control = Plane(world, "http://127.0.0.1", {})
    assert control("POST", "/_emulator/faults", json=rule).status_code == 400
    assert world.faults.list() == []


def test_rules_over_http(service: Service) -> None:
    control = Plane(service.world, "http://127.0.0.1", {})
    refuse = {"id": "a", "match": {"operation": "files.list"}, "do": {"status": 503}}
    control("POST", "/_emulator/faults", json=refuse)
    answer = control("POST", "/_emulator/faults", json=[{"id": "b", "do": {"latency": 1}}, {"scenario": "lost-create"}])
    assert [rule["id"] for rule in answer.json()["faults"]] == ["a", "b", "lost-create-1"]
    assert service.sweden("GET", "files").status_code == 503
    listed = control("GET", "/_emulator/faults").json()
    assert {rule["id"]: rule["hits"] for rule in listed["faults"]} == {"a": 1, "b": 0, "lost-create-1": 0}
    assert listed["faults"][0]["match"] == refuse["match"]
    assert control("POST", "/_emulator/faults", json=refuse).status_code == 400
    control("DELETE", "/_emulator/faults?id=a")
    assert service.sweden("GET", "files").status_code == 200
    assert len(control("PUT", "/_emulator/faults", json={"faults": [refuse]}).json()["faults"]) == 1
    assert control("DELETE", "/_emulator/faults").json() == {"faults": []}
    assert service.world.journal(rule="a")[0]["status"] == 503


def test_every_scenario_is_a_rule(world: World) -> None:
    from ftops.emulator.scenarios import SCENARIOS

    for name in SCENARIOS:
        (id, *_) = world.scenario(name)
        assert id == f"{name}-1"
    world.scenario("lost-create")
    assert {"lost-create-1", "lost-create-2"} <= {rule["id"] for rule in world.faults.list()}
    with pytest.raises(EmulatorError, match="no scenario"):
        world.scenario("nothing")


def test_rules_outlive_the_process_and_end_with_a_reset(tmp_path: Any) -> None:
    world = World.open(tmp_path / "world.db")
    world.faults.add(id="kept", times=1, do={"status": 503})
    Service(world).sweden("GET", "files")
    world.close()
    again = World.open(tmp_path / "world.db")
    assert [(rule["id"], rule["hits"]) for rule in again.faults.list()] == [("kept", 1)]
    assert Service(again).sweden("GET", "files").status_code == 200
    again.reset()
    assert again.faults.list() == []
    again.close()


def test_a_world_without_rules_is_as_if_there_were_none(service: Service) -> None:
    calls: list[Callable[[], httpx2.Response]] = [
        lambda: service.sweden("GET", "files"),
        lambda: service.arm("GET", f"{service.id('sweden')}/deployments"),
    ]
    plain = [call().json() for call in calls]
    service.world.faults.add(match={"account": "eastus2"}, do={"status": 500})
    assert [call().json() for call in calls] == plain
