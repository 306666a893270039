"""A migrated database for each test, once of each kind: a copied file, or the same server's emptied tables."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.tables import metadata
from tests.databases import Postgres
from tests.storage.making import seed_company


class Prepared:
    """What the first test of each kind prepares for all others."""

    def __init__(self) -> None:
        self.sqlite: Path | None = None
        self.postgres: str | None = None


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    return Prepared()


@pytest.fixture(params=["sqlite", "postgres"])
async def migrated_url(
    request: pytest.FixtureRequest,
    prepared: Prepared,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    if request.param == "sqlite":
        if prepared.sqlite is None:
            prepared.sqlite = tmp_path_factory.mktemp("template") / "paidan.db"
            await _prepare(f"sqlite:///{prepared.sqlite}")
        return f"sqlite:///{shutil.copy(prepared.sqlite, tmp_path / 'paidan.db')}"
    server: Postgres = request.getfixturevalue("postgres_server")
    if prepared.postgres is None:
        prepared.postgres = await server.create()
    await _prepare(prepared.postgres)
    return prepared.postgres


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
    """Emptying PostgreSQL's tables is five times faster than making the next database."""
    database = Database(url)
    if not await database.at_head():
        await database.migrate()
    async with database.write() as connection:
        if not database.is_sqlite:
            names = ", ".join(metadata.tables)
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        await seed_company(connection)
    await database.close()
