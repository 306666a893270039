"""换班: give one's shift to a colleague, who must accept. Refused when nobody would be there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from domain.base import Command, PersonId
from domain.duty.dates import Days, local_day, read_days
from domain.duty.errors import AlreadySettled, BadDays, NoShift, NoSuchSwap, SwapLeavesGap
from domain.duty.events import (
    SwapAccepted,
    SwapAsked,
    SwapDeclined,
    SwapEvent,
    SwapLapsed,
    SwapWithdrawn,
)
from domain.duty.leave import STANDING
from domain.duty.ports import Unit
from domain.duty.roster import Roster, Shift
from domain.duty.swap import Offer, Swap
from domain.people.people import Person
from domain.tickets.errors import TextMissing

E = TypeVar("E", bound=SwapEvent)

_TO = re.compile(r"^(?:的班)?\s*(?:换|让|转)?给\s*(?P<name>.+?)\s*$")


@dataclass(frozen=True)
class SwapShift(Command[int]):
    """``shift`` as people say it: 「周六 给 赵六」. Answers the swap's id."""

    shift: str = ""


@dataclass(frozen=True)
class AcceptSwap(Command[None]):
    """0 means the newest that waits for the actor."""

    swap: int = 0


@dataclass(frozen=True)
class DeclineSwap(Command[None]):
    """Said by the giver, it withdraws."""

    swap: int = 0


@dataclass(frozen=True)
class PassSwap(Command[None]):
    """The clock's: the shift begins."""

    swap: int


async def swap_shift(command: SwapShift, unit: Unit) -> int:
    days, taker = await _wish(command, unit)
    shift = await _own_shift(days, unit)
    await _refuse_asked_before(shift, unit)
    await _require_covers(taker, shift, unit)
    swap = Swap(id=0, desk=shift.desk, giver=shift.person, taker=taker.id, begin=shift.begin, end=shift.end)
    await unit.rosters.add_swap(swap)
    record(SwapAsked, swap, unit)
    return swap.id


async def accept_swap(command: AcceptSwap, unit: Unit) -> None:
    swap = await _waiting(command.swap, unit)
    if swap.taker != unit.actor.person:
        raise NoSuchSwap
    swap.require_open()
    roster = await _still_theirs(swap, unit)
    given = replace(swap.shift, person=swap.giver)
    await _require_covers(await unit.people.get(swap.taker), given, unit)
    swap.settle(Offer.ACCEPTED)
    roster.put(swap.shift)
    record(SwapAccepted, swap, unit)


async def decline_swap(command: DeclineSwap, unit: Unit) -> None:
    swap = await _waiting(command.swap, unit)
    if unit.actor.person == swap.giver:
        swap.settle(Offer.WITHDRAWN)
        record(SwapWithdrawn, swap, unit)
        return
    if unit.actor.person != swap.taker:
        raise NoSuchSwap
    swap.settle(Offer.DECLINED)
    record(SwapDeclined, swap, unit)


async def pass_swap(command: PassSwap, unit: Unit) -> None:
    swap = await unit.rosters.swap(command.swap)
    if swap.due_at is not None and swap.due_at <= unit.now:
        swap.settle(Offer.LAPSED)
        record(SwapLapsed, swap, unit)


# ── what is meant ──


async def _wish(command: SwapShift, unit: Unit) -> tuple[Days, Person]:
    if not command.shift.strip():
        raise TextMissing("", command, "shift")
    days, rest = read_days(command.shift, local_day(unit.now))
    if not days.are_whole:
        raise BadDays("换班换的是整班，不分上午下午")
    to = _TO.match(rest)
    if to is None:
        raise TextMissing("", SwapShift(), "shift")
    return days, await unit.people.find(to["name"])


async def _own_shift(days: Days, unit: Unit) -> Shift:
    for roster in await unit.rosters.all():
        for begin, end in _hours(roster, days):
            for shift in roster.shifts(max(begin, unit.now), end) if end > unit.now else ():
                if shift.person == unit.actor.person:
                    return cut(shift, max(begin, unit.now), end)
    raise NoShift(str(days))


def _hours(roster: Roster, days: Days) -> Sequence[tuple[datetime, datetime]]:
    """From the hand-over on the first day to the end of what begins on the last."""
    return [(r.hours(days.first)[0], r.hours(days.last)[1]) for r in roster.rotations]


def cut(shift: Shift, begin: datetime, end: datetime) -> Shift:
    return Shift(shift.desk, shift.person, max(shift.begin, begin), min(shift.end, end))


async def _waiting(wanted: int, unit: Unit) -> Swap:
    if wanted:
        return await unit.rosters.swap(wanted)
    mine = await unit.rosters.swaps_of(unit.actor.person)
    if not mine:
        raise NoSuchSwap
    return mine[-1]


# ── checks ──


async def _refuse_asked_before(shift: Shift, unit: Unit) -> None:
    for swap in await unit.rosters.swaps_of(shift.person):
        if swap.giver == shift.person and shift.overlaps(swap.begin, swap.end):
            asked = await unit.people.get(swap.taker)
            raise AlreadySettled(f"这一班已经在问 {asked.name}")


async def _still_theirs(swap: Swap, unit: Unit) -> Roster:
    roster = await unit.rosters.get(swap.desk)
    shifts = list(roster.shifts(swap.begin, swap.end)) if roster else []
    if roster is None or not shifts or any(shift.person != swap.giver for shift in shifts):
        raise AlreadySettled("班表已经变了，这一班不再是对方的")
    return roster


async def _require_covers(taker: Person, shift: Shift, unit: Unit) -> None:
    """Would the taker really be there? The reasons are told; each would leave the shift without anybody."""
    why = await _why_not(taker, shift, unit)
    if why:
        raise SwapLeavesGap(why)


async def _why_not(taker: Person, shift: Shift, unit: Unit) -> str:
    if taker.id == shift.person:
        return "这一班本来就是您的"
    if not taker.active:
        return f"{taker.name}的账号已停用"
    desk = await unit.desks.get(shift.desk)
    if not desk.serves(taker.id):
        return f"{taker.name} 不在「{desk.name}」"
    for leave in await unit.leaves.of(taker.id):
        if leave.phase in STANDING and leave.overlaps(shift.begin, shift.end):
            return f"{taker.name} {leave.days} 请假"
    return await _busy_elsewhere(taker, shift, unit)


async def _busy_elsewhere(taker: Person, shift: Shift, unit: Unit) -> str:
    for roster in await unit.rosters.all():
        if roster.desk != shift.desk and _is_on(taker.id, roster, shift):
            desk = await unit.desks.get(roster.desk)
            return f"{taker.name} 那时在「{desk.name}」值班"
    return ""


def _is_on(person: PersonId, roster: Roster, shift: Shift) -> bool:
    return any(other.person == person for other in roster.shifts(shift.begin, shift.end))


def record(event: type[E], swap: Swap, unit: Unit) -> None:
    unit.journal.record(
        event(
            at=unit.now,
            by=unit.actor.person,
            swap=swap.id,
            desk=swap.desk,
            giver=swap.giver,
            taker=swap.taker,
            begin=swap.begin,
        )
    )
