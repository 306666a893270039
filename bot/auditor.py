"""The second look: finds what should have rung and did not, rings it, and tells the administrators.

It shares neither query nor ticker with the sweep, and its own heartbeat is a number of /metrics. A first sight proves
nothing (after a stop the sweep has thousands to do), so only what is still there a minute later is repaired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.bus import Bus
from bot.clockwork import command_for
from bot.effects import Effect, Say
from domain.base import CLOCK, Role
from domain.sla.escalating import RaiseAlarm
from storage.overdue import Overdue, OverdueBook, Unrung
from storage.people import Directory
from storage.timers import DueTimer

log = structlog.get_logger()

LOOK = timedelta(minutes=1)
PATIENCE = timedelta(minutes=1)
MOST = 1000  # of a kind, in one look
NEWS = timedelta(minutes=10)  # administrators hear of it no more often
NAMED = 5  # numbers in one sentence

Late = Unrung | DueTimer


class Auditor:
    def __init__(
        self, book: OverdueBook, bus: Bus, directory: Directory, *, now: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._bus = bus
        self._directory = directory
        self._now = now
        self._seen: frozenset[Late] = frozenset()
        self._untold: list[Late] = []
        self._told_at: datetime | None = None
        self.last_look: datetime | None = None
        self.overdue = 0
        self.repaired = 0

    async def run(self) -> None:
        """Until cancelled, on a clock of its own."""
        while True:
            await self()
            await asyncio.sleep(LOOK.total_seconds())

    async def __call__(self) -> None:
        found = _all(await self._book.before(self._now() - PATIENCE, MOST))
        for late in found:
            if late in self._seen:
                await self._repair(late)
        self._seen = frozenset(found)
        self.overdue = len(found)
        await self._report()
        self.last_look = self._now()

    async def _repair(self, late: Late) -> None:
        """Asked again in its own transaction, as the sweep would: whoever comes second finds nothing to do."""
        try:
            if isinstance(late, Unrung):
                await self._bus.execute(RaiseAlarm(f"#{late.ticket}", late.goal), by=CLOCK)
            else:
                await self._bus.fire(late, command_for(late), by=CLOCK)
        except Exception:
            log.exception("overdue timer can't be fired", ticket=late.ticket)
        self.repaired += 1
        self._untold.append(late)

    async def _report(self) -> None:
        now = self._now()
        recently = self._told_at is not None and timedelta() <= now - self._told_at < NEWS
        if not self._untold or recently:
            return
        log.error("timers did not fire", count=len(self._untold))
        admins = await self._directory.with_role(Role.ADMIN)
        effects: list[Effect] = [Say(place=admin.id, text=_news(self._untold)) for admin in admins]
        # Two replicas see the same; one of them tells.
        await self._bus.tell(
            effects, by=CLOCK, once=f"audit:{int(now.timestamp()) // int(NEWS.total_seconds())}"
        )
        self._untold, self._told_at = [], now


def _all(found: Overdue) -> list[Late]:
    return [*found.promises, *found.timers]


def _news(late: Sequence[Late]) -> str:
    numbers = list(dict.fromkeys(one.number for one in late if isinstance(one, Unrung) and one.number))
    more = "等" if len(numbers) > NAMED else ""
    named = f"（{'、'.join(numbers[:NAMED])}{more}）" if numbers else ""
    return f"巡检：{len(late)} 个到点的提醒没有按时触发，已补发{named}。请看服务日志和 /readyz。"
