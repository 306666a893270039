"""Whatever is changed in what happened is found, and what nobody has changed raises no alarm."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage import migrating
from storage.chain import DUTY, TICKET, Broken, Head, Linked, Walk, link_to
from storage.database import Database
from storage.queries.tickets import TicketQueries
from storage.verifying import Verified, head, verify
from tests.storage.making import LI, MINUTE, T0, open_one, unit
from tests.storage.test_exporting import busy_day, lines

ROUNDS = 10_000


def first_broken(rows: Sequence[Linked], kept: Head, against: Head | None = None) -> Broken | None:
    walk = Walk(against)
    for row in sorted(rows, key=lambda one: one.link or 0):
        if broken := walk.step(row):
            return broken
    return walk.end(kept)


def untold(_done: int, _total: int) -> None:
    pass


async def verified(db: Database, against: Head | None = None) -> Verified:
    return await verify(db, against, untold)


# ── every manipulation ──


def a_history(rng: random.Random, size: int) -> tuple[list[Linked], Head]:
    rows, at = [], Head()
    for position in range(size):
        payload = {"text": f"词{rng.random()}", "seconds": 1800.0, "list": [1, {"x": rng.randrange(9)}]}
        row: dict[str, Any] = {
            "kind": rng.choice(["opened", "accepted", "noted"]),
            "at": T0 + position * MINUTE,
            "actor": rng.randrange(5),
            "payload": payload,
        }
        source = rng.choice([TICKET, TICKET, DUTY])
        if source == TICKET:
            row |= {"ticket": rng.randrange(1, 5), "seq": position + 1}
        at = link_to(at, source, row)
        rows.append(Linked(source, row, at.link, at.hash))
    return rows, at


def edit(rows: list[Linked], rng: random.Random) -> None:
    spot = rng.randrange(len(rows))
    row: Any = copy.deepcopy(dict(rows[spot].row))
    match rng.choice([name for name in row if name != "payload"] + ["text", "seconds", "list", "new"]):
        case "at":
            row["at"] += timedelta(microseconds=rng.choice([-1, 1]))
        case "kind":
            row["kind"] += "x"
        case "text":
            row["payload"]["text"] += " "
        case "seconds":
            row["payload"]["seconds"] += 0.5
        case "list":
            row["payload"]["list"][1]["x"] = "x"
        case "new":
            row["payload"]["new"] = None
        case name:
            row[name] += 1
    rows[spot] = replace(rows[spot], row=row)


def delete(rows: list[Linked], rng: random.Random) -> None:
    del rows[rng.randrange(len(rows))]


def truncate(rows: list[Linked], rng: random.Random) -> None:
    del rows[rng.randrange(len(rows)) :]


def swap(rows: list[Linked], rng: random.Random) -> None:
    a, b = rng.sample(range(len(rows)), 2)
    first, second = rows[a], rows[b]
    rows[a] = replace(first, row=second.row, source=second.source)
    rows[b] = replace(second, row=first.row, source=first.source)


def swap_places(rows: list[Linked], rng: random.Random) -> None:
    a, b = rng.sample(range(len(rows)), 2)
    rows[a], rows[b] = replace(rows[a], link=rows[b].link), replace(rows[b], link=rows[a].link)


def insert(rows: list[Linked], rng: random.Random) -> None:
    spot = rng.randrange(len(rows))
    row = {**rows[spot].row, "actor": 77}
    link, hash_ = rng.choice([(None, None), (rows[spot].link, rows[spot].hash), (len(rows) + 1, "ab")])
    rows.append(Linked(rows[spot].source, row, link, hash_))


def insert_and_renumber(rows: list[Linked], rng: random.Random) -> None:
    spot = rng.randrange(len(rows))
    rows[spot:] = [
        rows[spot],
        *(replace(one, link=(one.link or 0) + 1) for one in rows[spot:]),
    ]


def test_every_manipulation_is_found_and_nothing_else_is() -> None:
    rng = random.Random(20261125)
    ways = [edit, edit, delete, truncate, swap, swap_places, insert, insert_and_renumber]
    for _ in range(ROUNDS // 50):
        rows, kept = a_history(rng, 20)
        assert first_broken(rows, kept) is None
        for _ in range(50):
            changed = list(rows)
            way = rng.choice(ways)
            way(changed, rng)
            assert first_broken(changed, kept) is not None, way.__name__


def test_a_history_written_anew_is_found_by_a_head_from_elsewhere() -> None:
    rng = random.Random(4)
    rows, kept = a_history(rng, 20)
    other, other_head = a_history(rng, 20)
    assert first_broken(other, other_head) is None
    assert first_broken(other, other_head, against=kept) is not None
    longer, longer_head = [*rows], link_to(kept, DUTY, rows[0].row)
    longer.append(Linked(DUTY, rows[0].row, longer_head.link, longer_head.hash))
    assert first_broken(longer, longer_head, against=kept) is None
    cut = Head(15, rows[14].hash or "")
    assert first_broken(rows[:15], cut) is None
    assert first_broken(rows[:15], cut, against=kept) is not None


# ── in the databases ──


async def test_what_people_do_becomes_a_chain_and_a_change_in_it_is_named(db: Database) -> None:
    await busy_day(db)
    found = await verified(db)
    assert found.ok
    assert found.head.link == found.books.events > 5
    assert (await verified(db, found.head)).ok
    assert await head(db) == found.head
    async with db.write() as connection:
        await connection.execute(text("UPDATE events SET actor = 3 WHERE ticket = 1 AND seq = 2"))
    found = await verified(db)
    assert not found.ok
    assert found.where.startswith("IT-1001 的第 2 条（")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE events SET link = NULL WHERE ticket = 1", "后来插入"),
        ("DELETE FROM events WHERE link = (SELECT max(link) FROM events)", "链的末尾"),
        ("DELETE FROM events WHERE link = 1", "少了记录"),
        ("UPDATE audit_head SET hash = 'x'", "链头被改动"),
        ("DELETE FROM audit_head", "链的末尾"),
    ],
)
@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_the_reason_is_said(db: Database, statement: str, why: str) -> None:
    await open_one(db)
    await open_one(db)
    async with db.write() as connection:
        await connection.execute(text(statement))
    found = await verified(db)
    assert found.broken is not None
    assert why in found.broken.why
    assert bool(found.books.wrong) == statement.startswith("DELETE FROM events")


async def test_replicas_write_one_chain(db: Database, replica: Callable[[], Awaitable[Database]]) -> None:
    doors = [db, *[await replica() for _ in range(2)]]
    numbers = await asyncio.gather(*(open_one(door) for door in doors for _ in range(4)))

    async def follow_up(door: Database, number: str) -> None:
        async with unit(door, LI, T0 + MINUTE) as work:
            (await work.tickets.find(number)).accept(LI, work.now)

    await asyncio.gather(*(follow_up(door, number) for door, number in zip(doors * 4, numbers, strict=True)))
    found = await verified(db)
    assert found.ok, found.broken
    assert found.books.events >= 24


async def test_what_was_there_before_the_chain_is_linked_when_migrating(db: Database) -> None:
    await busy_day(db)
    async with db.write() as connection:
        for statement in (
            "UPDATE events SET link = NULL, hash = NULL",
            "UPDATE duty_events SET link = NULL, hash = NULL",
            "DELETE FROM audit_head",
        ):
            await connection.execute(text(statement))
    assert not (await verified(db)).ok
    async with db.write() as connection:
        await connection.run_sync(_migration_of_the_chain)
    assert (await verified(db)).ok
    await open_one(db)
    assert (await verified(db)).ok


def _migration_of_the_chain(connection: Connection) -> None:
    every = ScriptDirectory(str(migrating.MIGRATIONS)).walk_revisions()
    next(one for one in every if "one chain" in one.doc).module._link_what_is_there(connection)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_what_is_imported_is_linked(db: Database, tmp_path: Path) -> None:
    await busy_day(db)
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    await elsewhere.migrate()
    await TicketQueries(elsewhere).import_(await lines(db))
    assert (await verified(elsewhere)).ok
    await elsewhere.close()
