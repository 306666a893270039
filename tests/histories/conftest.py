"""Fresh databases of both kinds, as many as a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.databases import Postgres, Templates
from tests.histories.seeds import Ground


@pytest.fixture(params=["sqlite", "postgres"])
def ground(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Ground:
    """Where histories are played: each gets a database and a folder of its own."""

    @asynccontextmanager
    async def on_sqlite() -> AsyncIterator[tuple[str, Path]]:
        folder = tmp_path / uuid4().hex[:8]
        folder.mkdir()
        yield await templates.sqlite(folder / "paidan.db"), folder

    @asynccontextmanager
    async def on_postgres() -> AsyncIterator[tuple[str, Path]]:
        server: Postgres = request.getfixturevalue("postgres_server")
        folder = tmp_path / uuid4().hex[:8]
        folder.mkdir()
        url = await templates.postgres(server)
        yield url, folder
        await server.drop(url)

    return on_sqlite if request.param == "sqlite" else on_postgres
