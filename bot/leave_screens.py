"""Reads one leave and draws it: the preview, who gets which ticket, the hand-over, the return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.card import Card
from bot.cards.duty.heirs import HeirFacts, heir_card
from bot.cards.duty.leave import LeaveFacts, Work, leave_card
from bot.cards.duty.rows import TicketRow
from domain.base import PersonId, TicketId
from domain.duty.errors import NoSuchLeave
from domain.duty.leads import leads_of
from domain.duty.leave import BEFORE_IT, Leave, Phase
from domain.duty.returning import may_come_back
from storage.queries.duty import DutyReader, HeldTicket


@dataclass(frozen=True)
class Look:
    """One look by one person."""

    reader: DutyReader
    viewer: PersonId
    now: datetime

    async def name(self, person: PersonId | None) -> str:
        return (await self.reader.people.get(person)).name if person is not None else ""

    async def row(self, ticket: HeldTicket) -> TicketRow:
        return TicketRow(ticket.number, ticket.title, await self.name(ticket.assignee))


class LeaveLook(Look):
    async def leave(self, wanted: int) -> Card:
        leave = await self.reader.leaves.get(wanted)
        role = await self._role_in(leave)
        return leave_card(
            LeaveFacts(
                id=leave.id,
                person=await self.name(leave.person),
                days=str(leave.days),
                phase=leave.phase,
                deputy=await self.name(leave.deputy),
                accepted=leave.accepted,
                role=role,
                work=await self._work_of(leave) if leave.phase in BEFORE_IT else Work(),
                rows=await self._chosen(leave) if leave.phase in BEFORE_IT else await self._handed(leave),
            )
        )

    async def _role_in(self, leave: Leave) -> str:
        if self.viewer == leave.person:
            return "author"
        if leave.phase is Phase.DRAFT:
            raise NoSuchLeave
        if self.viewer == leave.deputy:
            return "deputy"
        if self.viewer in await leads_of(leave.person, self.reader):
            return "lead"
        if self.viewer in {handed.to for handed in await self.reader.leaves.handed(leave.id)}:
            return "heir"
        raise NoSuchLeave

    async def _work_of(self, leave: Leave) -> Work:
        holdings, person = self.reader.holdings, leave.person
        rosters = await self.reader.rosters.all()
        shifts = [s for roster in rosters for s in roster.shifts(leave.begin, leave.end)]
        return Work(
            held=len(await holdings.held_by(person)),
            offered=len(await holdings.offered_to(person)),
            watched=len(await holdings.watched_by(person)),
            shifts=sum(shift.person == person for shift in shifts),
        )

    async def _handed(self, leave: Leave) -> Sequence[TicketRow]:
        handed = {one.ticket: one for one in await self.reader.leaves.handed(leave.id)}
        found = await self.reader.tickets(list(handed))
        if leave.phase is not Phase.ON:
            found = [ticket for ticket in found if may_come_back(handed[ticket.id], ticket)]
        return [await self.row(ticket) for ticket in found]

    # ── one ticket after the other ──

    async def heirs(self, wanted: int) -> Card:
        """When there is nothing left to choose, the whole leave."""
        leave = await self._mine(wanted)
        held = await self._held()
        chosen = {choice.ticket for choice in await self.reader.leaves.chosen(leave.id)}
        left = [ticket for ticket in held if ticket.id not in chosen]
        if not left or leave.phase not in BEFORE_IT:
            return await self.leave(leave.id)
        return heir_card(
            HeirFacts(
                leave=leave.id,
                days=str(leave.days),
                ticket=await self.row(left[0]),
                place=(len(held) - len(left) + 1, len(held)),
                people=await self._candidates(leave, left[0]),
            )
        )

    async def _mine(self, wanted: int) -> Leave:
        if wanted:
            leave = await self.reader.leaves.get(wanted)
            if leave.person == self.viewer:
                return leave
            raise NoSuchLeave
        leaves = await self.reader.leaves.of(self.viewer)
        ahead = [leave for leave in leaves if leave.phase in BEFORE_IT]
        if not ahead:
            raise NoSuchLeave
        return ahead[0]

    async def _held(self) -> Sequence[HeldTicket]:
        refs = await self.reader.holdings.held_by(self.viewer)
        return await self.reader.tickets([TicketId(int(ref.removeprefix("#"))) for ref in refs])

    async def _candidates(self, leave: Leave, ticket: HeldTicket) -> Sequence[tuple[PersonId, str]]:
        """The deputy first; then colleagues who will be there."""
        desk = await self.reader.desks.get(ticket.desk)
        of_desk = [*desk.members, *([desk.lead] if desk.lead is not None else [])]
        known = dict.fromkeys([*([leave.deputy] if leave.deputy is not None else []), *of_desk])
        there = [p for p in known if p != self.viewer and await self.reader.duty.available(p, leave.begin)]
        return [(person, await self.name(person)) for person in there]

    async def _chosen(self, leave: Leave) -> Sequence[TicketRow]:
        """Only their author is told: nobody else has been asked yet."""
        if self.viewer != leave.person:
            return []
        chosen = {choice.ticket: choice.to for choice in await self.reader.leaves.chosen(leave.id)}
        mine = [
            ticket for ticket in await self.reader.tickets(list(chosen)) if ticket.assignee == self.viewer
        ]
        return [TicketRow(t.number, t.title, await self.name(chosen[t.id]) or "服务台") for t in mine]
