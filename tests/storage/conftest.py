"""A migrated database with the small company of ``making`` in it for each test, once of each kind.

SQLite's is a copied file. PostgreSQL's is one database that is put back to where it was: faster than copying it.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database
from storage.tables import metadata
from tests.databases import Postgres, Templates
from tests.storage.making import seed_company

# One object of a table's rows, as text that goes back in.
ROWS = "SELECT json_agg(t)::text FROM {name} AS t"
BACK = "INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, $rows${rows}$rows$)"
NUMBERS = """
SELECT format('SELECT setval(%L, %s, %L)', sequencename, coalesce(last_value, 1), last_value IS NOT NULL)
FROM pg_sequences WHERE schemaname = current_schema()
"""


class Seeded:
    def __init__(self, folder: Path) -> None:
        self._templates = Templates(folder)
        self._sqlite = folder / "seeded.db"
        self._postgres = ""
        self._back = ""

    async def sqlite(self, path: Path) -> str:
        if not self._sqlite.exists():
            await _seed(await self._templates.sqlite(self._sqlite))
        return f"sqlite:///{shutil.copy(self._sqlite, path)}"

    async def postgres(self, server: Postgres) -> str:
        if not self._postgres:
            self._postgres = await self._templates.shared(server)
            await _seed(self._postgres)
        connection = await asyncpg.connect(self._postgres)
        self._back = self._back or await _way_back(connection)
        await connection.execute(self._back)
        await connection.close()
        return self._postgres


async def _seed(url: str) -> None:
    database = Database(url)
    async with database.write() as connection:
        await seed_company(connection)
    await database.close()


async def _way_back(connection: asyncpg.Connection) -> str:
    """Statements that bring back what is there now."""
    names = [table.name for table in metadata.sorted_tables]
    rows = {name: await connection.fetchval(ROWS.format(name=name)) for name in names}
    numbers = await connection.fetch(NUMBERS)
    return ";".join(
        [f"DELETE FROM {name}" for name in reversed(names)]
        + [BACK.format(name=name, rows=rows[name]) for name in names if rows[name]]
        + [setting for (setting,) in numbers]
    )


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Apart from the copied templates: these tests write into the one on PostgreSQL."""
    return Seeded(tmp_path_factory.mktemp("seeded"))


@pytest.fixture(params=["sqlite", "postgres"])
async def migrated_url(request: pytest.FixtureRequest, seeded: Seeded, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return await seeded.sqlite(tmp_path / "paidan.db")
    return await seeded.postgres(request.getfixturevalue("postgres_server"))


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    database = Database(migrated_url)
    yield database
    await database.close()


@pytest.fixture
async def replica(migrated_url: str) -> AsyncIterator[Callable[[], Awaitable[Database]]]:
    """Further doors to the same database, as other processes have them."""
    opened: list[Database] = []

    async def open_one() -> Database:
        opened.append(Database(migrated_url))
        return opened[-1]

    yield open_one
    for database in opened:
        await database.close()
