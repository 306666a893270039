"""The deputy's word: accept or decline. The lead may step in as long as nobody has accepted."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command, PersonId
from domain.duty.advancing import advance, lose_deputy
from domain.duty.errors import AlreadySettled, NoSuchLeave, NotYours
from domain.duty.events import DeputyAccepted
from domain.duty.leads import leads_of
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Handed, Unit
from domain.duty.requesting import require_fit
from domain.people.presence import require_here
from domain.tickets.states import State


@dataclass(frozen=True)
class AcceptDeputy(Command[None]):
    """0 means the newest request that waits for the actor."""

    leave: int = 0


@dataclass(frozen=True)
class DeclineDeputy(Command[None]):
    leave: int = 0


async def accept_deputy(command: AcceptDeputy, unit: Unit) -> None:
    leave = await _asked(command.leave, unit)
    await _require_may_deputize(leave, unit)
    await require_here(unit.actor, unit.presence)
    if not leave.accepted:
        deputy = await unit.people.get(unit.actor.person)
        await require_fit(deputy, leave.person, leave.begin, leave.end, unit)
    leave.accept(unit.actor.person)
    unit.journal.record(
        DeputyAccepted(
            at=unit.now,
            by=unit.actor.person,
            leave=leave.id,
            person=leave.person,
            deputy=unit.actor.person,
        )
    )
    await _fetch_from_pool(leave, unit)
    await advance(leave, unit)


async def decline_deputy(command: DeclineDeputy, unit: Unit) -> None:
    leave = await _asked(command.leave, unit)
    if leave.deputy is None and unit.actor.person in await leads_of(leave.person, unit):
        raise AlreadySettled("现在没有代理人，到时工单交给值班人或放回服务台")
    if leave.deputy != unit.actor.person:
        raise NotYours("代理人")
    if leave.phase not in (Phase.ASKED, Phase.AGREED):
        raise AlreadySettled("假期已经开始，您已是代理人")
    lose_deputy(leave, unit, silent=False)
    await advance(leave, unit)


async def _asked(wanted: int, unit: Unit) -> Leave:
    if wanted:
        leave = await unit.leaves.get(wanted)
        if leave.phase in (Phase.DRAFT, Phase.CANCELLED):
            raise NoSuchLeave
        return leave
    asked = [leave for leave in await unit.leaves.deputized_to(unit.actor.person) if not leave.accepted]
    waiting = [leave for leave in asked if leave.phase is Phase.ASKED]
    if not waiting:
        raise NoSuchLeave
    return waiting[-1]


async def _require_may_deputize(leave: Leave, unit: Unit) -> None:
    may: set[PersonId | None] = {leave.deputy, *await leads_of(leave.person, unit)}
    if unit.actor.person not in may or unit.actor.person == leave.person:
        raise NotYours("代理人或组长")


async def _fetch_from_pool(leave: Leave, unit: Unit) -> None:
    """Who steps in when the leave has begun gets what nobody has taken yet."""
    if leave.phase is not Phase.ON:
        return
    for handed in await unit.leaves.handed(leave.id):
        ticket = await unit.tickets.find(f"#{handed.ticket}")
        if handed.to is None and ticket.state is State.OPEN:
            ticket.hand_over(unit.actor, unit.actor.person, "请假移交", unit.now)
            await unit.leaves.note_handed(Handed(leave.id, ticket.id, unit.actor.person))
