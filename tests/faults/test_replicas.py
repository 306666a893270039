"""Three real programs on one PostgreSQL: killed one after the other, and exchanged for newer ones and back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import build
from tests.databases import Postgres
from tests.faults.load import Books, Crowd, run, vendors
from tests.stories.stage import free_port, settings_for


@pytest.fixture
async def url(postgres_server: Postgres) -> AsyncIterator[str]:
    made = await postgres_server.create()
    yield made
    await postgres_server.drop(made)


def check(books: Books, crowd: Crowd) -> None:
    assert books.tickets == Counter(crowd.titles), "nothing lost, nothing doubled"
    assert (dict(books.dead), books.kept, books.waiting, books.chain_holds) == ({}, 0, 0, True)


async def test_starting_together_on_an_empty_database_they_make_one_company(url: str, tmp_path: Path) -> None:
    async with vendors() as emulator:
        settings = settings_for(emulator, url, tmp_path, free_port(), [])
        apps = [build(settings) for _ in range(3)]
        await asyncio.gather(*(app.database.migrate() for app in apps))
        await asyncio.gather(*(app.seed_once() for app in apps))
        names = await apps[0].directory.names()
        assert sorted(names.values()) == sorted(person.name for person in settings.people)
        for app in apps:
            await app.stop()


@pytest.mark.campaign
@pytest.mark.timeout(600)
async def test_killed_one_after_the_other_nothing_is_lost_and_nothing_doubled(
    url: str, tmp_path: Path
) -> None:
    figures, books, crowd = await run(url, tmp_path, users=60, seconds=90, kill_every=30)
    told = figures.as_json()
    print(told)  # noqa: T201
    check(books, crowd)
    assert figures.kills >= 2
    assert not [error for error in figures.errors if error.startswith("never seen")], told
