"""SQLite's thread: visited once for a statement, and everything else as aiosqlite has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from storage.database import Database, Unavailable
from storage.one_hop import AHEAD, OneHop, connect
from storage.ticket_tables import counters
from tests.databases import Templates


@pytest.fixture
async def db(templates: Templates, tmp_path: Path) -> Any:
    database = Database(await templates.sqlite(tmp_path / "paidan.db"), busy_timeout=0.1)
    yield database
    await database.close()


class Counted(OneHop):
    """Counts how often its thread is visited."""

    visits = 0

    async def visit(self, work: Callable[[sqlite3.Cursor], Sequence[Any]]) -> Any:
        self.visits += 1
        return await super().visit(work)


async def test_a_statement_is_one_visit_with_its_begin_and_its_rows() -> None:
    connection = Counted(lambda: sqlite3.connect(":memory:", isolation_level=None))
    await connection
    cursor = connection.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    assert connection.visits == 0
    await cursor.execute("VALUES (1, 'one'), (2, 'two')")
    assert await cursor.fetchall() == [(1, "one"), (2, "two")]
    await cursor.close()
    assert (connection.visits, connection.in_transaction) == (1, True)
    await connection.rollback()
    assert not connection.in_transaction
    await connection.close()


@pytest.mark.parametrize("count", [0, 1, AHEAD - 1, AHEAD, AHEAD + 1, 3 * AHEAD])
@pytest.mark.parametrize("step", [1, 7, AHEAD, 10 * AHEAD])
async def test_rows_come_whole_in_parts_of_any_size(tmp_path: Path, count: int, step: int) -> None:
    connection = await connect(str(tmp_path / "rows.db"), timeout=1)
    cursor = connection.cursor()
    series = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n WHERE ?"
    )
    await cursor.execute(series, (max(count, 1), count > 0))
    rows: list[Any] = []
    while part := await cursor.fetchmany(step):
        assert len(part) <= step
        rows += part
    assert rows == [(i,) for i in range(1, count + 1)]
    await cursor.execute(series, (max(count, 1), count > 0))
    first = [row] if (row := await cursor.fetchone()) else []
    assert [*first, *await cursor.fetchall()] == rows
    await cursor.close()
    await connection.close()


async def test_rows_that_nobody_wanted_hold_nothing_up(db: Database) -> None:
    async with db.write() as connection:
        rows = [{"name": f"n{n}", "value": n} for n in range(2 * AHEAD)]
        await connection.execute(insert(counters), rows)
    async with db.read() as connection, connection.stream(select(counters.c.name)) as streamed:
        assert await anext(aiter(streamed))
    async with db.write() as connection:
        await connection.execute(text("DELETE FROM counters"))
    async with db.write() as connection:
        await connection.execute(text("DROP TABLE counters"))


async def test_a_lock_that_somebody_has_is_met_at_the_first_statement(db: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "paidan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        async with db.write() as connection:
            await connection.execute(insert(counters).values(name="late", value=1))
    other.execute("ROLLBACK")
    other.close()
    async with db.write() as connection:
        await connection.execute(insert(counters).values(name="next", value=1))
    async with db.read() as connection:
        assert list((await connection.execute(select(counters.c.name))).scalars()) == ["next"]


async def test_a_transaction_of_nothing_leaves_nothing_open(db: Database) -> None:
    async with db.write():
        pass
    async with db.write() as connection:
        await connection.execute(insert(counters).values(name="kept", value=1))
    async with db.read() as connection:
        assert list((await connection.execute(select(counters.c.name))).scalars()) == ["kept"]
