"""What was asked of the world and what it cost, in a form that no client can edit.

Every request is a row. What a request started that is paid for stands in a row of its own, attributed to the request:
training tokens once the service counts them, hosting while a deployment of a fine-tuned model stands.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ftops.emulator.errors import EmulatorError
from ftops.emulator.store import Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

FILTERS = ("operation", "account", "principal", "status", "rule", "method", "effect")
COLUMNS = ("seq", "time", "method", "path", "operation", "account", "principal", "status", "rule", "effect")
NO_HOSTING = ("developertier",)
"""Sizes that are not paid by the hour (documented)."""
CLOSE_HOSTING = """create temp trigger hosting_ends before delete on main.document when old.kind = 'deployment' begin
    update bill set ended = virtual_time() where item = 'hosting' and account = old.account and id = old.id
    and ended is null;
    end"""


class Entry(NamedTuple):
    """A request as it is written down. `status` is 0 when no answer reached the client."""

    time: float
    method: str
    path: str
    operation: str
    account: str
    principal: str
    status: int
    rule: str
    effect: bool


def watch(world: World) -> None:
    """Notice over this connection when something that is paid by the hour ends, however it ends."""
    world.store.connection.execute(CLOSE_HOSTING)


def add(world: World, entry: Entry) -> int:
    sql = f"insert into journal({', '.join(COLUMNS[1:])}) values({', '.join('?' * len(entry))})"
    return int(world.store.connection.execute(sql, entry).lastrowid or 0)


def read(world: World, after: int = 0, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Rows in their order. `bill` is there when the request started something that costs."""
    where, values = ["seq > ?"], [after]
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise EmulatorError(f"the journal cannot be filtered by `{name}`, only by {', '.join(FILTERS)}")
        where.append(f"{name} = ?")
        values.append(value)
    sql = f"select {', '.join(COLUMNS)} from journal where {' and '.join(where)} order by seq"
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in world.store.connection.execute(sql, values)]
    bills = _bills(world) if rows else {}
    return [_entry(row, bills.get(row["seq"])) for row in rows]


def _entry(row: dict[str, Any], bill: dict[str, Any] | None) -> dict[str, Any]:
    row["effect"] = bool(row["effect"])
    return row | ({"bill": bill} if bill else {})


def _bills(world: World) -> dict[int, dict[str, Any]]:
    bills: dict[int, dict[str, Any]] = {}
    sql = "select entry, item, id, tokens, started, ended from bill"
    for entry, item, id, tokens, started, ended in world.store.connection.execute(sql):
        if item == "training":
            bills[entry] = {"job": id, "training_tokens": tokens}
        else:
            until = world.time if ended is None else ended
            bills[entry] = {"deployment": id, "hosting_from": started, "hosting_hours": (until - started) / 3600}
    return bills


def charge(world: World, entry: int, operation: str, account: str, answer: bytes) -> None:
    """Note what a request that had an effect has started. A change of a deployment starts nothing new."""
    if operation == "fine_tuning.jobs.create":
        _open(world, entry, account, "training", json.loads(answer)["id"])
    elif operation == "deployments.create_or_update":
        made = json.loads(answer)
        deployment = world.store.get("deployment", account, made["name"].lower())
        hosted = made["sku"]["name"].lower() not in NO_HOSTING
        if deployment and deployment.hidden.get("custom") and hosted and not _is_open(world, deployment):
            _open(world, entry, account, "hosting", deployment.id)


def _is_open(world: World, deployment: Document) -> bool:
    sql = "select count(*) from bill where item = 'hosting' and account = ? and id = ? and ended is null"
    return bool(world.store.connection.execute(sql, (deployment.account, deployment.id)).fetchone()[0])


def _open(world: World, entry: int, account: str, item: str, id: str) -> None:
    sql = "insert into bill(entry, account, item, id, tokens, started) values(?, ?, ?, ?, 0, ?)"
    world.store.connection.execute(sql, (entry, account, item, id, world.time))


def meter(world: World, document: Document) -> None:
    """Count a job's tokens when it stops: all for a success, its part for a pause or a cancel, none for a failure.

    That failed jobs cost nothing and cancelled ones what they have done is documented.
    """
    if document.kind != "job" or document.state not in ("succeeded", "failed", "cancelled", "paused"):
        return
    hidden, total = document.hidden, document.hidden.get("total")
    tokens = 0
    if total and document.state != "failed":
        tokens = round(hidden["tokens"] * hidden["n_epochs"] * hidden["done"] / total)
    sql = "update bill set tokens = ? where item = 'training' and account = ? and id = ?"
    world.store.connection.execute(sql, (tokens, document.account, document.id))


def check_emulated(world: World, *expected: str) -> None:
    """Raise EmulatorError if a request met something that is not emulated, unless its path begins with an expected one.

    For the end of a test session: a 501 that nobody looks at hides a gap.
    """
    refused = [row for row in read(world, filters={"status": 501}) if not row["path"].startswith(expected or ("\n",))]
    if refused:
        seen = ", ".join(sorted({f"{row['method']} {row['path']}" for row in refused}))
        raise EmulatorError(f"the emulator was asked for what it does not have: {seen}")
