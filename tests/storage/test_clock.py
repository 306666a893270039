"""Replicas on machines whose time differs keep one time between them, and their leases with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.skew import in_words
from storage.clock import SharedClock, machine_time
from storage.database import Database
from storage.leases import Leases
from storage.outbox import LEASE, Outbox, Queued
from tests.storage.making import T0

FIVE_MINUTES = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def machine(ahead: timedelta) -> SharedClock:
    return SharedClock(machine=lambda: machine_time() + ahead)


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
async def test_three_replicas_whose_machines_differ_by_minutes_agree(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    doors = [db, await replica(), await replica()]
    for door, ahead in zip(doors, (FIVE_MINUTES, -FIVE_MINUTES, timedelta()), strict=True):
        door.clock = machine(ahead)
        await door.set_clock()
    now = [door.clock.now() for door in doors]
    assert max(now) - min(now) < SECOND
    assert [round(door.clock.skew / FIVE_MINUTES) for door in doors] == [1, -1, 0]


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
async def test_nobody_takes_what_another_machine_holds_and_everybody_after_its_death(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    ahead, behind = db, await replica()
    ahead.clock, behind.clock = machine(FIVE_MINUTES), machine(-FIVE_MINUTES)
    for door in (ahead, behind):
        await door.set_clock()
    name = f"lease:{uuid4()}"
    lasting = timedelta(seconds=20)
    assert await Leases(behind).take(name, "b", behind.clock.now(), lasting)
    assert not await Leases(ahead).take(name, "a", ahead.clock.now(), lasting)
    assert await Leases(ahead).take(name, "a", ahead.clock.now() + lasting, lasting)
    await Outbox(ahead).put([Queued("say", "{}", "lane")], ahead.clock.now())
    (held,) = await Outbox(ahead).claim(ahead.clock.now(), "a", 1)
    assert await Outbox(behind).claim(behind.clock.now(), "b", 1) == []
    (again,) = await Outbox(behind).claim(behind.clock.now() + LEASE, "b", 1)
    assert again.id == held.id


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_on_sqlite_time_is_the_machines(db: Database) -> None:
    await db.set_clock()
    assert abs(db.clock.now() - machine_time()) < SECOND


def test_between_two_looks_time_goes_on_with_a_clock_that_nobody_sets() -> None:
    wall, ticks = [T0], [100.0]
    clock = SharedClock(machine=lambda: wall[0], ticking=lambda: ticks[0])
    assert clock.now() == T0
    clock.set(T0 + FIVE_MINUTES, 100.0)
    wall[0] -= timedelta(days=1)  # somebody sets the machine's clock
    ticks[0] += 10
    assert clock.now() == T0 + FIVE_MINUTES + 10 * SECOND


def test_a_look_that_took_a_moment_longer_does_not_make_time_tremble() -> None:
    ticks = [0.0]
    clock = SharedClock(machine=lambda: T0, ticking=lambda: ticks[0])
    clock.set(T0, 0.0)
    clock.set(T0 + timedelta(milliseconds=40), 0.0)
    assert clock.now() == T0
    clock.set(T0 + 2 * SECOND, 0.0)  # another server leads now
    assert clock.now() == T0 + 2 * SECOND


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, ""), (-4, ""), (300, "本机时间比数据库快 300 秒"), (-300, "本机时间比数据库慢 300 秒")],
)
def test_a_difference_is_told_in_words(seconds: int, said: str) -> None:
    told = in_words(timedelta(seconds=seconds))
    assert told.startswith(said)
    assert bool(told) == bool(said)
