"""What became of a room outside, and what becomes of it when its ticket is over or begins again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import PersonId
from domain.rooms import events as happened
from domain.rooms.ports import Unit
from domain.rooms.room import Room, Stage, Trouble
from domain.tickets.command import TicketCommand, enter
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class KeepRoom(TicketCommand[None]):
    """The clock's: it is there, with ``inside`` in it; ``lacking`` could not be added."""

    verb: ClassVar[str] = "keep_room"
    nth: int = 1
    inside: frozenset[PersonId] = frozenset()
    lacking: frozenset[PersonId] = frozenset()


@dataclass(frozen=True)
class LoseRoom(TicketCommand[None]):
    """The clock's: it can't be made, or is gone."""

    verb: ClassVar[str] = "lose_room"
    nth: int = 1
    trouble: Trouble = Trouble.REFUSED
    advice: str = ""


async def keep_room(command: KeepRoom, unit: Unit) -> None:
    ticket = await enter(command, unit)
    room = await unit.rooms.of(ticket.id)
    if room is None or room.nth != command.nth or room.stage is Stage.GONE:
        return
    before, lacked = room.inside, room.lacking
    room.inside, room.lacking = command.inside, command.lacking
    at, by = unit.now, unit.actor.person
    if room.stage is Stage.WANTED:
        room.stage = Stage.CLOSED if ticket.is_over else Stage.OPEN
        told = happened.RoomOpened(
            at=at, by=by, name=room.name, inside=_sorted(room.inside), lacking=_sorted(room.lacking)
        )
        ticket.record(told)
        return
    added, gone, lacking = room.inside - before, before - room.inside, room.lacking - lacked
    if added or gone or lacking:
        ticket.record(
            happened.RoomChanged(
                at=at, by=by, added=_sorted(added), gone=_sorted(gone), lacking=_sorted(lacking)
            )
        )


async def lose_room(command: LoseRoom, unit: Unit) -> None:
    ticket = await enter(command, unit)
    room = await unit.rooms.of(ticket.id)
    if room is None or room.nth != command.nth or room.stage is Stage.GONE:
        return
    was_over = room.stage is Stage.CLOSED
    room.stage, room.inside = Stage.GONE, frozenset()
    if not was_over:  # after the end nobody misses it
        ticket.record(
            happened.RoomLost(
                at=unit.now, by=unit.actor.person, trouble=command.trouble, advice=command.advice
            )
        )


async def close_room(ticket: Ticket, unit: Unit) -> None:
    """A reaction: the ticket is over."""
    room = await _room_of(ticket, unit)
    if room is not None and room.stage is Stage.OPEN:
        room.stage = Stage.CLOSED


async def reopen_room(ticket: Ticket, unit: Unit) -> None:
    """A reaction: it is not over after all."""
    room = await _room_of(ticket, unit)
    if room is not None and room.stage is Stage.CLOSED:
        room.stage = Stage.OPEN


async def _room_of(ticket: Ticket, unit: Unit) -> Room | None:
    """Asked only where there can be one: a look costs a statement."""
    return await unit.rooms.of(ticket.id) if unit.room_door else None


def _sorted(people: frozenset[PersonId]) -> tuple[PersonId, ...]:
    return tuple(sorted(people))
