"""The digest's job over a real database: everybody once, whatever schedulers and clocks do."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.bus import Bus
from bot.digest_screens import DigestScreens, Promises
from bot.morning import Morning
from bot.promises import work_days
from bot.settings import DigestSection
from domain.tickets.assigning import AcceptTicket
from domain.tickets.opening import OpenTicket
from storage.database import Database
from storage.outbox import Outbox
from storage.queries.digest import DigestQueries
from tests.storage.making import DIRECT, LI, POLICIES, ZHANG, seed_company

FRIDAY = datetime.fromisoformat("2026-03-06 08:00+08:00")
PROMISES = Promises(POLICIES, work_days(POLICIES))
EVERYTHING = DigestSection()


@dataclass
class World:
    db: Database
    now: datetime = FRIDAY

    def bus(self) -> Bus:
        return Bus(self.db, POLICIES, now=lambda: self.now, can_press=lambda _: False, wake=lambda: None)

    def scheduler(self, section: DigestSection = EVERYTHING) -> Morning:
        """One more process: it remembers nothing."""
        queries = DigestQueries(self.db)
        screens = DigestScreens(queries, PROMISES, now=lambda: self.now)
        return Morning(queries, screens, PROMISES, section, self.bus(), now=lambda: self.now)

    async def sent(self) -> list[dict[str, object]]:
        """What waits to go out, but for the ticket's own notices."""
        found = [json.loads(letter.payload) for letter in await Outbox(self.db).list("waiting", 10_000)]
        return [e for e in found if e.get("request", "").startswith("digest") or "早报" in e.get("text", "")]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    db = Database(database_url)
    await db.migrate()
    async with db.write() as connection:
        await seed_company(connection)
    yield World(db)
    await db.close()


async def accepted(world: World) -> None:
    """李四 has one; 王五 leads that desk; 赵六 at the other desk has nothing."""
    bus = world.bus()
    number = await bus.execute(OpenTicket("3楼打印机卡纸", DIRECT, "it"), by=ZHANG)
    await bus.execute(AcceptTicket(number), by=LI)


async def test_two_schedulers_restarts_and_clock_steps_send_each_day_once(world: World) -> None:
    await accepted(world)
    rng = random.Random(3)
    schedulers = [world.scheduler(), world.scheduler()]
    while world.now < FRIDAY + timedelta(days=6):
        await asyncio.gather(*(scheduler() for scheduler in schedulers))
        if rng.random() < 0.2:
            schedulers[rng.randrange(2)] = world.scheduler()
        world.now += timedelta(minutes=rng.choice([10, 25, 60, 60, -60, 300]))
    told = Counter(str(effect.get("person", effect["place"])) for effect in await world.sent())
    assert set(told.values()) == {4}, "Friday, Monday, Tuesday, Wednesday"
    assert len(told) == 3, "李四, who leads the desk, and its group"


async def test_nothing_to_say_is_not_said_later_in_the_morning_either(world: World) -> None:
    world.now = FRIDAY + timedelta(hours=1)
    scheduler = world.scheduler()
    await scheduler()
    await accepted(world)
    world.now += timedelta(minutes=30)
    await scheduler()
    await world.scheduler()()
    assert await world.sent() == []


async def test_a_calm_group_hears_of_it_where_that_is_wanted(world: World) -> None:
    world.now = FRIDAY + timedelta(hours=1)
    await world.scheduler(DigestSection(calm=True))()
    (effect,) = await world.sent()
    assert effect["text"] == "早报 3月6日 周五 · IT服务台：没有新工单，也没有未完的工单。"


async def test_a_late_start_is_marked_and_after_noon_there_is_none(world: World) -> None:
    await accepted(world)
    for days, hours in ((0, 1), (3, 2), (4, 4)):
        world.now = FRIDAY + timedelta(days=days, hours=hours)
        await world.scheduler(DigestSection(to=("people",)))()
    requests = Counter(effect["request"] for effect in await world.sent())
    assert requests == {"digest": 2, "digest:late": 2}


async def test_everything_is_read_for_everybody_at_once(world: World) -> None:
    for _ in range(5):
        await accepted(world)
    items = await DigestQueries(world.db).items([LI.person])
    assert len(items) == 5
    assert all(len(item.deadlines) == 1 for item in items), "the response was given, the resolution is owed"
