"""The clock's eyes: shifts that change, and anything that is left with nobody. Repairs what it can, tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.base import Command
from domain.duty.events import DutyUncovered, NobodyThere, OwnerRestored, ShiftEnding
from domain.duty.ports import Unit
from domain.duty.rehoming import clear_desk_of, given, pooled
from domain.duty.roster import LIST_BEFORE, Roster
from domain.people.people import Desk

AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class AnnounceShift(Command[None]):
    """Fifteen minutes before the roster of ``desk`` changes."""

    desk: str


@dataclass(frozen=True)
class CheckOwners(Command[None]):
    """Every half minute. Usually there is nothing to be found."""


async def announce_shift(command: AnnounceShift, unit: Unit) -> None:
    roster = await unit.rosters.get(command.desk)
    due = roster.due_at(unit.now) if roster else None
    if roster is None or due is None or due > unit.now:
        return
    change = due + LIST_BEFORE
    roster.listed_until = change
    before, after = roster.on_duty(change - AN_INSTANT), roster.on_duty(change)
    if after is None or (before is not None and before.person == after.person):
        return
    unit.journal.record(
        ShiftEnding(
            at=unit.now,
            by=unit.actor.person,
            desk=roster.desk,
            goes=before.person if before else None,
            comes=after.person,
            change=change,
        )
    )


async def check_owners(command: CheckOwners, unit: Unit) -> None:
    await _restore_owners(unit)
    for desk in await unit.desks.all():
        await _check_desk(desk, unit)
    for roster in await unit.rosters.all():
        await _check_roster(roster, unit)


async def _restore_owners(unit: Unit) -> None:
    """Every way to become absent hands over by itself; whoever is found here slipped through in a race, or by hand."""
    for person in await unit.holdings.orphaning():
        moves = await clear_desk_of(person, "原负责人不在岗", unit)
        unit.journal.record(
            OwnerRestored(
                at=unit.now,
                by=unit.actor.person,
                person=person,
                given=given(moves),
                pooled=pooled(moves),
            )
        )


async def _check_desk(desk: Desk, unit: Unit) -> None:
    if await is_served(desk, unit):
        await unit.holdings.forget_told(desk.key)
        return
    waiting = await unit.holdings.open_at(desk.key)
    told = await unit.holdings.told_of(waiting)
    news = tuple(ticket for ticket in waiting if ticket not in told)
    if news:
        await unit.holdings.tell_of(news)
        unit.journal.record(NobodyThere(at=unit.now, by=unit.actor.person, desk=desk.key, tickets=news))


async def is_served(desk: Desk, unit: Unit) -> bool:
    """Somebody is on duty, or there is a member or lead who could take what lies in the pool."""
    if await unit.duty.on_duty(desk.key, unit.now) is not None:
        return True
    people = [*desk.members, *([desk.lead] if desk.lead is not None else [])]
    return any([await unit.duty.is_here(person) for person in people])


async def _check_roster(roster: Roster, unit: Unit) -> None:
    shift = roster.on_duty(unit.now)
    if shift is None or roster.gap_told == shift.begin:
        return
    if await unit.duty.on_duty(roster.desk, unit.now) is None:
        roster.gap_told = shift.begin
        unit.journal.record(
            DutyUncovered(at=unit.now, by=unit.actor.person, desk=roster.desk, planned=shift.person)
        )
