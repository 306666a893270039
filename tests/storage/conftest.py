"""A migrated database for each test, once of each kind; copied, because migrating takes longer than most tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import Postgres
from tests.storage.making import seed_company


class Templates:
    """Migrated once a session, by the first test of each kind."""

    def __init__(self) -> None:
        self.sqlite: Path | None = None
        self.postgres: str | None = None


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates()


@pytest.fixture(params=["sqlite", "postgres"])
async def migrated_url(
    request: pytest.FixtureRequest,
    templates: Templates,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[str]:
    if request.param == "sqlite":
        if templates.sqlite is None:
            templates.sqlite = tmp_path_factory.mktemp("template") / "paidan.db"
            await _prepare(f"sqlite:///{templates.sqlite}")
        yield f"sqlite:///{shutil.copy(templates.sqlite, tmp_path / 'paidan.db')}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    if templates.postgres is None:
        templates.postgres = await server.create()
        await _prepare(templates.postgres)
    url = await server.create(like=templates.postgres)
    yield url
    await server.drop(url)


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
    database = Database(url)
    await database.migrate()
    async with database.write() as connection:
        await seed_company(connection)
    await database.close()
