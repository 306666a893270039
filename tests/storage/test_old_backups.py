"""A backup says itself what its tables were, so one from years ago still comes back: its schema first, then ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage.backup.lines import Header, LinesOut, TableShape
from storage.backup.restoring import restore
from storage.backup.sealed import BackupKey, Sealing
from storage.database import Database
from storage.queries.tickets import TicketQueries
from storage.ticket_tables import tickets
from storage.verifying import verify
from tests.storage.making import T0, open_one, seed_company

KEY = BackupKey("old", bytes(32))
KINDS: Mapping[type, Any] = {
    int: "int",
    str: "text",
    bool: "bool",
    list: "json",
    dict: "json",
    type(T0): "time",
}
# As the first schema had them.
PEOPLE = {"id": 1, "name": "张三", "name_key": "张三", "is_named": True, "skills": ["打印机"], "active": True}
TICKETS = {
    "id": 7,
    "number": "IT-1007",
    "number_key": "it-1007",
    "serial": 1007,
    "desk": "it",
    "title": "卡纸",
    "text": "卡纸",
    "state": "open",
    "since": T0,
    "priority": "P3",
    "requester": 1,
    "place": "",
    "origin_platform": "p",
    "origin_kind": "direct",
    "origin_key": "k",
    "created_at": T0,
    "opened_at": T0,
    "urges": 0,
    "declines": 0,
    "transfers": 0,
    "reopens": 0,
    "question": "",
    "resolution": "",
    "version": 1,
    "event_count": 1,
}
EVENTS = {"ticket": 7, "seq": 1, "kind": "opened", "at": T0, "actor": 1, "payload": {"number": "IT-1007"}}
COUNTERS = {"name": "ticket", "value": 1007}


def untold(_done: int, _total: int) -> None:
    pass


def an_old_backup(path: Path) -> None:
    tables = {"people": PEOPLE, "tickets": TICKETS, "events": EVENTS, "counters": COUNTERS}
    shapes = [
        TableShape(name, tuple((column, KINDS[type(value)]) for column, value in row.items()), 1)
        for name, row in tables.items()
    ]
    with path.open("wb") as file:
        out = LinesOut(Sealing(file, KEY), Header(T0, "0001", tuple(shapes)))
        for shape in shapes:
            write = out.table(shape, {"people": 1, "tickets": 9}.get(shape.name))
            write([list(tables[shape.name].values())])
        out.finish()


async def test_the_first_schema_comes_back_as_ours(empty_database_url: str, tmp_path: Path) -> None:
    an_old_backup(tmp_path / "old.backup")
    db = Database(empty_database_url)
    await restore(db, tmp_path / "old.backup", [KEY], tmp_path / "files", T0, untold)
    assert await db.at_head()
    found = await verify(db, None, untold)
    assert (found.ok, found.head.link) == (True, 1), "what was there before the chain is linked"
    view = await TicketQueries(db).by_number("IT-1007")
    assert view is not None
    assert view.title == "卡纸"
    async with db.write() as connection:
        await seed_company(connection)
    assert await open_one(db) == "IT-1008"
    async with db.read() as connection:
        ids = (await connection.execute(select(tickets.c.id).order_by(tickets.c.id))).scalars().all()
    assert ids == [7, 10]
    await db.close()
