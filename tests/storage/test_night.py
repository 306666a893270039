"""A level that rings in the night: logged then, told in the morning, over the real sweep. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.bus import Bus
from bot.clockwork import TimerSweep
from domain.sla.policy import Target
from domain.sla.week import WEEKDAYS, read_week
from domain.sla.workdays import WorkCalendar
from domain.tickets.opening import OpenTicket
from domain.tickets.states import Priority
from storage.database import Database
from storage.gathering import Postings, calls
from storage.ticket_tables import events
from storage.timers import Timers
from tests.storage.making import DIRECT, POLICY, T0, ZHANG

HOUR = timedelta(hours=1)
OFFICE = WorkCalendar(
    "office", ZoneInfo("Asia/Shanghai"), read_week(dict.fromkeys(WEEKDAYS[:5], ("09:00-18:00",)))
)
# Opened on Wednesday at ten: due at five, the second level rings at nine in the evening.
PROMISED = replace(
    POLICY,
    targets={priority: Target(7 * HOUR) for priority in Priority},
    calendar=OFFICE,
    ladder=(timedelta(), 4 * HOUR),
)


async def test_the_night_is_logged_then_and_told_in_the_morning(db: Database) -> None:
    moment = T0

    def now() -> datetime:
        return moment

    bus = Bus(db, {POLICY.name: PROMISED}, now=now, can_press=lambda _: True, wake=lambda: None)
    sweep = TimerSweep(Timers(db), bus, Postings(db), now=now)
    await bus.execute(OpenTicket("打印机卡纸", DIRECT, desk="it"), by=ZHANG)
    for hours in (7, 11, 12, 23, 24):
        moment = T0 + hours * HOUR
        await sweep()
    async with db.read() as connection:
        told = select(events.c.kind, events.c.at).where(events.c.kind.in_(["escalated", "held_call"]))
        log = [
            (row.kind, (row.at - T0) / HOUR) for row in await connection.execute(told.order_by(events.c.seq))
        ]
        posted = [row.told_at for row in await connection.execute(select(calls).where(calls.c.stage == 2))]
    assert log == [("escalated", 7), ("escalated", 11), ("held_call", 23)]
    assert posted == [T0 + 23 * HOUR] * len(posted)
    assert len(posted) == 2, "the group, and the lead"
    assert await Timers(db).next_due() is None
