"""Reads who is there and draws it: leaves, swaps, rosters, hand-over lists, for whom they concern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from adapters.card import Card
from bot.cards.duty.handover import HandoverFacts, handover_card
from bot.cards.duty.roster import DeskDuty, DutyFacts, duty_card
from bot.cards.duty.swap import SwapFacts, swap_card
from bot.leave_screens import LeaveLook, Look
from bot.wording import local_time, shift_time
from domain.base import Command, DomainError, PersonId
from domain.duty.dates import local_day
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy
from domain.duty.errors import NoSuchSwap
from domain.duty.looking import ShowDuty, ShowHandover, ShowHeirs, ShowLeave, ShowSwap
from domain.duty.rehoming import WORKED_ON
from domain.duty.requesting import CancelLeave, ConfirmLeave
from domain.duty.returning import TakeBack
from domain.duty.roster import Roster, Shift
from domain.duty.swap import Swap
from domain.duty.swapping import AcceptSwap, DeclineSwap
from domain.people.people import Desk, UnknownDesk
from domain.tickets.states import State
from storage.queries.duty import DutyQueries

DUTY_READS = (ShowDuty, ShowLeave, ShowHeirs, ShowSwap, ShowHandover)
LOOKS_AHEAD_BY = 2  # shifts after the present one


def subject_of(command: Command[Any]) -> ShowLeave | ShowSwap | None:
    """What a card is about on which ``command`` was pressed."""
    match command:
        case (
            ConfirmLeave(leave)
            | CancelLeave(leave)
            | AcceptDeputy(leave)
            | DeclineDeputy(leave)
            | TakeBack(leave)
        ) if leave:
            return ShowLeave(leave)
        case AcceptSwap(swap) | DeclineSwap(swap) if swap:
            return ShowSwap(swap)
    return None


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
            leaves = LeaveLook(reader, person, self._now())
            rosters = _RosterLook(reader, person, self._now())
            try:
                match command:
                    case ShowLeave(leave):
                        return await leaves.leave(leave)
                    case ShowHeirs(leave):
                        return await leaves.heirs(leave)
                    case ShowSwap(swap):
                        return await rosters.swap(swap)
                    case ShowHandover(desk):
                        return await rosters.handover(desk)
                    case ShowDuty(desk):
                        # The book of holidays takes most of a second to open, once.
                        note = await asyncio.to_thread(self._day_note, local_day(self._now()))
                        return await rosters.duty(desk, note)
            except DomainError as refusal:
                return str(refusal)
        raise TypeError(type(command).__name__)

    async def free_of(self, people: Sequence[PersonId]) -> Sequence[PersonId]:
        """Who is there of ``people``; whoever is not is replaced by their deputy."""
        async with self._queries.reading(self._now()) as reader:
            found = [p if await reader.duty.is_here(p) else await reader.duty.stand_in(p) for p in people]
        return list(dict.fromkeys(p for p in found if p is not None))


class _RosterLook(Look):
    # ── rosters ──

    async def duty(self, wanted: str, note: str) -> Card:
        rosters = await self.reader.rosters.all()
        if wanted:
            desk = await self._desk(wanted)
            rosters = [roster for roster in rosters if roster.desk == desk.key]
        desks = await self.reader.desks.all()
        is_staff = any(desk.serves(self.viewer) for desk in desks)
        return duty_card(DutyFacts([await self._desk_duty(r) for r in rosters], note, is_staff))

    async def _desk_duty(self, roster: Roster) -> DeskDuty:
        now = roster.on_duty(self.now)
        coming = self._coming(roster)
        names = [await self._shift_words(shift) for shift in coming]
        following, after = (*names, "", "")[:2]
        desk = await self.reader.desks.get(roster.desk)
        return DeskDuty(desk.name, await self._now_on(now), following, after)

    def _coming(self, roster: Roster) -> Sequence[Shift]:
        coming: list[Shift] = []
        after = self.now
        while len(coming) < LOOKS_AHEAD_BY and (shift := roster.next_change(after)) is not None:
            coming.append(shift)
            after = shift.begin
        return coming

    async def _now_on(self, shift: Shift | None) -> str:
        if shift is None:
            return "没有人"
        who = await self.name(shift.person)
        if not await self.reader.duty.is_here(shift.person):
            deputy = await self.name(await self.reader.duty.stand_in(shift.person))
            who = f"{who}（请假，{deputy + ' 代' if deputy else '没有人代'}）"
        return f"{who} 到 {shift_time(shift.end)}"

    async def _shift_words(self, shift: Shift) -> str:
        return f"{await self.name(shift.person)} {shift_time(shift.begin)} 起"

    async def swap(self, wanted: int) -> Card:
        swap = await self.reader.rosters.swap(wanted)
        desk = await self.reader.desks.get(swap.desk)
        return swap_card(
            SwapFacts(
                id=swap.id,
                giver=await self.name(swap.giver),
                taker=await self.name(swap.taker),
                begin=shift_time(swap.begin),
                end=shift_time(swap.end),
                desk=desk.name,
                state=swap.state,
                role=self._role_at(swap, desk),
            )
        )

    def _role_at(self, swap: Swap, desk: Desk) -> str:
        if self.viewer == swap.giver:
            return "giver"
        if self.viewer == swap.taker:
            return "taker"
        if desk.serves(self.viewer):
            return "lead"
        raise NoSuchSwap

    async def handover(self, wanted: str) -> Card:
        desk = await self._desk(wanted)
        roster = await self.reader.rosters.get(desk.key)
        if roster is None or not desk.serves(self.viewer):
            raise UnknownDesk(wanted)
        shift, change = roster.on_duty(self.now), roster.next_change(self.now)
        found = await self.reader.going_on_at(desk.key)
        return handover_card(
            HandoverFacts(
                desk=desk.name,
                goes=await self.name(shift.person if shift else None),
                comes=await self.name(change.person if change else None) or "无人",
                change=local_time(change.begin, self.now) if change else "",
                waiting=sum(ticket.state is State.OPEN for ticket in found),
                working=sum(ticket.state in WORKED_ON for ticket in found),
                rows=[await self.row(ticket) for ticket in found],
            )
        )

    # ── parts ──

    async def _desk(self, wanted: str) -> Desk:
        desk = await self.reader.desks.find(wanted)
        if desk is None:
            raise UnknownDesk(wanted)
        return desk
