"""Deployments through Azure Resource Manager: pages, bodies, and answers without a body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ftops.errors import Conflict, NotFound, ServiceError
from ftops.service.address import Address
from ftops.service.management import API_VERSION, Management
from ftops.service.tokens import Tokens
from ftops.service.transport import Transport
from tests.test_transport import Clock, Script, refusal, say

ACCOUNT = "/subscriptions/0/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/sweden"
SWEDEN = Address("sweden", "https://sweden.openai.azure.com", ACCOUNT, "swedencentral")
LIST = f"https://management.azure.com{ACCOUNT}/deployments?api-version={API_VERSION}"


def run(wire: Script, call: Callable[[Management], Awaitable[Any]], address: Address = SWEDEN) -> Any:
    async def go() -> Any:
        clock = Clock()
        transport = Transport(clock, wire)
        try:
            return await call(Management(address, transport, Tokens(clock, emulated=True)))
        finally:
            await transport.close()

    return asyncio.run(go())


async def listed(management: Management) -> list[str]:
    return [item["name"] async for item in management.deployments()]


def page(*names: str, **more: Any) -> Any:
    return say(200, {"value": [{"name": name} for name in names], **more})


def test_pages_are_followed_by_their_links() -> None:
    links = [f"{LIST}&$skiptoken=1", f"{LIST}&$skiptoken=2"]
    wire = Script(page("a", nextLink=links[0]), page(nextLink=links[1]), page("b"))

    assert run(wire, listed) == ["a", "b"]
    assert [str(request.url) for request in wire.sent] == [LIST, *links]
    assert {request.headers["authorization"] for request in wire.sent} == {"Bearer emu.management.ftops"}


@pytest.mark.parametrize("last", [None, ""])
def test_an_empty_link_is_the_end(last: str | None) -> None:
    assert run(Script(page("a", nextLink=last)), listed) == ["a"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.com/deployments",
        "http://management.azure.com/deployments",
        "https://management.azure.com.evil.com/deployments",
        "https://management.azure.com@evil.com/deployments",
        "https://management.azure.com:8443/deployments",
        "https://management.azure.com:evil/deployments",
        "https://management.chinacloudapi.cn/deployments",  # trusted, but another cloud
        "//evil.com/deployments",
        "/deployments",
        "https://[::1",
        {"href": "https://evil.com"},
        7,
    ],
)
def test_a_link_to_another_host_is_not_followed(link: Any) -> None:
    wire = Script(page("a", nextLink=link), page("b"))

    with pytest.raises(ServiceError, match="the next page is on another host"):
        run(wire, listed)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "links", [[LIST], [f"{LIST}&$skiptoken=1"], [f"{LIST}&$skiptoken=1", f"{LIST}&$skiptoken=2", LIST]]
)
def test_links_in_a_circle_are_an_error(links: list[str]) -> None:
    wire = Script(*(page("a", nextLink=link) for link in links))

    with pytest.raises(ServiceError, match="more pages are promised than can be asked for"):
        run(wire, listed)


@pytest.mark.parametrize(
    "answer",
    [
        say(200, "<html>"),
        say(200, {"value": None}),
        say(200, {}),
        say(200, []),
        say(200, {"value": ["a"]}),
        say(200, {"value": [{}]}),
    ],
)
def test_what_is_no_page_is_an_error_and_never_an_empty_list(answer: Any) -> None:
    with pytest.raises(ServiceError):
        run(Script(answer), listed)


def test_one_deployment_is_read() -> None:
    wire = Script(say(200, {"name": "a"}))

    assert run(wire, lambda management: management.deployment("a")) == {"name": "a"}
    assert str(wire.sent[0].url) == f"https://management.azure.com{ACCOUNT}/deployments/a?api-version={API_VERSION}"


@pytest.mark.parametrize("answer", [say(200, {}), say(200, []), say(200, {"value": []})])
def test_an_answer_that_is_no_deployment_is_an_error(answer: Any) -> None:
    """Its tags would be missing, and a write that follows would drop those that others set."""
    with pytest.raises(ServiceError):
        run(Script(answer), lambda management: management.deployment("a"))


def test_a_missing_deployment_is_not_found() -> None:
    with pytest.raises(NotFound):
        run(Script(refusal(404, "NotFound", "cannot be found")), lambda management: management.deployment("a"))


def test_a_name_stays_in_its_place() -> None:
    """Names come from the service too; one with a slash must not become another address."""
    wire = Script(say(200))

    run(wire, lambda management: management.delete("../a?b"))
    assert wire.sent[0].url.raw_path == f"{ACCOUNT}/deployments/..%2Fa%3Fb?api-version={API_VERSION}".encode()


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_write_sends_its_body_once(method: str, status: int) -> None:
    body = {"sku": {"name": "Standard", "capacity": 1}, "tags": {"a": "b"}}
    wire = Script(say(status, {"name": "a"}))

    assert run(wire, lambda management: getattr(management, method)("a", body)) == {"name": "a"}
    assert wire.lines == [f"{method.upper()} {ACCOUNT}/deployments/a"]
    assert wire.sent[0].url.params["api-version"] == API_VERSION
    assert wire.body() == body


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_deletion_has_no_body_either_way(status: int) -> None:
    wire = Script(say(status))

    assert run(wire, lambda management: management.delete("a")) is None
    assert wire.lines == [f"DELETE {ACCOUNT}/deployments/a"]
    assert wire.sent[0].content == b""


def test_an_accepted_write_without_a_body_is_an_empty_answer() -> None:
    assert run(Script(say(202)), lambda management: management.patch("a", {})) == {}


def test_a_conflict_is_told_and_not_repeated() -> None:
    """ARM answers so while another write of the account is under way."""
    wire = Script(refusal(409, "RequestConflict", "another operation"), say(200, {}))

    with pytest.raises(Conflict, match="another operation"):
        run(wire, lambda management: management.put("a", {}))
    assert len(wire.sent) == 1


def test_another_cloud_has_another_address() -> None:
    china = Address("c", "https://c.openai.azure.cn", ACCOUNT, "chinaeast", "https://management.chinacloudapi.cn/")
    wire = Script(page("a"))

    run(wire, listed, china)
    assert str(wire.sent[0].url).startswith(f"https://management.chinacloudapi.cn{ACCOUNT}/deployments?")
