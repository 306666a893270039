"""Leaves, rosters and the questions about them, kept in plain collections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.base import PersonId, TicketId
from domain.duty.errors import NoSuchLeave, NoSuchSwap
from domain.duty.events import DutyEvent
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Handed
from domain.duty.roster import Roster
from domain.duty.swap import Offer, Swap
from domain.sla.deadline import Deadline
from domain.tickets.states import UNFINISHED, State
from domain.tickets.ticket import Ticket

GONE = (Phase.OVER, Phase.CANCELLED)
WORKED_ON = {State.IN_PROGRESS, State.WAITING}


class Asked(Protocol):
    async def asked_of(self, person: PersonId) -> Sequence[str]: ...


class Everything(Protocol):
    """What is asked for tickets that somebody has."""

    def all_tickets(self) -> Iterable[Ticket]: ...

    def all_deadlines(self) -> Iterable[Deadline]: ...

    async def away(self) -> Sequence[PersonId]: ...

    @property
    def rounds(self) -> Asked: ...


class Leaves:
    def __init__(self) -> None:
        self.kept: list[Leave] = []
        self.moved: dict[tuple[int, int], Handed] = {}
        self.choices: dict[tuple[int, int], Handed] = {}

    async def get(self, leave: int) -> Leave:
        if not 0 < leave <= len(self.kept):
            raise NoSuchLeave
        return self.kept[leave - 1]

    async def of(self, person: PersonId) -> Sequence[Leave]:
        mine = [leave for leave in self.kept if leave.person == person and leave.phase not in GONE]
        return sorted(mine, key=lambda leave: (leave.begin, leave.id))

    async def deputized_to(self, person: PersonId) -> Sequence[Leave]:
        return [leave for leave in self.kept if leave.deputy == person and leave.phase not in GONE]

    async def add(self, leave: Leave) -> None:
        self.kept.append(leave)
        leave.id = len(self.kept)

    async def note_handed(self, handed: Handed) -> None:
        self.moved[handed.leave, handed.ticket] = handed

    async def handed(self, leave: int) -> Sequence[Handed]:
        return [handed for (of, _), handed in self.moved.items() if of == leave]

    async def choose(self, chosen: Handed) -> None:
        self.choices[chosen.leave, chosen.ticket] = chosen

    async def chosen(self, leave: int) -> Sequence[Handed]:
        return [chosen for (of, _), chosen in self.choices.items() if of == leave]


class Rosters:
    def __init__(self) -> None:
        self.kept: dict[str, Roster] = {}
        self.swaps: list[Swap] = []

    async def get(self, desk: str) -> Roster | None:
        return self.kept.get(desk)

    async def all(self) -> Sequence[Roster]:
        return list(self.kept.values())

    async def swap(self, swap: int) -> Swap:
        if not 0 < swap <= len(self.swaps):
            raise NoSuchSwap
        return self.swaps[swap - 1]

    async def swaps_of(self, person: PersonId) -> Sequence[Swap]:
        return [s for s in self.swaps if s.state is Offer.ASKED and person in (s.giver, s.taker)]

    async def add_swap(self, swap: Swap) -> None:
        self.swaps.append(swap)
        swap.id = len(self.swaps)


class Holdings:
    def __init__(self, unit: Everything) -> None:
        self._unit = unit
        self.told: set[TicketId] = set()

    def _tickets(self) -> list[Ticket]:
        return list(self._unit.all_tickets())

    async def held_by(self, person: PersonId) -> Sequence[str]:
        return [f"#{t.id}" for t in self._tickets() if t.assignee == person and t.state in WORKED_ON]

    async def offered_to(self, person: PersonId) -> Sequence[str]:
        offered = [t for t in self._tickets() if t.transfer and t.transfer.to == person]
        return [f"#{t.id}" for t in offered if t.state in UNFINISHED]

    async def watched_by(self, person: PersonId) -> Sequence[str]:
        kept = self._unit.all_deadlines()
        return [f"#{d.ticket}" for d in kept if d.is_open and d.taken_by == person]

    async def orphaning(self) -> Sequence[PersonId]:
        found = []
        for person in await self._unit.away():
            held, offered = await self.held_by(person), await self.offered_to(person)
            asked = await self._unit.rounds.asked_of(person)
            if held or offered or asked or await self.watched_by(person):
                found.append(person)
        return found

    async def open_at(self, desk: str) -> Sequence[TicketId]:
        return [t.id for t in self._tickets() if t.desk == desk and t.state is State.OPEN]

    async def told_of(self, tickets: Sequence[TicketId]) -> frozenset[TicketId]:
        return frozenset(self.told & set(tickets))

    async def tell_of(self, tickets: Sequence[TicketId]) -> None:
        self.told |= set(tickets)

    async def forget_told(self, desk: str) -> None:
        self.told -= {t.id for t in self._tickets() if t.desk == desk}


class Journal:
    def __init__(self) -> None:
        self.kept: list[DutyEvent] = []

    def record(self, event: DutyEvent) -> None:
        self.kept.append(event)
