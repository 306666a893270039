"""What time does to a leave: the deputy's half hour, the warning before it, its beginning, its end, the welcome."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command, PersonId
from domain.duty.events import DeputyLost, LeaveBegan, LeaveEnded, LeaveHitsDuty, LeaveWelcomed
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Unit
from domain.duty.rehoming import clear_for_leave, given, pooled


@dataclass(frozen=True)
class PassLeave(Command[None]):
    """The clock's. What is due is asked again here."""

    leave: int


async def pass_leave(command: PassLeave, unit: Unit) -> None:
    await advance(await unit.leaves.get(command.leave), unit)


async def advance(leave: Leave, unit: Unit) -> None:
    """Everything that is due, in order: after a long pause several things are."""
    while leave.due_at is not None and leave.due_at <= unit.now:
        match leave.phase:
            case Phase.ASKED:
                lose_deputy(leave, unit, silent=True)
            case Phase.AGREED if not leave.warned:
                await _warn(leave, unit)
            case Phase.AGREED:
                await _begin(leave, unit)
            case Phase.ON:
                end(leave, unit)
            case _:
                welcome(leave, unit)


def lose_deputy(leave: Leave, unit: Unit, *, silent: bool) -> None:
    assert leave.deputy is not None
    who, lost = _of(leave), leave.deputy
    leave.go_without()
    unit.journal.record(
        DeputyLost(at=unit.now, by=unit.actor.person, leave=who[0], person=who[1], deputy=lost, silent=silent)
    )


def end(leave: Leave, unit: Unit) -> None:
    leave.finish(unit.now)
    unit.journal.record(LeaveEnded(at=unit.now, by=unit.actor.person, leave=leave.id, person=leave.person))


def welcome(leave: Leave, unit: Unit) -> None:
    leave.close()
    unit.journal.record(LeaveWelcomed(at=unit.now, by=unit.actor.person, leave=leave.id, person=leave.person))


async def _warn(leave: Leave, unit: Unit) -> None:
    leave.warned = True
    hit = await shifts_in(leave, unit)
    if hit:
        unit.journal.record(
            LeaveHitsDuty(at=unit.now, by=unit.actor.person, leave=leave.id, person=leave.person, shifts=hit)
        )


async def shifts_in(leave: Leave, unit: Unit) -> int:
    """How many of this person's shifts fall into the leave."""
    rosters = await unit.rosters.all()
    return sum(
        shift.person == leave.person for roster in rosters for shift in roster.shifts(leave.begin, leave.end)
    )


async def _begin(leave: Leave, unit: Unit) -> None:
    leave.start(unit.now)
    moves = await clear_for_leave(leave, unit)
    unit.journal.record(
        LeaveBegan(
            at=unit.now,
            by=unit.actor.person,
            leave=leave.id,
            person=leave.person,
            given=given(moves),
            pooled=pooled(moves),
        )
    )


def _of(leave: Leave) -> tuple[int, PersonId]:
    return leave.id, leave.person
