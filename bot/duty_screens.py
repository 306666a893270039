"""Reads who is there and draws it: leaves, swaps, rosters, hand-over lists, for whom they concern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from adapters.card import Card
from bot.cards.duty.handover import HandoverFacts, handover_card
from bot.cards.duty.leave import LeaveFacts, Work, leave_card
from bot.cards.duty.roster import DeskDuty, DutyFacts, duty_card
from bot.cards.duty.rows import TicketRow
from bot.cards.duty.swap import SwapFacts, swap_card
from bot.wording import local_time
from domain.base import Command, DomainError, PersonId
from domain.duty.dates import local_day
from domain.duty.errors import NoSuchLeave, NoSuchSwap
from domain.duty.leads import leads_of
from domain.duty.leave import BEFORE_IT, Leave, Phase
from domain.duty.looking import ShowDuty, ShowHandover, ShowLeave, ShowSwap
from domain.duty.rehoming import WORKED_ON
from domain.duty.returning import may_come_back
from domain.duty.roster import Roster, Shift
from domain.duty.swap import Swap
from domain.people.people import Desk, UnknownDesk
from domain.tickets.states import State
from storage.queries.duty import DutyQueries, DutyReader, HeldTicket

DUTY_READS = (ShowDuty, ShowLeave, ShowSwap, ShowHandover)
LOOKS_AHEAD_BY = 2  # shifts after the present one


class DutyScreens:
    def __init__(
        self,
        queries: DutyQueries,
        *,
        now: Callable[[], datetime],
        day_note: Callable[[date], str] = lambda _: "",
    ) -> None:
        self._queries = queries
        self._now = now
        self._day_note = day_note

    async def answer(self, command: Command[Any], person: PersonId) -> Card | str:
        """A card; or why there is none, in words."""
        async with self._queries.reading(self._now()) as reader:
            view = _View(reader, person, self._now())
            try:
                match command:
                    case ShowLeave(leave):
                        return await view.leave(leave)
                    case ShowSwap(swap):
                        return await view.swap(swap)
                    case ShowHandover(desk):
                        return await view.handover(desk)
                    case ShowDuty(desk):
                        # The book of holidays takes most of a second to open, once.
                        note = await asyncio.to_thread(self._day_note, local_day(self._now()))
                        return await view.duty(desk, note)
            except DomainError as refusal:
                return str(refusal)
        raise TypeError(type(command).__name__)

    async def free_of(self, people: Sequence[PersonId]) -> Sequence[PersonId]:
        """Who is there of ``people``; whoever is not is replaced by their deputy."""
        async with self._queries.reading(self._now()) as reader:
            found = [p if await reader.duty.is_here(p) else await reader.duty.stand_in(p) for p in people]
        return list(dict.fromkeys(p for p in found if p is not None))


class _View:
    """One look by one person."""

    def __init__(self, reader: DutyReader, viewer: PersonId, now: datetime) -> None:
        self._reader = reader
        self._viewer = viewer
        self._now = now

    # ── leave ──

    async def leave(self, wanted: int) -> Card:
        leave = await self._reader.leaves.get(wanted)
        role = await self._role_in(leave)
        return leave_card(
            LeaveFacts(
                id=leave.id,
                person=await self._name(leave.person),
                days=str(leave.days),
                phase=leave.phase,
                deputy=await self._name(leave.deputy),
                accepted=leave.accepted,
                role=role,
                work=await self._work_of(leave) if leave.phase in BEFORE_IT else Work(),
                rows=[] if leave.phase in BEFORE_IT else await self._handed(leave),
            )
        )

    async def _role_in(self, leave: Leave) -> str:
        if self._viewer == leave.person:
            return "author"
        if leave.phase is Phase.DRAFT:
            raise NoSuchLeave
        if self._viewer == leave.deputy:
            return "deputy"
        if self._viewer in await leads_of(leave.person, self._reader):
            return "lead"
        if self._viewer in {handed.to for handed in await self._reader.leaves.handed(leave.id)}:
            return "heir"
        raise NoSuchLeave

    async def _work_of(self, leave: Leave) -> Work:
        holdings, person = self._reader.holdings, leave.person
        rosters = await self._reader.rosters.all()
        shifts = [s for roster in rosters for s in roster.shifts(leave.begin, leave.end)]
        return Work(
            held=len(await holdings.held_by(person)),
            offered=len(await holdings.offered_to(person)),
            watched=len(await holdings.watched_by(person)),
            shifts=sum(shift.person == person for shift in shifts),
        )

    async def _handed(self, leave: Leave) -> Sequence[TicketRow]:
        handed = {one.ticket: one for one in await self._reader.leaves.handed(leave.id)}
        found = await self._reader.tickets(list(handed))
        if leave.phase is not Phase.ON:
            found = [ticket for ticket in found if may_come_back(handed[ticket.id], ticket)]
        return [await self._row(ticket) for ticket in found]

    # ── rosters ──

    async def duty(self, wanted: str, note: str) -> Card:
        rosters = await self._reader.rosters.all()
        if wanted:
            desk = await self._desk(wanted)
            rosters = [roster for roster in rosters if roster.desk == desk.key]
        desks = await self._reader.desks.all()
        is_staff = any(desk.serves(self._viewer) for desk in desks)
        return duty_card(DutyFacts([await self._desk_duty(r) for r in rosters], note, is_staff))

    async def _desk_duty(self, roster: Roster) -> DeskDuty:
        now = roster.on_duty(self._now)
        coming = self._coming(roster)
        names = [await self._shift_words(shift) for shift in coming]
        following, after = (*names, "", "")[:2]
        desk = await self._reader.desks.get(roster.desk)
        return DeskDuty(desk.name, await self._now_on(now), following, after)

    def _coming(self, roster: Roster) -> Sequence[Shift]:
        coming: list[Shift] = []
        after = self._now
        while len(coming) < LOOKS_AHEAD_BY and (shift := roster.next_change(after)) is not None:
            coming.append(shift)
            after = shift.begin
        return coming

    async def _now_on(self, shift: Shift | None) -> str:
        if shift is None:
            return "没有人"
        who = await self._name(shift.person)
        if not await self._reader.duty.is_here(shift.person):
            deputy = await self._name(await self._reader.duty.stand_in(shift.person))
            who = f"{who}（请假，{deputy + ' 代' if deputy else '没有人代'}）"
        return f"{who} 到 {local_time(shift.end, self._now)}"

    async def _shift_words(self, shift: Shift) -> str:
        return f"{await self._name(shift.person)} {local_time(shift.begin, self._now)} 起"

    async def swap(self, wanted: int) -> Card:
        swap = await self._reader.rosters.swap(wanted)
        desk = await self._reader.desks.get(swap.desk)
        return swap_card(
            SwapFacts(
                id=swap.id,
                giver=await self._name(swap.giver),
                taker=await self._name(swap.taker),
                shift=f"{local_time(swap.begin, self._now)} – {local_time(swap.end, self._now)}",
                desk=desk.name,
                state=swap.state,
                role=self._role_at(swap, desk),
            )
        )

    def _role_at(self, swap: Swap, desk: Desk) -> str:
        if self._viewer == swap.giver:
            return "giver"
        if self._viewer == swap.taker:
            return "taker"
        if desk.serves(self._viewer):
            return "lead"
        raise NoSuchSwap

    async def handover(self, wanted: str) -> Card:
        desk = await self._desk(wanted)
        roster = await self._reader.rosters.get(desk.key)
        if roster is None or not desk.serves(self._viewer):
            raise UnknownDesk(wanted)
        shift, change = roster.on_duty(self._now), roster.next_change(self._now)
        found = await self._reader.going_on_at(desk.key)
        return handover_card(
            HandoverFacts(
                desk=desk.name,
                goes=await self._name(shift.person if shift else None),
                comes=await self._name(change.person if change else None) or "无人",
                change=local_time(change.begin, self._now) if change else "",
                waiting=sum(ticket.state is State.OPEN for ticket in found),
                working=sum(ticket.state in WORKED_ON for ticket in found),
                rows=[await self._row(ticket) for ticket in found],
            )
        )

    # ── parts ──

    async def _desk(self, wanted: str) -> Desk:
        desk = await self._reader.desks.find(wanted)
        if desk is None:
            raise UnknownDesk(wanted)
        return desk

    async def _row(self, ticket: HeldTicket) -> TicketRow:
        return TicketRow(ticket.number, ticket.title, await self._name(ticket.assignee))

    async def _name(self, person: PersonId | None) -> str:
        return (await self._reader.people.get(person)).name if person is not None else ""
