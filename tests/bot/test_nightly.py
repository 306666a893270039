"""One backup a night, whoever makes it; a failed one is told; the last good one is never removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.backups import backups_in, forget_older
from bot.bus import Bus
from bot.nightly import Nightly
from bot.settings import Settings
from storage.database import Database
from storage.outbox import Outbox
from storage.people import Directory
from tests.storage.making import POLICIES, seed_company

EVENING = datetime.fromisoformat("2026-03-06 20:00+08:00")


class Nights:
    def __init__(self, db: Database, url: str, folder: Path) -> None:
        self.db = db
        self.now = EVENING
        self.folder = folder / "backups"
        storage = {"url": url, "files": str(folder / "files"), "backups": str(self.folder)}
        self.settings = Settings.model_validate({"storage": storage})

    def replica(self) -> Nightly:
        """One more process: it remembers nothing."""
        bus = Bus(self.db, POLICIES, now=self._now, can_press=lambda _: False, wake=lambda: None)
        return Nightly(self.settings, self.db, bus, Directory(self.db), now=self._now)

    def _now(self) -> datetime:
        return self.now

    def days(self) -> list[int]:
        return [at.day for at, _ in backups_in(self.folder)]


@pytest.fixture
async def nights(database_url: str, tmp_path: Path) -> AsyncIterator[Nights]:
    db = Database(database_url)
    async with db.write() as connection:
        await seed_company(connection)
    yield Nights(db, database_url, tmp_path)
    await db.close()


async def test_one_a_night_with_two_replicas_and_restarts(nights: Nights) -> None:
    first, second = nights.replica(), nights.replica()
    for hour in range(54):
        nights.now = EVENING + timedelta(hours=hour)
        if hour == 20:
            second = nights.replica()
        await asyncio.gather(first(), second())
    assert nights.days() == [6, 7, 8], "the first at once, then each night after two"
    made_at = [at.hour for at, _ in backups_in(nights.folder)]
    assert made_at == [20, 2, 2]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_failure_is_told_once_and_made_up_for(nights: Nights) -> None:
    nightly = nights.replica()
    nights.folder.write_text("a file where the folder should be")
    for _ in range(3):
        await nightly()
        nights.now += timedelta(minutes=20)
    assert "备份没有做成" in await nightly.notice()
    told = [letter for letter in await Outbox(nights.db).list("waiting") if "备份没有做成" in letter.payload]
    assert len(told) == 1, "one administrator, once a night"
    nights.folder.unlink()
    nights.now += timedelta(minutes=30)
    await nightly()
    assert nights.days() == [6]
    assert await nightly.notice() == ""


def test_the_newest_stays_however_old(tmp_path: Path) -> None:
    for name in ("20260301-020000", "20260302-020000", "20260303-020000"):
        (tmp_path / f"paidan-{name}.backup").touch()
    (tmp_path / "paidan-20260301-030000.backup.part").touch()
    (tmp_path / "paidan-20260309-030000.backup.part").touch()
    (tmp_path / "somebody-elses.backup").touch()
    forget_older(tmp_path, EVENING)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [
        "paidan-20260303-020000.backup",
        "paidan-20260309-030000.backup.part",
        "somebody-elses.backup",
    ]
