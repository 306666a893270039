"""A unit in memory whose people come and go, and a clock that does what the sweep does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from domain.base import CLOCK, PersonId
from domain.duty.advancing import PassLeave, pass_leave
from domain.duty.attendance import Attendance
from domain.duty.events import DutyEvent
from domain.duty.leave import Phase
from domain.duty.rehoming import rehome_reopened
from domain.duty.roster import Roster, Rotation, Turn
from domain.duty.swapping import PassSwap, pass_swap
from domain.duty.watching import AnnounceShift, CheckOwners, announce_shift, check_owners
from domain.people.people import Person
from domain.tickets.assigning import AcceptTicket, accept_ticket
from domain.tickets.opening import OpenTicket, open_ticket
from domain.tickets.states import State
from domain.tickets.ticket import Ticket
from tests.domain.people import CHAT, LI, NOON, WANG, ZHANG, Memory

E = TypeVar("E", bound=DutyEvent)
GONE = (Phase.OVER, Phase.CANCELLED)
WORKED_ON = {State.IN_PROGRESS, State.WAITING}
MONDAY = date(2026, 3, 2)  # NOON's day


@dataclass
class DutyMemory(Memory):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.duty: Attendance = Attendance(self)  # type: ignore[assignment]
        self.presence = self.duty

    async def away(self) -> Sequence[PersonId]:
        return [PersonId(p) for p in self.people.kept if not await self.duty.is_here(PersonId(p))]

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.journal.kept if isinstance(event, kind)]

    async def works_on(self, person: Person = LI, text: str = "打印机卡纸") -> Ticket:
        """A ticket that ``person`` has accepted."""
        number = await open_ticket(OpenTicket(text, CHAT, desk="it"), self.by(ZHANG))
        await accept_ticket(AcceptTicket(number), self.by(person))
        return await self.tickets.find(number)

    async def opened(self, text: str = "打印机卡纸") -> Ticket:
        return await self.tickets.find(await open_ticket(OpenTicket(text, CHAT, desk="it"), self.by(ZHANG)))

    async def tick(self, **span: float) -> DutyMemory:
        """Time passes; what is due is done, and the check looks around."""
        self.later(**span)
        self.by(CLOCK)
        for leave in [one for one in self.leaves.kept if one.due_at and one.due_at <= self.now]:
            await pass_leave(PassLeave(leave.id), self)
        for swap in [one for one in self.rosters.swaps if one.due_at and one.due_at <= self.now]:
            await pass_swap(PassSwap(swap.id), self)
        for desk in self.rosters.kept:
            await announce_shift(AnnounceShift(desk), self)
        await check_owners(CheckOwners(), self)
        return self

    async def until(self, moment: datetime) -> DutyMemory:
        return await self.tick(seconds=(moment - self.now) / timedelta(seconds=1))

    def rota(self, *people: Person, turn: Turn = Turn.DAILY, desk: str = "it", **changes: Any) -> Roster:
        """From this Monday on, changing at nine in the morning."""
        ids = tuple(person.id for person in people or (LI, WANG))
        rotation = Rotation(turn, ids, MONDAY, time(9), **changes)
        roster = Roster(desk=desk, rotations=(rotation,))
        self.rosters.kept[desk] = roster
        return roster

    async def reopened(self, ticket: Ticket) -> None:
        """The reaction that follows a reopening."""
        await rehome_reopened(ticket, self)


def memory() -> DutyMemory:
    return DutyMemory(now=NOON)
