"""Fixtures that everybody shares. What only one part needs is in that part's own conftest.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser import browser, page
from tests.databases import Postgres, postgres_server

__all__ = ["browser", "database_url", "page"]


@pytest.fixture(scope="session", name="postgres_server")
def _postgres_server() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of its own for each test, once of each kind, written as in config.toml."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'paidan.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = await server.create()
    yield url
    await server.drop(url)
