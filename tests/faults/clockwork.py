"""Thousands of promises at once, and schedulers that are paused, killed and told the wrong time.

The clock runs and can jump, so that lateness holds the work itself and not only the moments at which a test looks.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, process_time

from sqlalchemy import insert, select

from adapters.emulator.clock import Clock
from bot.bus import Bus
from bot.clockwork import TimerSweep
from domain.base import PersonId, TicketId
from domain.sla.calendar import PlainTime
from domain.sla.deadline import Deadline, Run
from domain.sla.policy import Goal, Policy, Target
from domain.tickets.states import Priority, State
from storage.database import Conflict, Database, Unavailable
from storage.deadlines import deadlines, values_of
from storage.gathering import Postings
from storage.people import DeskSeed, PersonSeed, seed
from storage.ticket_tables import events, tickets
from storage.timers import Timers, timers

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
POLICY = Policy(
    "standard",
    {priority: Target(HOUR) for priority in Priority},
    PlainTime(),
    warn_at=0.5,
    ladder=(timedelta(), timedelta(minutes=30)),
)
STAGES = [0, 1, 2]
KINDS = ("sla_warned", "escalated")


@dataclass(frozen=True)
class Rung:
    ticket: int
    stage: int
    planned: datetime
    at: datetime

    @property
    def late(self) -> timedelta:
        return self.at - self.planned


@dataclass(frozen=True)
class Worked:
    """In seconds: as the clock on the wall has it, and as this process worked (a shared machine has other guests)."""

    passed: float
    worked: float


@dataclass
class Works:
    """Schedulers that share a database, each behind a door of its own, as in processes of their own."""

    doors: Sequence[Database]
    clock: Clock
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    kills: int = 0

    async def fill(self, count: int, over: timedelta) -> None:
        """``count`` promises whose first alarm is due from now on, spread evenly."""
        now = self.clock.now()
        async with self.doors[0].write() as connection:
            await seed(
                connection,
                [PersonSeed("张三"), PersonSeed("李四")],
                [DeskSeed("it", "IT", "IT", lead="李四", sla="standard")],
            )
            made = [_deadline(number, now + over * number / count) for number in range(1, count + 1)]
            for start in range(0, count, 1000):
                some = made[start : start + 1000]
                await connection.execute(
                    insert(tickets), [_ticket(deadline.ticket, now) for deadline in some]
                )
                await connection.execute(insert(deadlines), [values_of(deadline) for deadline in some])
                await connection.execute(insert(timers), [_timer(deadline) for deadline in some])

    async def tick(self) -> None:
        """All schedulers at once, as their tickers would."""
        await asyncio.gather(*(self.sweep(door)() for door in self.doors))

    async def run(self, span: timedelta) -> None:
        """Second by second."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            await self.tick()
            self.clock.advance(SECOND)

    async def work_off(self) -> Worked:
        """Until nothing is due."""
        began, busy = monotonic(), process_time()
        while await Timers(self.doors[0]).due(self.clock.now(), 1):
            await self.tick()
        return Worked(monotonic() - began, process_time() - busy)

    async def tick_and_kill(self, patience: float) -> None:
        """Whoever still works after up to ``patience`` seconds dies, with its transaction unfinished."""
        sweeps = [asyncio.ensure_future(self.sweep(door)()) for door in self.doors]  # noqa: TID251 - to be killed
        done, _ = await asyncio.wait(sweeps, timeout=self.rng.uniform(0, patience))
        for sweep in set(sweeps) - done:
            sweep.cancel()
            self.kills += 1
        for outcome in await asyncio.gather(*sweeps, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError | Conflict | Unavailable), (
                outcome
            )

    def sweep(self, door: Database) -> TimerSweep:
        bus = Bus(door, {"standard": POLICY}, now=self.clock.now, can_press=lambda _: True, wake=lambda: None)
        return TimerSweep(Timers(door), bus, Postings(door), now=self.clock.now)

    # ── what came of it ──

    async def log(self) -> list[Rung]:
        """In the order in which it is kept for each ticket."""
        wanted = select(events).where(events.c.kind.in_(KINDS)).order_by(events.c.ticket, events.c.seq)
        async with self.doors[0].read() as connection:
            return [
                Rung(
                    row.ticket,
                    row.payload.get("level", 0),
                    datetime.fromisoformat(row.payload["planned"]),
                    row.at,
                )
                for row in await connection.execute(wanted)
            ]

    async def assert_each_level_once_and_in_order(self, count: int) -> None:
        of: dict[int, list[int]] = {}
        for rung in await self.log():
            of.setdefault(rung.ticket, []).append(rung.stage)
        wrong = {ticket: stages for ticket, stages in of.items() if stages != STAGES}
        assert wrong == {}
        assert len(of) == count


def percentile(values: Sequence[timedelta], share: float) -> timedelta:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _deadline(number: int, first_alarm: datetime) -> Deadline:
    start = first_alarm - HOUR * POLICY.warn_at
    return Deadline(
        ticket=TicketId(number),
        goal=Goal.RESPOND,
        cycle=1,
        run=Run.RUNNING,
        allowed=HOUR,
        policy=POLICY.name,
        started_at=start,
        running_since=start,
        rings_at=first_alarm,
    )


def _ticket(number: int, now: datetime) -> dict[str, object]:
    return {
        "id": number,
        "number": f"IT-{number}",
        "number_key": f"it-{number}",
        "serial": number,
        "desk": "it",
        "title": "打印机卡纸",
        "text": "打印机卡纸",
        "state": State.OPEN,
        "priority": Priority.P3,
        "requester": PersonId(1),
        "origin_platform": "wecom",
        "origin_kind": "direct",
        "origin_key": "ZhangSan",
        "since": now,
        "created_at": now,
        "opened_at": now,
        **dict.fromkeys(("place", "question", "resolution"), ""),
        **dict.fromkeys(("urges", "declines", "transfers", "reopens", "event_count"), 0),
        "version": 1,
    }


def _timer(deadline: Deadline) -> dict[str, object]:
    key = f"alarm:{deadline.ticket}:{deadline.goal.value}"
    return {"key": key, "ticket": deadline.ticket, "due_at": deadline.rings_at}
