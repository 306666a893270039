"""Three real programs on one PostgreSQL: killed one after the other, and exchanged for newer ones and back."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from bot.app import build
from storage.database import Database
from tests.databases import Postgres
from tests.faults.load import PROGRAM, Books, Crowd, Figures, quiet_books, run, vendors
from tests.faults.replicas import Replica, cluster
from tests.storage.upgrades import WIDEN, tomorrow
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


@pytest.mark.campaign
@pytest.mark.timeout(600)
async def test_exchanged_for_a_newer_program_and_back_nothing_is_lost_and_nothing_doubled(
    url: str, tmp_path: Path
) -> None:
    """One after the other gives way to tomorrow's program, which widens the schema; then all go back to today's."""
    newer = tomorrow_program(tmp_path / "newer")
    figures, exchanged = Figures(), list[str]()
    async with vendors() as emulator, cluster(emulator, url, tmp_path, PROGRAM, count=2) as made:
        crowd = Crowd(emulator, figures, Random(1), think=(3.0, 12.0))

        async def exchanging() -> None:
            for program in (newer, PROGRAM):
                for old in tuple(made.replicas):
                    fresh = Replica(old.config, tmp_path / f"{old.log.name}+", program)
                    await fresh.start()
                    await fresh.ready()
                    made.add(fresh)
                    made.remove(old)
                    assert await old.stop() == 0, made.logs()
                    exchanged.append(old.log.name)

        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.act(users=30, seconds=60))
            group.create_task(exchanging())
        books = await quiet_books(url)
        assert (emulator.wecom.defects, emulator.dingtalk.defects) == ([], [])
    check(books, crowd)
    assert len(exchanged) == 4
    assert not [error for error in figures.errors if error.startswith("never seen")], figures.as_json()
    today = Database(url)
    assert (await today.at_head(), await today.fits()) == (False, True)
    await today.close()


def tomorrow_program(folder: Path) -> Path:
    """Today's, with one more migration."""
    for package in ("bot", "adapters", "domain", "storage"):
        shutil.copytree(PROGRAM / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    migrations = folder / "storage" / "migrations"
    shutil.rmtree(migrations)
    tomorrow(migrations, WIDEN)
    return folder
