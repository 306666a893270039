"""What all commands about one ticket share, and the door through which handlers get at the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.base import Command, R, TicketRef
from domain.people.people import Desk
from domain.tickets.errors import NotAllowed, TextMissing, TextTooLong, TicketNotFound
from domain.tickets.policy import RULES, standings
from domain.tickets.ports import Unit
from domain.tickets.ticket import Ticket

TEXT_LIMIT = 4000  # characters; what people type in a chat is far below, a pasted log is not


@dataclass(frozen=True)
class TicketCommand(Command[R]):
    """``verb`` is the row of ``policy.RULES`` and the first word of the button's key."""

    verb: ClassVar[str]
    ticket: TicketRef


async def enter(command: TicketCommand[Any], unit: Unit) -> Ticket:
    """The ticket, if the actor may know of it and may do this at all. The state is the ticket's to judge."""
    ticket = await unit.tickets.find(command.ticket)
    desk = await desk_of(ticket, unit)
    standing = standings(ticket, desk, unit.actor)
    if not standing:
        raise TicketNotFound(command.ticket)
    if not standing & RULES[command.verb].who:
        raise NotAllowed(ticket.number, command.verb)
    return ticket


async def desk_of(ticket: Ticket, unit: Unit) -> Desk | None:
    return await unit.desks.get(ticket.desk) if ticket.desk else None


def require_text(ticket: Ticket, command: TicketCommand[Any], field: str) -> str:
    """The words of ``command``, trimmed. The state is judged first: asking for words that can't be used lies."""
    rule = RULES[command.verb]
    ticket.require(command.verb, *rule.states)
    text: str = getattr(command, field).strip()
    if not text:
        raise TextMissing(ticket.number, command, field)
    if len(text) > TEXT_LIMIT:
        raise TextTooLong(TEXT_LIMIT)
    return text
