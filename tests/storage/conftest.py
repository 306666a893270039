"""A migrated database for each test, once of each kind: a copied file, or the same server's emptied tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.tables import metadata
from tests.databases import Templates
from tests.storage.making import seed_company


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Apart from the copied ones: these tests write into the one on PostgreSQL."""
    return Templates(tmp_path_factory.mktemp("scratch"))


@pytest.fixture(params=["sqlite", "postgres"])
async def migrated_url(request: pytest.FixtureRequest, scratch: Templates, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = await scratch.sqlite(tmp_path / "paidan.db")
    else:
        url = await scratch.shared(request.getfixturevalue("postgres_server"))
    await _prepare(url)
    return url


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """With the small company of ``making`` in it."""
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


async def _prepare(url: str) -> None:
    """Emptying PostgreSQL's tables is faster than copying the database."""
    database = Database(url)
    async with database.write() as connection:
        if not database.is_sqlite:
            names = ", ".join(metadata.tables)
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        await seed_company(connection)
    await database.close()
