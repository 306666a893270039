"""Who belongs in a ticket's war room: the lead, who is on duty, who has it, whom escalations called."""

from __future__ import annotations

from collections.abc import Iterable

from domain.base import PersonId
from domain.people.people import Desk
from domain.rooms.ports import Unit
from domain.rooms.room import Part, Room
from domain.sla.events import Call
from domain.tickets.events import DeskChanged
from domain.tickets.ticket import Ticket

FEWEST = 2  # alone nobody needs a room
MOST = 200  # a room in which everybody sits is no war room


async def belonging(ticket: Ticket, desk: Desk, unit: Unit) -> dict[PersonId, Part]:
    """As things stand. A deputy comes instead of who is away; without a roster the whole desk comes."""
    duty = await unit.duty.on_duty(desk.key, unit.now)
    serving = [duty] if duty is not None else list(desk.members[:MOST])
    found = await _there([desk.lead, *serving], Part.DESK, unit)
    if (assignee := await _here(ticket.assignee, unit)) is not None:
        found[assignee] = Part.ASSIGNEE
    if len(found) < FEWEST:  # the lead is on duty, and nobody has it
        others = await _there(desk.members[:MOST], Part.DESK, unit)
        found |= {person: part for person, part in others.items() if person not in found}
    if desk.war_room.with_requester:
        found.setdefault(ticket.requester, Part.REQUESTER)
    return found


async def keep_members(ticket: Ticket, unit: Unit) -> None:
    """A reaction to whatever brings somebody new. Who has had a part in it stays; who was there for a desk that
    does not have it any more goes."""
    if not unit.room_door or not ticket.desk:
        return
    room = await unit.rooms.of(ticket.id)
    if room is None or not room.is_there:
        return
    desk = await unit.desks.get(ticket.desk)
    if any(isinstance(event, DeskChanged) for event in ticket.events):
        room.leave({Part.DESK})
    await bring(room, ticket, desk, unit)


async def bring(room: Room, ticket: Ticket, desk: Desk, unit: Unit) -> None:
    people = await belonging(ticket, desk, unit)
    for person in _called(ticket):
        people.setdefault(person, Part.CALLED)
    room.bring(people)
    if ticket.assignee is not None:
        room.lacking -= {ticket.assignee}  # whoever has it is worth another attempt


def _called(ticket: Ticket) -> Iterable[PersonId]:
    """In this transaction."""
    return (person for event in ticket.events if isinstance(event, Call) for person in event.called)


async def _there(people: Iterable[PersonId | None], part: Part, unit: Unit) -> dict[PersonId, Part]:
    here = [await _here(person, unit) for person in people]
    return {person: part for person in here if person is not None}


async def _here(person: PersonId | None, unit: Unit) -> PersonId | None:
    if person is None:
        return None
    absence = await unit.presence.absence(person)
    if absence is None:
        return person
    return absence.deputy.id if absence.deputy is not None else None
