"""逐单选: who gets which ticket in a leave to come, one by one. What is not chosen goes the usual way."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command, PersonId, TicketRef
from domain.duty.errors import NotInYourHands, UnfitHeir
from domain.duty.events import HeirChosen
from domain.duty.leave import BEFORE_IT, STANDING, Leave
from domain.duty.ports import Handed, Unit
from domain.duty.rehoming import WORKED_ON
from domain.duty.requesting import mine
from domain.people.people import Person, PersonRef
from domain.tickets.errors import TicketNotFound
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class ChooseHeir(Command[None]):
    """``to`` is "" for the ticket's desk. ``leave`` 0 means the one that is being prepared."""

    ticket: TicketRef
    to: PersonRef = ""
    leave: int = 0


async def choose_heir(command: ChooseHeir, unit: Unit) -> None:
    leave = await mine(command.leave, unit, *BEFORE_IT)
    leave.require_ahead()
    ticket = await _find(command.ticket, unit)
    if ticket.assignee != leave.person or ticket.state not in WORKED_ON:
        raise NotInYourHands(command.ticket)
    heir = await _heir(command.to, ticket, leave, unit) if command.to else None
    await unit.leaves.choose(Handed(leave.id, ticket.id, heir))
    unit.journal.record(
        HeirChosen(
            at=unit.now,
            by=unit.actor.person,
            leave=leave.id,
            person=leave.person,
            number=ticket.number,
            heir=heir,
        )
    )


async def _find(ref: TicketRef, unit: Unit) -> Ticket:
    try:
        return await unit.tickets.find(ref)
    except TicketNotFound:
        raise NotInYourHands(ref) from None


async def _heir(ref: PersonRef, ticket: Ticket, leave: Leave, unit: Unit) -> PersonId:
    heir = await unit.people.find(ref)
    why = await _why_not(heir, ticket, leave, unit)
    if why:
        raise UnfitHeir(why)
    return heir.id


async def _why_not(heir: Person, ticket: Ticket, leave: Leave, unit: Unit) -> str:
    if heir.id == leave.person:
        return "不能留给自己"
    desk = await unit.desks.get(ticket.desk)
    if not desk.serves(heir.id) and heir.id != leave.deputy:
        return f"{heir.name} 不在「{desk.name}」"
    for other in await unit.leaves.of(heir.id):
        if other.phase in STANDING and other.overlaps(leave.begin, leave.end):
            return f"{heir.name} {other.days} 也请假"
    return ""
