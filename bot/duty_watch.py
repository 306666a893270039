"""Time and duty: fires what is due on leaves, swaps and rosters, and looks for work that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from bot.bus import Bus
from domain.base import CLOCK, Command
from domain.duty.advancing import PassLeave
from domain.duty.swapping import PassSwap
from domain.duty.watching import AnnounceShift, CheckOwners
from storage.duty import DueDuty, DutyTimes

SWEEP = 100


class DutyWatch:
    """Each command asks again what is due, so two replicas that see the same row do it once."""

    def __init__(self, times: DutyTimes, bus: Bus, *, now: Callable[[], datetime]) -> None:
        self._times = times
        self._bus = bus
        self._now = now

    async def __call__(self) -> None:
        while due := await self._times.due(self._now(), SWEEP):
            for command in _commands(due):
                await self._bus.execute(command, by=CLOCK)

    async def next_due(self) -> datetime | None:
        return await self._times.next_due()

    async def check(self) -> None:
        await self._bus.execute(CheckOwners(), by=CLOCK)


def _commands(due: DueDuty) -> Iterator[Command[Any]]:
    yield from (PassLeave(leave) for leave in due.leaves)
    yield from (PassSwap(swap) for swap in due.swaps)
    yield from (AnnounceShift(desk) for desk in due.desks)
