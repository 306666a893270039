"""The auditor finds what did not ring, rings it once, and says so. On both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.auditor import Auditor
from bot.bus import Bus
from bot.clockwork import TimerSweep
from domain.tickets.opening import OpenTicket, StartDraft
from storage.database import Database
from storage.gathering import Postings
from storage.outbox import Outbox
from storage.overdue import OverdueBook
from storage.people import Directory
from storage.ticket_tables import events
from storage.timers import Timers, timers
from tests.storage.making import DIRECT, MINUTE, POLICIES, T0, ZHANG


class Shift:
    """The program as far as time drives it, at a moment that a test chooses."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = T0
        self.bus = Bus(db, POLICIES, now=self._now, can_press=lambda _: True, wake=lambda: None)
        self.sweep = TimerSweep(Timers(db), self.bus, Postings(db), now=self._now)
        self.auditor = Auditor(OverdueBook(db), self.bus, Directory(db), now=self._now)

    def _now(self) -> datetime:
        return self.now

    async def looks(self, after: timedelta) -> None:
        self.now += after
        await self.auditor()

    async def kinds(self) -> list[str]:
        wanted = select(events.c.kind).order_by(events.c.ticket, events.c.seq)
        async with self.db.read() as connection:
            return [row.kind for row in await connection.execute(wanted)]

    async def news(self) -> list[str]:
        return [one.payload for one in await Outbox(self.db).list("waiting") if "巡检" in one.payload]


@pytest.fixture
async def shift(db: Database) -> Shift:
    made = Shift(db)
    await made.bus.execute(OpenTicket("打印机卡纸", DIRECT, desk="it"), by=ZHANG)
    return made


async def lose(db: Database, **where: Any) -> None:
    async with db.write() as connection:
        await connection.execute(delete(timers).filter_by(**where))


async def test_a_timer_that_was_lost_is_rung_at_the_second_sight_and_told(shift: Shift) -> None:
    await lose(shift.db, key="alarm:1:respond")
    await shift.looks(26 * MINUTE)
    assert "sla_warned" not in await shift.kinds()
    assert shift.auditor.overdue == 1
    await shift.looks(MINUTE)
    assert (await shift.kinds()).count("sla_warned") == 1
    assert shift.auditor.repaired == 1
    (told,) = await shift.news()
    assert "1 个到点的提醒" in told
    assert "IT-1001" in told
    await shift.sweep()
    await shift.looks(MINUTE)
    assert (await shift.kinds()).count("sla_warned") == 1
    assert (shift.auditor.repaired, shift.auditor.overdue) == (1, 0)
    assert len(await shift.news()) == 1


async def test_the_ladder_goes_on_while_the_ticker_is_dead(shift: Shift) -> None:
    for _ in range(70):
        await shift.looks(MINUTE)
    kinds = await shift.kinds()
    assert [kind for kind in kinds if kind in {"sla_warned", "escalated"}] == [
        "sla_warned",
        "escalated",
        "escalated",
    ]
    assert len(await shift.news()) == 3, "each ten minutes at most"


async def test_what_is_no_promise_is_found_too(shift: Shift) -> None:
    await shift.bus.execute(StartDraft("打印机卡纸", DIRECT), by=ZHANG)
    await shift.sweep()
    await shift.looks(timedelta(hours=25))
    await shift.looks(MINUTE)
    assert "draft_reminded" in await shift.kinds()


async def test_after_a_stop_the_sweep_has_its_minute(shift: Shift) -> None:
    await shift.looks(timedelta(hours=3))
    await shift.sweep()
    await shift.looks(MINUTE)
    assert shift.auditor.repaired == 0
    assert await shift.news() == []


async def test_a_timer_that_cannot_be_fired_keeps_nobody_waiting(shift: Shift) -> None:
    async with shift.db.write() as connection:
        poison = {"key": "alarm:1:nonsense", "ticket": 1, "due_at": T0}
        await connection.execute(timers.insert(), [poison])
    shift.now += 25 * MINUTE
    await shift.sweep()
    assert "sla_warned" in await shift.kinds()
    assert [timer.key for timer in await Timers(shift.db).due(shift.now, 9)] == ["alarm:1:nonsense"]
