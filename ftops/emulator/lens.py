"""What a list shows: all there is, or what was true a while ago, or everything but the newest, or in another order.

The past is kept only while a rule asks for it, by triggers of the connection, so it reaches back to the rule's
beginning and no further.
"""

from __future__ import annotations

import calendar
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftops.emulator.store import Asked, Document

if TYPE_CHECKING:
    from ftops.emulator.world import World

LAST = "json_extract(rule, '$.do.stale') is not null"
TRIGGERS = (
    f"""create temp trigger past_update before update on main.document
        when exists(select 1 from fault where {LAST}) and old.wire is not new.wire begin
        insert into past(at, seq, kind, account, id, parent, state, wire, hidden)
        values(virtual_time(), old.seq, old.kind, old.account, old.id, old.parent, old.state, old.wire, old.hidden);
        end""",
    f"""create temp trigger past_delete before delete on main.document
        when exists(select 1 from fault where {LAST}) begin
        insert into past(at, seq, kind, account, id, parent, state, wire, hidden)
        values(virtual_time(), old.seq, old.kind, old.account, old.id, old.parent, old.state, old.wire, old.hidden);
        end""",
)


def watch(world: World) -> None:
    """Keep the past over this connection."""
    world.store.connection.create_function("virtual_time", 0, lambda: world.time)
    for trigger in TRIGGERS:
        world.store.connection.execute(trigger)


@dataclass(frozen=True)
class Lens:
    """Lists as of `stale` seconds ago, without objects younger than `hide` seconds, perhaps in an order of its own."""

    world: World
    hide: float = 0.0
    stale: float = 0.0
    shuffled: bool = False

    def documents(self, asked: Asked, found: list[Document]) -> list[Document]:
        youngest = self.world.time - max(self.hide, self.stale)
        if self.stale:
            found = self._as_of(asked, found, youngest)
        if self.hide or self.stale:
            found = [document for document in found if born(document.wire) <= youngest]
        if self.shuffled and asked.beyond is None:
            found = sorted(found, key=lambda document: self.world.digest(f"order/{document.id}"))
        return found

    def events(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        youngest = self.world.time - max(self.hide, self.stale)
        return [event for event in found if event["created_at"] <= youngest] if self.hide or self.stale else found

    def _as_of(self, asked: Asked, found: list[Document], moment: float) -> list[Document]:
        """Each object as it was then: its oldest version that was replaced or deleted only later."""
        sql = """select kind, account, id, wire, hidden, parent, state, seq, min(at) from past
            where kind = ? and account = ? and at > ? group by seq"""
        then = {document.seq: document for document in found}
        for row in self.world.store.connection.execute(sql, (asked.kind, asked.account, moment)).fetchall():
            kind, account, id, wire, hidden, parent, state, seq, _ = row
            beyond = asked.beyond is None or (seq < asked.beyond if asked.newest_first else seq > asked.beyond)
            if beyond and asked.parent in (None, parent):
                then[seq] = Document(kind, account, id, json.loads(wire), json.loads(hidden), parent, state, seq)
        return sorted(then.values(), key=lambda document: document.seq, reverse=asked.newest_first)


def born(wire: dict[str, Any]) -> float:
    """When an object was made, as it says itself; 0 for one that does not."""
    if "created_at" in wire:
        return float(wire["created_at"])
    text = str(wire.get("systemData", {}).get("createdAt", ""))
    return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))) if text else 0.0
