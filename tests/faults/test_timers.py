"""Every level once and in order: two schedulers, a long pause, kills, and a clock that is set wrong by an hour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from adapters.emulator.clock import Clock
from storage.database import Database
from tests.faults.clockwork import HOUR, SECOND, Works, percentile
from tests.sizes import TIMERS

MINUTE = timedelta(minutes=1)


@asynccontextmanager
async def works(url: str) -> AsyncIterator[Works]:
    """SQLite belongs to one process; PostgreSQL has two schedulers."""
    doors = [Database(url) for _ in range(1 if url.startswith("sqlite") else 2)]
    try:
        yield Works(doors, Clock())
    finally:
        for door in doors:
            await door.close()


async def test_whatever_happens_to_schedulers_and_clocks_each_level_rings_once(database_url: str) -> None:
    await campaign(database_url, 60, patience=0.15)


@pytest.mark.campaign
@pytest.mark.timeout(900)
async def test_the_same_with_ten_thousand(database_url: str) -> None:
    print(await campaign(database_url, TIMERS, patience=2))  # noqa: T201 - to be read


async def campaign(database_url: str, count: int, *, patience: float) -> str:
    async with works(database_url) as run:
        await run.fill(count, over=3 * HOUR)

        # As usual: a third of an hour's worth, one tick a second.
        await run.run(timedelta(seconds=20))
        # The machine stands for two hours, in which most of it falls due, some of it twice.
        run.clock.advance(2 * HOUR)
        took = await run.work_off()
        assert took.worked < 60
        # The clock is set forward and back again, and whoever works is killed meanwhile.
        for step in (HOUR, -HOUR, HOUR, -HOUR):
            run.clock.advance(step)
            await run.tick_and_kill(patience)
        run.clock.advance(5 * HOUR)
        for _ in range(5):
            await run.tick_and_kill(patience)
        await run.work_off()

        await run.assert_each_level_once_and_in_order(count)
        return f"{count} promises, {run.kills} kills, after two hours' pause {took}"


async def test_on_an_ordinary_day_nothing_is_late(database_url: str) -> None:
    await ordinary(database_url, 100)


@pytest.mark.campaign
@pytest.mark.timeout(300)
async def test_nor_when_hundreds_are_due_a_minute(database_url: str) -> None:
    print(await ordinary(database_url, 2_000))  # noqa: T201 - to be read


async def ordinary(database_url: str, count: int) -> str:
    async with works(database_url) as run:
        await run.fill(count, over=3 * MINUTE)
        await run.run(3 * MINUTE)
        lateness = [rung.late for rung in await run.log() if rung.stage == 0]
        assert len(lateness) >= count * 0.9
        worst = percentile(lateness, 0.99)
        assert worst <= 2 * SECOND
        return f"{count} in three minutes: p99 {worst.total_seconds():.2f} s late"
