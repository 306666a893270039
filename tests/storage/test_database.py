"""The door: what is committed, what is not, who waits for whom, and what errors mean."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Role
from storage.database import AlreadyRunning, Conflict, Database, Unavailable, savepoint
from storage.once import once
from storage.people_rows import add
from storage.people_tables import people
from storage.schema import NaiveTime, UnstorableText, to_json
from storage.ticket_tables import counters
from tests.storage.making import T0

ROOT = Path(__file__).parents[2]

DIE_UNCOMMITTED = """
import asyncio, os, signal, sys
from sqlalchemy import insert
from storage.database import Database
from storage.ticket_tables import counters

async def main():
    db = Database(sys.argv[1])
    async with db.write() as connection:
        await connection.execute(insert(counters).values(name="kept", value=1))
    async with db.write() as connection:
        await connection.execute(insert(counters).values(name="lost", value=1))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


VALUE = select(counters.c.value)
# The desks of the company have a counter too.
OURS = select(counters.c.name).where(counters.c.name != "desks")


async def names(db: Database) -> list[str]:
    async with db.read() as connection:
        return sorted((await connection.execute(OURS)).scalars())


async def put(connection: AsyncConnection, name: str) -> None:
    await connection.execute(insert(counters).values(name=name, value=1))


async def test_what_cannot_be_opened_leaves_no_thread_that_answers_later(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/paidan.db")
    before = set(threading.enumerate())
    with pytest.raises(Unavailable):
        await names(database)
    assert set(threading.enumerate()) <= before
    await database.close()


async def test_a_write_is_all_or_nothing(db: Database) -> None:
    async def fail() -> None:
        async with db.write() as connection:
            await put(connection, "gone")
            raise ZeroDivisionError

    async with db.write() as connection:
        await put(connection, "kept")
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(db) == ["kept"]


async def test_a_killed_process_leaves_only_what_it_committed(migrated_url: str, db: Database) -> None:
    command = [sys.executable, "-c", DIE_UNCOMMITTED, migrated_url]
    died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert await names(db) == ["kept"]


async def test_a_reader_neither_waits_for_a_writer_nor_sees_what_is_not_committed(db: Database) -> None:
    async with db.write() as connection:
        await put(connection, "soon")
        assert await asyncio.wait_for(names(db), 2) == []
    assert await names(db) == ["soon"]


async def test_a_reader_sees_one_moment(db: Database) -> None:
    async with db.read() as reading:
        assert (await reading.execute(OURS)).all() == []
        async with db.write() as connection:
            await put(connection, "later")
        assert (await reading.execute(OURS)).all() == []


async def test_a_reader_can_not_write(db: Database) -> None:
    async def try_it() -> None:
        async with db.read() as connection:
            await put(connection, "no")

    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await try_it()


async def test_a_write_inside_a_write_is_refused_where_it_would_wait_for_itself(db: Database) -> None:
    async def nest() -> None:
        async with db.write() as connection, db.write() as inner:
            await put(connection, "outer")
            await put(inner, "inner")

    if db.is_sqlite:
        with pytest.raises(RuntimeError, match="pass the connection down"):
            await nest()
    async with db.write() as connection:
        await put(connection, "afterwards")
    assert await names(db) == ["afterwards"]


async def test_a_read_then_write_loses_no_update(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    async with db.write() as connection:
        await put(connection, "count")
    doors = [db, await replica()]

    async def add_one(turn: int) -> None:
        value = VALUE.where(counters.c.name == "count").with_for_update()
        async with doors[turn % 2].write() as connection:
            now = (await connection.execute(value)).scalar_one()
            await connection.execute(update(counters).where(counters.c.name == "count").values(value=now + 1))

    await asyncio.gather(*(add_one(turn) for turn in range(30)))
    async with db.read() as connection:
        assert (await connection.execute(VALUE.where(counters.c.name == "count"))).scalar_one() == 31


async def test_a_savepoint_fails_alone(db: Database) -> None:
    async def fail(connection: AsyncConnection) -> None:
        async with savepoint(connection):
            await put(connection, "bad")
            await put(connection, "bad")

    async with db.write() as connection:
        await put(connection, "before")
        with pytest.raises(Conflict):
            await fail(connection)
        await put(connection, "after")
    assert await names(db) == ["after", "before"]


async def test_a_cancelled_write_leaves_nothing_and_lets_the_next_one_in(db: Database) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def wait_inside() -> None:
        async with db.write() as connection:
            await put(connection, "cancelled")
            begun.set()
            await never.wait()

    async def interrupt() -> None:
        waiting = asyncio.gather(wait_inside())
        await begun.wait()
        waiting.cancel()
        await asyncio.wait([waiting])

    await interrupt()
    async with db.write() as connection:
        await put(connection, "next")
    assert await names(db) == ["next"]


# ── errors ──


async def test_a_key_that_is_taken_is_a_conflict(db: Database) -> None:
    async def put_again() -> None:
        async with db.write() as connection:
            await put(connection, "mine")

    await put_again()
    with pytest.raises(Conflict):
        await put_again()


async def test_a_deadlock_is_a_conflict_of_one(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    if db.is_sqlite:
        return  # one writer can't
    async with db.write() as connection:
        await put(connection, "a")
        await put(connection, "b")
    both_hold_one = asyncio.Barrier(2)

    async def lock(door: Database, order: str) -> bool:
        try:
            async with door.write() as connection:
                for position, name in enumerate(order):
                    await connection.execute(update(counters).where(counters.c.name == name).values(value=2))
                    if position == 0:
                        await both_hold_one.wait()
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(lock(db, "ab"), lock(await replica(), "ba"))) == [False, True]


async def test_a_database_that_is_locked_or_gone_is_unavailable(
    db: Database, migrated_url: str, tmp_path: Path
) -> None:
    if db.is_sqlite:
        impatient = Database(migrated_url, busy_timeout=0.01)
        other = sqlite3.connect(migrated_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        impatient, other = Database(f"postgresql://nobody@/nothing?host={tmp_path}"), None
    with pytest.raises(Unavailable):
        async with impatient.write() as connection:
            await put(connection, "no")
    await impatient.close()
    if other is not None:
        other.close()


async def test_after_the_server_threw_us_out_the_next_one_comes_in(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    if db.is_sqlite:
        return  # it has no server
    others = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND datname = current_database()"""

    async def write() -> None:
        async with db.write() as connection:
            await put(connection, "kept")

    assert await names(db) == []
    async with (await replica()).write() as connection:
        await connection.execute(text(others))
    with pytest.raises(Unavailable):
        await write()
    await write()
    assert await names(db) == ["kept"]


async def test_a_full_disk_is_unavailable_and_loses_nothing(db: Database) -> None:
    if not db.is_sqlite:
        return  # its disk can't be filled from here

    async def fill() -> None:
        async with db.write() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count = 1")
            await connection.execute(insert(counters).values(name="x" * 10_000_000, value=1))

    with pytest.raises(Unavailable):
        await fill()
    assert await names(db) == []


# ── one process ──


async def test_a_second_instance_on_one_file_is_refused(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    db.lock_instance()
    db.lock_instance()  # once more is the same
    other = await replica()
    if not db.is_sqlite:
        other.lock_instance()
        return
    with pytest.raises(AlreadyRunning, match="另一个派单进程"):
        other.lock_instance()
    await db.close()
    other.lock_instance()


# ── types ──


async def test_times_come_back_in_utc_and_naive_ones_are_refused(db: Database) -> None:
    shanghai = datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    async with db.write() as connection:
        await connection.execute(insert(once).values(key="k", answer="", at=shanghai))
        stored = (await connection.execute(select(once.c.at))).scalar_one()
    assert stored == shanghai
    assert stored.tzinfo is UTC or stored.utcoffset() == timedelta()

    async def store_naive() -> None:
        async with db.write() as connection:
            await connection.execute(insert(once).values(key="n", answer="", at=datetime(2026, 1, 1)))  # noqa: DTZ001

    with pytest.raises(NaiveTime):
        await store_naive()


@pytest.mark.parametrize("bad", ["a\x00b", "\ud83d", "好\udc00"])
async def test_text_that_one_of_them_can_not_keep_is_refused_by_both(db: Database, bad: str) -> None:
    async def store(**values: str) -> None:
        async with db.write() as connection:
            await connection.execute(insert(once).values({"key": "k", "answer": "", "at": T0, **values}))

    async def store_in_json() -> None:
        async with db.write() as connection:
            await add(connection, "张三", frozenset({Role.REQUESTER}), [], [bad])

    with pytest.raises(UnstorableText):
        await store(answer=bad)
    with pytest.raises(UnstorableText):
        await store(key=bad)
    with pytest.raises(UnstorableText):
        await store_in_json()


@pytest.mark.parametrize("fine", ["\\u0000", "👩‍🔧", "\ufffd\ufeff\u202e", "", "a\r\nb\t"])
async def test_odd_text_that_both_can_keep_comes_back(db: Database, fine: str) -> None:
    async with db.write() as connection:
        person = await add(connection, fine or "空", frozenset({Role.REQUESTER}), [], [fine, f"\\{fine}"])
    assert person.skills == (fine, f"\\{fine}")


async def test_json_is_stored_in_readable_chinese(db: Database) -> None:
    async with db.read() as connection:
        found = select(people.c.name).where(text("CAST(skills AS TEXT) LIKE '%打印机%'"))
        assert (await connection.execute(found)).scalars().all() == ["李四"]
    assert to_json({"标题": "卡纸"}) == '{"标题":"卡纸"}'
