"""Fixtures that everybody shares. What only one part needs is in that part's own conftest.py."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.logs import forget_secrets, set_up_logs
from tests.browser import browser, page
from tests.databases import Postgres, Templates, postgres_server

__all__ = ["browser", "database_url", "page"]


def pytest_configure() -> None:
    """As the program does it: structlog's own tracebacks draw every frame's values, which takes seconds."""
    set_up_logs(json=True)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story runs on every pair of platforms and on both databases; their whole product is for the campaign."""
    for item in items:
        indices = (
            item.callspec.indices if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        if {"cast", "database_url"} <= indices.keys() and (indices["cast"] + indices["database_url"]) % 2:
            item.add_marker("campaign")


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end; looking through it for garbage again and again takes long."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", name="postgres_server")
def _postgres_server() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("template"))


@pytest.fixture(autouse=True)
def _no_configuration_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """``load`` leaves its path in the environment, where every later ``Settings`` would read it in."""
    monkeypatch.setenv("PAIDAN_CONFIG", "")


@pytest.fixture(autouse=True)
def _no_secrets_of_another_test() -> Iterator[None]:
    """Each line of the log is searched for all that are known, of thousands of programs in the end."""
    yield
    forget_secrets()


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(
    request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> AsyncIterator[str]:
    """A migrated database of its own for each test, once of each kind, written as in config.toml."""
    if request.param == "sqlite":
        yield await templates.sqlite(tmp_path / "paidan.db")
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = await templates.postgres(server)
    yield url
    await server.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The same without a table in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'paidan.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = await server.create()
    yield url
    await server.drop(url)
