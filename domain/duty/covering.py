"""我来顶: on duty from this moment. The lead is told; nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.base import Command
from domain.duty.dates import read_until
from domain.duty.errors import AlreadySettled, NoOneAsked, NothingToCover
from domain.duty.events import DutyCovered
from domain.duty.ports import Unit
from domain.duty.roster import Roster, Shift
from domain.people.people import Desk
from domain.people.presence import require_here


@dataclass(frozen=True)
class CoverShift(Command[None]):
    """``until`` as people say it, also with the desk: 「IT 服务台 到 18:00」. "" is to the end of the shift."""

    until: str = ""


async def cover_shift(command: CoverShift, unit: Unit) -> None:
    await require_here(unit.actor, unit.presence)
    until, rest = read_until(command.until, unit.now)
    roster = await _roster(rest, unit)
    shift = roster.on_duty(unit.now)
    if shift is not None and shift.person == unit.actor.person:
        raise AlreadySettled("现在就是您值班")
    end = _end(until, shift)
    roster.put(Shift(roster.desk, unit.actor.person, unit.now, end))
    unit.journal.record(
        DutyCovered(
            at=unit.now,
            by=unit.actor.person,
            desk=roster.desk,
            instead_of=shift.person if shift else None,
            until=end,
        )
    )


async def _roster(words: str, unit: Unit) -> Roster:
    desks = [desk for desk in await unit.desks.all() if desk.serves(unit.actor.person)]
    mine = [(desk, r) for desk in desks if (r := await unit.rosters.get(desk.key)) is not None]
    if not mine:
        raise NothingToCover("您所在的服务台没有班表")
    if len(mine) == 1:
        return mine[0][1]
    return _named(words, mine)


def _named(words: str, mine: Sequence[tuple[Desk, Roster]]) -> Roster:
    said = words.casefold()
    for desk, roster in mine:
        if said and (desk.name.casefold() in said or desk.key.casefold() in said.split()):
            return roster
    raise NoOneAsked([desk.name for desk, _ in mine])


def _end(until: datetime | None, shift: Shift | None) -> datetime:
    if until is not None:
        return until
    if shift is None:
        raise NothingToCover("现在没有人值班，请写明到几点，例如「我来顶 到 18:00」")
    return shift.end
