"""请假: ask for days, look at what will be handed over, and mean it. Or take it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from domain.base import Command, PersonId
from domain.duty.advancing import advance
from domain.duty.dates import local_day, read_days
from domain.duty.errors import BadDays, LeaveOverlaps, NoSuchLeave, NotYours, UnfitDeputy
from domain.duty.events import LeaveCancelled, LeaveDrafted, LeaveRequested
from domain.duty.leads import leads_of
from domain.duty.leave import STANDING, Leave, Phase
from domain.duty.ports import Unit
from domain.people.people import Person
from domain.people.presence import require_here
from domain.tickets.errors import TextMissing

_DEPUTY = re.compile(r"^[,,、\s]*(?:由|请|让)?\s*(?P<name>.+?)\s*(?:来)?(?:代理|代班|代)?[。.\s]*$")


@dataclass(frozen=True)
class RequestLeave(Command[int]):
    """``days`` as people say it: 「7/1-7/3 王五代」. Answers the draft's id; nothing is promised yet."""

    days: str = ""


@dataclass(frozen=True)
class ConfirmLeave(Command[None]):
    """0 means the one draft that there is."""

    leave: int = 0


@dataclass(frozen=True)
class CancelLeave(Command[None]):
    """Before it began. Theirs, or their lead's."""

    leave: int = 0


async def request_leave(command: RequestLeave, unit: Unit) -> int:
    await require_here(unit.actor, unit.presence)
    if not command.days.strip():
        raise TextMissing("", command, "days")
    days, rest = read_days(command.days, local_day(unit.now))
    if days.end <= unit.now:
        raise BadDays(f"{days}已经过去")
    begin = max(days.begin, unit.now)
    await _refuse_overlap(unit.actor.person, begin, days.end, unit)
    deputy = await _deputy(rest, begin, days.end, unit)
    await _drop_drafts(unit)
    leave = Leave(id=0, person=unit.actor.person, begin=begin, end=days.end, deputy=deputy)
    await unit.leaves.add(leave)
    unit.journal.record(LeaveDrafted(at=unit.now, by=leave.person, leave=leave.id, person=leave.person))
    return leave.id


async def confirm_leave(command: ConfirmLeave, unit: Unit) -> None:
    leave = await mine(command.leave, unit, Phase.DRAFT)
    if leave.phase is Phase.DRAFT:
        await _check_again(leave, unit)
    leave.ask(unit.now)
    unit.journal.record(
        LeaveRequested(
            at=unit.now, by=unit.actor.person, leave=leave.id, person=leave.person, deputy=leave.deputy
        )
    )
    await advance(leave, unit)


async def cancel_leave(command: CancelLeave, unit: Unit) -> None:
    leave = await _to_cancel(command.leave, unit)
    was_draft = leave.phase is Phase.DRAFT
    leave.cancel()
    if not was_draft:  # of a draft nobody else has heard
        record_cancelled(leave, unit)


def record_cancelled(leave: Leave, unit: Unit) -> None:
    unit.journal.record(
        LeaveCancelled(
            at=unit.now, by=unit.actor.person, leave=leave.id, person=leave.person, deputy=leave.deputy
        )
    )


async def mine(wanted: int, unit: Unit, *phases: Phase) -> Leave:
    """The actor's own leave: the one that is named, else the first in one of ``phases``."""
    if wanted:
        leave = await unit.leaves.get(wanted)
        if leave.person != unit.actor.person:
            raise NoSuchLeave
        return leave
    found = [leave for leave in await unit.leaves.of(unit.actor.person) if leave.phase in phases]
    if not found:
        raise NoSuchLeave
    return found[0]


# ── checks ──


async def _refuse_overlap(person: PersonId, begin: datetime, end: datetime, unit: Unit) -> None:
    for leave in await unit.leaves.of(person):
        if leave.phase in STANDING and leave.overlaps(begin, end):
            raise LeaveOverlaps(str(leave.days))


async def _deputy(rest: str, begin: datetime, end: datetime, unit: Unit) -> PersonId | None:
    named = _DEPUTY.match(rest)
    if named is None:
        return None
    deputy = await unit.people.find(named["name"])
    await require_fit(deputy, unit.actor.person, begin, end, unit)
    return deputy.id


async def require_fit(deputy: Person, person: PersonId, begin: datetime, end: datetime, unit: Unit) -> None:
    if deputy.id == person:
        raise UnfitDeputy("不能由自己代理")
    if not deputy.active:
        raise UnfitDeputy(f"{deputy.name}的账号已停用")
    for leave in await unit.leaves.of(deputy.id):
        if leave.phase in STANDING and leave.overlaps(begin, end):
            raise UnfitDeputy(f"{deputy.name} {leave.days} 也请假")


async def _check_again(leave: Leave, unit: Unit) -> None:
    """The preview may be hours old."""
    if leave.end <= unit.now:
        raise BadDays(f"{leave.days}已经过去")
    leave.begin = max(leave.begin, unit.now)
    await _refuse_overlap(leave.person, leave.begin, leave.end, unit)
    if leave.deputy is not None:
        deputy = await unit.people.get(leave.deputy)
        await require_fit(deputy, leave.person, leave.begin, leave.end, unit)


async def _drop_drafts(unit: Unit) -> None:
    for leave in await unit.leaves.of(unit.actor.person):
        if leave.phase is Phase.DRAFT:
            leave.cancel()


async def _to_cancel(wanted: int, unit: Unit) -> Leave:
    if not wanted:
        return await mine(0, unit, Phase.DRAFT, Phase.ASKED, Phase.AGREED)
    leave = await unit.leaves.get(wanted)
    is_mine = leave.person == unit.actor.person
    if leave.phase is Phase.DRAFT and not is_mine:
        raise NoSuchLeave
    if not is_mine and unit.actor.person not in await leads_of(leave.person, unit):
        raise NotYours("本人或组长")
    return leave
