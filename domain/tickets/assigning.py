"""Who has the ticket: accept, decline, assign, release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.people.people import PersonRef
from domain.people.presence import require_here, require_present
from domain.tickets.command import TicketCommand, desk_of, enter, require_text
from domain.tickets.errors import NotOnDesk
from domain.tickets.ports import Unit


@dataclass(frozen=True)
class AcceptTicket(TicketCommand[None]):
    verb: ClassVar[str] = "accept"


@dataclass(frozen=True)
class DeclineTicket(TicketCommand[None]):
    verb: ClassVar[str] = "decline"
    reason: str = ""


@dataclass(frozen=True)
class AssignTicket(TicketCommand[None]):
    """The lead's word: no acceptance needed."""

    verb: ClassVar[str] = "assign"
    to: PersonRef = ""
    reason: str = ""


@dataclass(frozen=True)
class ReleaseTicket(TicketCommand[None]):
    verb: ClassVar[str] = "release"
    reason: str = ""


async def accept_ticket(command: AcceptTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    await require_here(unit.actor, unit.presence)
    ticket.accept(unit.actor, unit.now)


async def decline_ticket(command: DeclineTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.decline(unit.actor, require_text(ticket, command, "reason"), unit.now)


async def assign_ticket(command: AssignTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    to = await unit.people.find(require_text(ticket, command, "to"))
    desk = await desk_of(ticket, unit)
    if desk is None or not desk.serves(to.id):
        raise NotOnDesk(ticket.number, to.name, desk.name if desk else "")
    await require_present(to.id, unit.presence)
    ticket.assign(unit.actor, to.id, command.reason, unit.now)


async def release_ticket(command: ReleaseTicket, unit: Unit) -> None:
    (await enter(command, unit)).release(unit.actor, command.reason, unit.now)
