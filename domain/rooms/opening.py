"""A war room is opened once for a ticket: by the rules of its desk, or because somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import CLOCK, Conversation, PersonId
from domain.people.people import Desk
from domain.rooms import events as happened
from domain.rooms.errors import NowhereToMeet, RoomsOff, RoomThere
from domain.rooms.members import bring
from domain.rooms.ports import Unit
from domain.rooms.room import Room, Stage, key_of, name_of
from domain.tickets.command import TicketCommand, desk_of, enter
from domain.tickets.policy import RULES
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class OpenRoom(TicketCommand[None]):
    """作战群: opens it, or lets whoever asks into the one that is there."""

    verb: ClassVar[str] = "room"


async def open_room(command: OpenRoom, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.require("room", *RULES["room"].states)
    desk = await desk_of(ticket, unit)
    if desk is None or not desk.war_room.is_on:
        raise RoomsOff(ticket.number, desk.name if desk else "")
    if not unit.room_door:
        raise NowhereToMeet(ticket.number)
    room = await unit.rooms.of(ticket.id)
    if room is None or room.stage is Stage.GONE:
        await _open(ticket, desk, unit.actor.person, unit)
    elif unit.actor.person in room.people.keys() - room.lacking:
        raise _there(ticket, room)
    else:
        room.let_in(unit.actor.person)
        ticket.record(happened.RoomJoined(at=unit.now, by=unit.actor.person))


async def open_for_priority(ticket: Ticket, unit: Unit) -> None:
    """A reaction: opened, or made more urgent."""
    desk = await _desk_with_rooms(ticket, unit)
    if desk is not None and desk.war_room.wants_for(ticket.priority.value):
        await _open_once(ticket, desk, unit)


async def open_for_level(ticket: Ticket, unit: Unit) -> None:
    """A reaction: the ladder reached a level."""
    desk = await _desk_with_rooms(ticket, unit)
    if desk is None or desk.war_room.level is None:
        return
    reached = max((deadline.rung for deadline in await unit.deadlines.of(ticket.id)), default=0)
    if desk.war_room.wants_at(reached):
        await _open_once(ticket, desk, unit)


async def _desk_with_rooms(ticket: Ticket, unit: Unit) -> Desk | None:
    if not unit.room_door or not ticket.desk:
        return None
    desk = await unit.desks.get(ticket.desk)
    return desk if desk.war_room.is_on else None


async def _open_once(ticket: Ticket, desk: Desk, unit: Unit) -> None:
    """One that could not be made, or that somebody has ended, comes back only when somebody asks for it."""
    if await unit.rooms.of(ticket.id) is None:
        await _open(ticket, desk, CLOCK.person, unit)


async def _open(ticket: Ticket, desk: Desk, by: PersonId, unit: Unit) -> None:
    before = await unit.rooms.of(ticket.id)
    nth = before.nth + 1 if before else 1
    room = Room(
        ticket=ticket.id,
        nth=nth,
        place=Conversation(unit.room_door, "group", key_of(ticket, nth)),
        name=name_of(ticket),
        asked_by=by,
        since=unit.now,
    )
    await bring(room, ticket, desk, unit)
    if by != CLOCK.person:
        room.let_in(by)
    await unit.rooms.add(room)
    ticket.record(happened.RoomAsked(at=unit.now, by=by, name=room.name))


def _there(ticket: Ticket, room: Room) -> RoomThere:
    return RoomThere(
        ticket.number,
        room.name,
        room.since,
        is_made=room.stage is not Stage.WANTED,
        people=len(room.inside),
    )
