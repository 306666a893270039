"""All periodic work on one screen. APScheduler is only the ticker: what is due lies in tables.

Its defaults drop a tick that comes a second late, so grace is unlimited and late ticks are joined.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.bus import Bus
from bot.call_notices import shown_together
from domain.base import CLOCK, Command
from domain.dispatch.offering import ExpireOffer
from domain.sla.escalating import CallHeld, RaiseAlarm
from domain.sla.gathering import PostCalls
from domain.sla.policy import Goal
from domain.tickets.opening import RemindDraft
from domain.tickets.reminding import RemindRequester
from domain.tickets.resolving import LapseResolution
from domain.tickets.transferring import ExpireTransfer
from storage.gathering import Postings
from storage.timers import DueTimer, Timers

log = structlog.get_logger()

SWEEP = 500  # timers a look; the rest follows in the same tick
TOGETHER = 20  # in one transaction: an answer to somebody who presses waits no longer than for these


@dataclass(frozen=True)
class Every:
    seconds: float
    name: str
    work: Callable[[], Awaitable[None]]


class Clockwork:
    def __init__(self, jobs: tuple[Every, ...]) -> None:
        self.jobs = jobs
        self._at_work: set[asyncio.Task[Any]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        for job in self.jobs:
            self._scheduler.add_job(
                self._logged, IntervalTrigger(seconds=job.seconds), args=(job,), id=job.name
            )
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def finish(self) -> None:
        """Begins nothing more, and returns when all that has begun is over: APScheduler's own end cancels it."""
        if self._scheduler.running:
            self._scheduler.pause()
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def tick(self) -> None:
        """Everything once, now: after the clock was moved by hand."""
        for job in self.jobs:
            await job.work()

    async def _logged(self, job: Every) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._at_work.add(task)
        try:
            await job.work()
        except Exception:
            log.exception("periodic work failed", job=job.name)
        finally:
            self._at_work.discard(task)


class TimerSweep:
    """Fires what is due, in order of due time; each is asked again in its own transaction."""

    def __init__(self, timers: Timers, bus: Bus, postings: Postings, *, now: Callable[[], datetime]) -> None:
        self._timers = timers
        self._postings = postings
        self._bus = bus
        self._now = now
        self.last_run: datetime | None = None

    async def __call__(self) -> None:
        failed: set[str] = set()
        while due := await self._due(failed):
            sys.audit("paidan.timers.due")
            for start in range(0, len(due), TOGETHER):
                failed |= await self._fire_all(due[start : start + TOGETHER])
            await self._post_calls()
        await self._post_calls()
        self.last_run = self._now()

    async def _due(self, failed: set[str]) -> list[DueTimer]:
        found = await self._timers.due(self._now(), SWEEP + len(failed))
        return [timer for timer in found if timer.key not in failed]

    async def _fire_all(self, due: Sequence[DueTimer]) -> set[str]:
        """Answers the keys of those that failed."""
        try:
            await self._bus.fire_all(due, command_for, by=CLOCK)
        except Exception:
            log.exception("timers can't be fired together, so one by one", count=len(due))
            return {timer.key for timer in due if not await self._fire(timer)}
        return set()

    async def _fire(self, timer: DueTimer) -> bool:
        """One that can't be fired keeps nobody else waiting; it is tried again with the next tick."""
        try:
            await self._bus.fire(timer, command_for(timer), by=CLOCK)
        except Exception:
            log.exception("timer can't be fired", timer=timer.key)
            return False
        return True

    async def _post_calls(self) -> None:
        """After all that was due has rung, so that what rings together is told together."""
        if await self._postings.is_anything_waiting():
            await self._bus.execute(PostCalls(), by=CLOCK, answer=shown_together)


def command_for(timer: DueTimer) -> Command[Any]:
    """A timer's key is "<kind>:<ticket id>[:<detail>]"."""
    kind, _, rest = timer.key.partition(":")
    detail = rest.partition(":")[2]
    return _COMMANDS[kind](f"#{timer.ticket}", detail)


def _held(ticket: str, detail: str) -> CallHeld:
    """「<goal>-<cycle>-<stage>」."""
    goal, cycle, stage = detail.split("-")
    return CallHeld(ticket, Goal(goal), int(cycle), int(stage))


_COMMANDS: Mapping[str, Callable[[str, str], Command[Any]]] = {
    "alarm": lambda ticket, goal: RaiseAlarm(ticket, Goal(goal)),
    "held": _held,
    "offer": lambda ticket, _: ExpireOffer(ticket),
    "transfer": lambda ticket, _: ExpireTransfer(ticket),
    "lapse": lambda ticket, _: LapseResolution(ticket),
    "nudge": lambda ticket, _: RemindRequester(ticket),
    "draft": lambda ticket, _: RemindDraft(ticket),
}
