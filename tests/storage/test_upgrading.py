"""Upgrades and going back: a schema that leaves room, one that does not, one half made, one made by many at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, inspect

from storage import migrating
from storage.database import Database
from storage.fitting import fitting
from storage.migrating import NewerSchema
from storage.queries.tickets import TicketQueries
from tests.storage.making import open_one, seed_company
from tests.storage.upgrades import AFTER, NARROW, WIDEN, tomorrow


@asynccontextmanager
async def opened(url: str, **changes: Any) -> AsyncIterator[Database]:
    database = Database(url, **changes)
    try:
        yield database
    finally:
        await database.close()


async def test_todays_program_goes_on_and_comes_back_where_tomorrows_only_widened(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        opened(database_url) as old,
        opened(database_url, migrations=tomorrow(tmp_path / "next", WIDEN)) as new,
    ):
        async with old.write() as connection:
            await seed_company(connection)
        assert not await new.fits()
        await new.migrate()
        assert (await new.at_head(), await old.at_head(), await old.fits()) == (True, False, True)
        number = await open_one(old)
        assert await TicketQueries(new).by_number(number)
        await old.migrate()  # as it does when it starts again
        assert await new.at_head(), "nobody went back"


async def test_a_schema_that_leaves_no_room_is_refused_in_a_sentence(
    database_url: str, tmp_path: Path
) -> None:
    folder = tomorrow(tmp_path / "next", NARROW, widens=False)
    async with opened(database_url, migrations=folder) as new, opened(database_url) as old:
        await new.migrate()
        assert not await old.fits()
        with pytest.raises(NewerSchema, match=rf"数据库结构 {AFTER} 比这个版本的派单.*请换回较新的派单"):
            await old.migrate()
        assert await new.fits()


async def test_what_says_nothing_of_older_programs_is_refused(database_url: str, tmp_path: Path) -> None:
    async with (
        opened(database_url, migrations=tomorrow(tmp_path / "next", WIDEN)) as new,
        opened(database_url) as old,
    ):
        await new.migrate()
        async with new.write() as connection:
            await connection.execute(delete(fitting))
        with pytest.raises(NewerSchema, match="不知道还能用哪些旧版本"):
            await old.migrate()


async def test_many_at_once_make_one_schema(empty_database_url: str) -> None:
    """On SQLite they stand in one process, whose writes take turns."""
    count = 1 if empty_database_url.startswith("sqlite") else 3
    doors = [Database(empty_database_url) for _ in range(count)]
    await asyncio.gather(*(door.migrate() for door in [*doors, *doors]))
    assert [await door.at_head() for door in doors] == [True] * count
    for door in doors:
        await door.close()


DIES = """Path({flag!r}).touch()
    time.sleep(600)"""
MIGRATES = """
import asyncio, sys
from pathlib import Path
from storage.database import Database
asyncio.run(Database(sys.argv[1], migrations=Path(sys.argv[2])).migrate())
"""


async def test_one_that_is_killed_half_way_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    flag = tmp_path / "in the middle"
    slow = tomorrow(tmp_path / "slow", f"{WIDEN}\n    {DIES.format(flag=str(flag))}")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATES, database_url, str(slow))
    async with asyncio.timeout(30):
        while not flag.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    process.kill()
    await process.wait()
    async with (
        opened(database_url) as old,
        opened(database_url, migrations=tomorrow(tmp_path / "next", WIDEN)) as new,
    ):
        assert await old.at_head()
        async with old.read() as connection:
            assert "tomorrow" not in await connection.run_sync(lambda c: inspect(c).get_table_names())
        await new.migrate()
        assert await new.at_head()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_nobody_waits_long_behind_a_migration_that_waits(database_url: str, tmp_path: Path) -> None:
    folder = tomorrow(tmp_path / "next", WIDEN)
    reader = await asyncpg.connect(database_url)
    async with opened(database_url, migrations=folder) as new, opened(database_url) as old:
        reading = reader.transaction()
        await reading.start()
        await reader.execute("SELECT * FROM tickets")  # a report that takes its time
        migrating_ = asyncio.get_running_loop().create_task(new.migrate())
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tickets'::regclass"
        watcher = await asyncpg.connect(database_url)
        while not await watcher.fetchval(waits):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert await TicketQueries(old).by_number("IT-1001") is None  # behind it, and through
        assert not migrating_.done()
        await reading.rollback()
        await migrating_
        assert await new.at_head()
        await watcher.close()
    await reader.close()


# ── what a migration may do without saying so ──


async def test_each_migration_widens_or_says_that_it_does_not(
    empty_database_url: str, tmp_path: Path
) -> None:
    """From the first one on that programs look at. If this fails for a new one: make it widen, or let it say
    ``works_with_older = False`` and be released on its own, after all replicas have the release before."""
    scripts = list(ScriptDirectory(str(migrating.MIGRATIONS)).walk_revisions())[::-1]
    watched = next(n for n, one in enumerate(scripts) if "Which programs may work" in (one.doc or ""))
    async with opened(empty_database_url) as db:
        await moved(db, scripts[watched].revision)
        for one in scripts[watched + 1 :]:
            before = await described(db)
            await moved(db, one.revision)
            if migrating.widens(one):
                assert narrowings(before, await described(db)) == [], one.path


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (WIDEN, []),
        (NARROW, ["tickets.place is gone"]),
        ('op.drop_table("turns")', ["turns is gone"]),
        (
            'op.add_column("turns", sa.Column("more", sa.Text(), nullable=False, server_default="x"))',
            [],
        ),
        (
            """with op.batch_alter_table("turns") as batch:
        batch.add_column(sa.Column("more", sa.Text(), nullable=False))""",
            ["turns.more must be given"],
        ),
        (
            """with op.batch_alter_table("turns") as batch:
        batch.create_unique_constraint("uq_turns_paid_at", ["paid_at"])""",
            ["turns has a new rule"],
        ),
    ],
)
async def test_what_narrows_is_found(
    empty_database_url: str, tmp_path: Path, steps: str, found: list[str]
) -> None:
    async with opened(empty_database_url) as db:
        await db.migrate()
        before = await described(db)
    async with opened(empty_database_url, migrations=tomorrow(tmp_path / "next", steps)) as new:
        await new.migrate()
        assert narrowings(before, await described(new)) == found


Described = dict[str, tuple[dict[str, Any], Any]]


async def moved(db: Database, revision: str) -> None:
    async with db.changing() as connection:
        await connection.run_sync(migrating.move, revision)


async def described(db: Database) -> Described:
    async with db.read() as connection:
        return await connection.run_sync(_described)


def _described(connection: Connection) -> Described:
    look = inspect(connection)
    return {
        table: (
            {column["name"]: column for column in look.get_columns(table)},
            sorted(
                [
                    *(f"unique {u['column_names']}" for u in look.get_unique_constraints(table)),
                    *(f"unique {i['column_names']}" for i in look.get_indexes(table) if i["unique"]),
                    *(f"check {c['sqltext']}" for c in look.get_check_constraints(table)),
                ]
            ),
        )
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def narrowings(before: Described, after: Described) -> list[str]:
    found = [f"{table} is gone" for table in before.keys() - after.keys()]
    for table in sorted(before.keys() & after.keys()):
        (had, rules), (has, new_rules) = before[table], after[table]
        found += [f"{table}.{name} is gone" for name in had.keys() - has.keys()]
        found += [
            f"{table}.{name} must be given"
            for name, column in has.items()
            if not column["nullable"]
            and column["default"] is None
            and (name not in had or had[name]["nullable"])
        ]
        found += [
            f"{table}.{name} is another kind"
            for name in had.keys() & has.keys()
            if str(had[name]["type"]) != str(has[name]["type"])
        ]
        if rules != new_rules:
            found.append(f"{table} has a new rule")
    return found
