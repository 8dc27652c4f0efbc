"""One SQLite file holds one world. This module knows tables and rows, and nothing of what they mean."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ftops.emulator.clock import Clock
from ftops.emulator.errors import EmulatorError

SCHEMA = 2
APPLICATION = 0x66746F70
PRAGMAS = (f"pragma application_id = {APPLICATION}", f"pragma user_version = {SCHEMA}")
CHUNK = 1 << 20
"""File contents are kept in pieces of this many bytes, so that no large file is ever whole in memory."""

TABLES = """
create table meta(name text primary key, value text not null) without rowid;
create table clock(id integer primary key check (id = 1), mode text, t0 real, w0 real, rate real);
create table counter(kind text primary key, value integer not null) without rowid;
create table account(seq integer primary key, name text unique, region text,
                     resource_id text unique collate nocase, host text unique);
create table document(seq integer primary key autoincrement, kind text, account text, id text, parent text,
                      state text, wire text, hidden text, unique(kind, account, id));
create index document_state on document(kind, account, state);
create index document_parent on document(kind, account, parent);
create table due(seq integer primary key autoincrement, at real, event text, document integer);
create index due_at on due(at, seq);
create index due_document on due(document);
create table event(seq integer primary key autoincrement, job text, wire text);
create index event_job on event(job, seq);
create table chunk(file text, number integer, data blob, primary key(file, number)) without rowid;
create table journal(seq integer primary key autoincrement, time real, method text, path text, operation text,
                     account text, principal text, status integer, rule text, effect integer);
create table bill(entry integer, account text, item text, id text, tokens integer, started real, ended real);
create index bill_item on bill(item, account, id);
create table fault(seq integer primary key autoincrement, id text unique, rule text, seen integer, hits integer);
create table past(at real, seq integer, kind text, account text, id text, parent text, state text, wire text,
                  hidden text);
create index past_kind on past(kind, account, at);
"""
WORLD_TABLES = ("clock", "counter", "account", "document", "due", "event", "chunk", "journal", "bill", "fault", "past")


@dataclass
class Document:
    """An object of the service: `wire` is what clients see, `hidden` what only the emulator needs.

    `state` is the stage of its life, finer than any status shown; `parent` is the id of what it belongs to.
    """

    kind: str
    account: str
    id: str
    wire: dict[str, Any]
    hidden: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    state: str = ""
    seq: int = 0


class Account(NamedTuple):
    name: str
    region: str
    resource_id: str
    host: str


class Asked(NamedTuple):
    """What a listing was asked for."""

    kind: str
    account: str
    parent: str | None
    newest_first: bool
    beyond: int | None


class Lens(Protocol):
    """Stands between a list and those who ask for it (`lens.py`)."""

    def documents(self, asked: Asked, found: list[Document]) -> list[Document]: ...

    def events(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]: ...


class Due(NamedTuple):
    """An event in the life of the document with this sequence number, waiting for its time."""

    at: float
    event: str
    document: int


def connect(path: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        if path != ":memory:" and connection.execute("pragma journal_mode").fetchone()[0] != "wal":
            connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
    except sqlite3.DatabaseError as error:
        raise EmulatorError(f"cannot open `{path}` as an emulator world: {error}") from error
    return connection


class Store:
    """Typed access to the tables. Every call belongs inside a transaction of the world."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.lens: Lens | None = None
        """Set while a list is being answered that shows something else than what there is."""

    def schema(self) -> int | None:
        """The file's schema version; None for an empty file, 0 for a database of something else."""
        if self.connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
            return None
        ours = self.connection.execute("pragma application_id").fetchone()[0] == APPLICATION
        return int(self.connection.execute("pragma user_version").fetchone()[0]) if ours else 0

    def create(self, meta: dict[str, str]) -> None:
        for statement in (*TABLES.split(";"), *PRAGMAS):
            self.connection.execute(statement)
        self.connection.executemany("insert into meta values(?, ?)", list(meta.items()))

    def clear(self) -> None:
        for table in WORLD_TABLES:
            self.connection.execute(f"delete from {table}")
        self.connection.execute("delete from sqlite_sequence")

    def meta(self, name: str) -> str:
        return str(self.connection.execute("select value from meta where name = ?", (name,)).fetchone()[0])

    def find_meta(self, name: str) -> str | None:
        row = self.connection.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def writes(self) -> int:
        """How many rows were ever changed over this connection."""
        return self.connection.total_changes

    def clock(self) -> Clock:
        return Clock(*self.connection.execute("select mode, t0, w0, rate from clock").fetchone())

    def set_clock(self, clock: Clock) -> None:
        values = (clock.mode, clock.t0, clock.w0, clock.rate)
        self.connection.execute("insert or replace into clock values(1, ?, ?, ?, ?)", values)

    def count(self, kind: str) -> int:
        sql = "insert into counter values(?, 1) on conflict do update set value = value + 1 returning value"
        return int(self.connection.execute(sql, (kind,)).fetchone()[0])

    def accounts(self) -> list[Account]:
        rows = self.connection.execute("select name, region, resource_id, host from account order by seq")
        return [Account(*row) for row in rows]

    def add_account(self, account: Account) -> None:
        sql = "insert into account(name, region, resource_id, host) values(?, ?, ?, ?)"
        self.connection.execute(sql, account)

    def get(self, kind: str, account: str, id: str) -> Document | None:
        return next(self._documents("kind = ? and account = ? and id = ?", (kind, account, id)), None)

    def document(self, seq: int) -> Document:
        return next(self._documents("seq = ?", (seq,)))

    def documents(
        self,
        kind: str,
        account: str,
        *,
        parent: str | None = None,
        states: Sequence[str] = (),
        newest_first: bool = False,
        beyond: int | None = None,
        limit: int = -1,
    ) -> list[Document]:
        """In the order of creation; `beyond` is the sequence number of the last one already read."""
        where, values = "kind = ? and account = ?", [kind, account]
        if parent is not None:
            where, values = where + " and parent = ?", [*values, parent]
        if states:
            values += states
            where += f" and state in ({', '.join('?' * len(states))})"
        if beyond is not None:
            where += f" and seq {'<' if newest_first else '>'} {int(beyond)}"
        order = f" order by seq {'desc' if newest_first else 'asc'}"
        if self.lens is None:
            return list(self._documents(f"{where}{order} limit {int(limit)}", values))
        asked = Asked(kind, account, parent, newest_first, beyond)
        found = self.lens.documents(asked, list(self._documents(where + order, values)))
        return found if limit < 0 else found[:limit]

    def _documents(self, where: str, values: Iterable[Any]) -> Iterator[Document]:
        sql = f"select kind, account, id, wire, hidden, parent, state, seq from document where {where}"
        for row in self.connection.execute(sql, tuple(values)).fetchall():
            kind, account, id, wire, hidden, parent, state, seq = row
            yield Document(kind, account, id, json.loads(wire), json.loads(hidden), parent, state, seq)

    def save(self, document: Document) -> None:
        sql = """insert into document(kind, account, id, parent, state, wire, hidden)
            values(?, ?, ?, ?, ?, ?, ?)
            on conflict do update set state = excluded.state, wire = excluded.wire, hidden = excluded.hidden
            returning seq"""
        names = (document.kind, document.account, document.id, document.parent, document.state)
        values = (*names, json.dumps(document.wire), json.dumps(document.hidden))
        document.seq = int(self.connection.execute(sql, values).fetchone()[0])

    def remove(self, document: Document) -> None:
        self.drop_dues(document)
        self.connection.execute("delete from document where seq = ?", (document.seq,))

    def add_due(self, due: Due) -> None:
        self.connection.execute("insert into due(at, event, document) values(?, ?, ?)", due)

    def drop_dues(self, document: Document) -> None:
        self.connection.execute("delete from due where document = ?", (document.seq,))

    def take_due(self, until: float) -> Due | None:
        sql = "select at, event, document, seq from due where at <= ? order by at, seq limit 1"
        row = self.connection.execute(sql, (until,)).fetchone()
        if row is None:
            return None
        self.connection.execute("delete from due where seq = ?", row[3:])
        return Due(*row[:3])

    def next_due(self) -> float | None:
        at: float | None = self.connection.execute("select min(at) from due").fetchone()[0]
        return at

    def add_event(self, job: str, wire: dict[str, Any]) -> None:
        self.connection.execute("insert into event(job, wire) values(?, ?)", (job, json.dumps(wire)))

    def drop_events(self, job: str) -> None:
        self.connection.execute("delete from event where job = ?", (job,))

    def events(self, job: str) -> list[dict[str, Any]]:
        rows = self.connection.execute("select wire from event where job = ? order by seq desc", (job,))
        found = [json.loads(row[0]) for row in rows]
        return found if self.lens is None else self.lens.events(found)

    def set_content(self, file: str, pieces: Iterable[bytes]) -> None:
        """`pieces` are at most CHUNK long."""
        self.drop_content(file)
        rows = ((file, number, piece) for number, piece in enumerate(pieces))
        self.connection.executemany("insert into chunk values(?, ?, ?)", rows)

    def content(self, file: str) -> Iterator[bytes]:
        sql = "select data from chunk where file = ? and number = ?"
        number = 0
        while row := self.connection.execute(sql, (file, number)).fetchone():
            yield row[0]
            number += 1

    def drop_content(self, file: str) -> None:
        self.connection.execute("delete from chunk where file = ?", (file,))

    def journal_length(self) -> int:
        return int(self.connection.execute("select coalesce(max(seq), 0) from journal").fetchone()[0])
