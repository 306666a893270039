"""Who is there, who stands in for whom, and who is on duty now. The one answer to all three."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.base import PersonId
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Leaves, Rosters
from domain.people.people import People
from domain.people.presence import Absence


class Sources(Protocol):
    """The part of a unit that is asked."""

    @property
    def people(self) -> People: ...

    @property
    def leaves(self) -> Leaves: ...

    @property
    def rosters(self) -> Rosters: ...


class Attendance:
    """Somebody is away from the moment their leave was begun by the clock until it was ended, or for good."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def absence(self, person: PersonId) -> Absence | None:
        """None for somebody who is there."""
        who = await self._sources.people.get(person)
        leave = await self._leave_of(person)
        if who.active and leave is None:
            return None
        deputy = await self.stand_in(person)
        return Absence(
            who,
            leave.end if leave and who.active else None,
            await self._sources.people.get(deputy) if deputy is not None else None,
        )

    async def is_here(self, person: PersonId) -> bool:
        return (await self._sources.people.get(person)).active and await self._leave_of(person) is None

    async def available(self, person: PersonId, at: datetime) -> bool:
        """``at`` is now, or a moment to come that an agreed leave may cover."""
        if not await self.is_here(person):
            return False
        leaves = await self._sources.leaves.of(person)
        return not any(leave.phase is Phase.AGREED and leave.begin <= at < leave.end for leave in leaves)

    async def stand_in(self, person: PersonId) -> PersonId | None:
        """The deputy; the deputy's deputy when that one is away too; None when the chain ends or bites its tail."""
        seen = {person}
        leave = await self._leave_of(person)
        while leave is not None and leave.stand_in is not None and leave.stand_in not in seen:
            if await self.is_here(leave.stand_in):
                return leave.stand_in
            seen.add(leave.stand_in)
            leave = await self._leave_of(leave.stand_in)
        return None

    async def on_duty(self, desk: str, at: datetime) -> PersonId | None:
        """By the roster, or whoever stands in; None without a roster, and when nobody is there."""
        roster = await self._sources.rosters.get(desk)
        shift = roster.on_duty(at) if roster else None
        if shift is None:
            return None
        return shift.person if await self.is_here(shift.person) else await self.stand_in(shift.person)

    async def _leave_of(self, person: PersonId) -> Leave | None:
        leaves = await self._sources.leaves.of(person)
        return next((leave for leave in leaves if leave.phase is Phase.ON), None)
