"""我也遇到 +1: one more person with the same trouble joins a ticket instead of opening a second one (flow E).

Whoever is in a group where the ticket is shown may join, without having been concerned before. They hear how it
goes; what the others said in private stays private.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.base import Conversation
from domain.people.people import Desk
from domain.tickets.command import TicketCommand, desk_of
from domain.tickets.errors import TicketNotFound
from domain.tickets.policy import standings
from domain.tickets.ports import Unit
from domain.tickets.ticket import Ticket

SPOKEN_OF = timedelta(minutes=60)  # a bare +1 means the group's newest ticket of the last hour


@dataclass(frozen=True)
class MeToo(TicketCommand[str]):
    """Answers the ticket's number. ``ticket`` may be "" in a group; ``place`` is where it was said or pressed."""

    verb: ClassVar[str] = "metoo"
    place: Conversation | None = None


async def me_too(command: MeToo, unit: Unit) -> str:
    ticket = await _meant(command, unit)
    desk = await desk_of(ticket, unit)
    if not standings(ticket, desk, unit.actor) and not _is_shown_in(command.place, ticket, desk):
        raise TicketNotFound(command.ticket)
    ticket.join(unit.actor, unit.now)
    return ticket.number


async def _meant(command: MeToo, unit: Unit) -> Ticket:
    if command.ticket:
        return await unit.tickets.find(command.ticket)
    newest = None
    if command.place is not None and command.place.kind == "group":
        newest = await unit.tickets.newest_in(command.place, unit.now - SPOKEN_OF)
    if newest is None:
        raise TicketNotFound("（最近一小时本群没有工单）")
    return newest


def _is_shown_in(place: Conversation | None, ticket: Ticket, desk: Desk | None) -> bool:
    if place is None or place.kind != "group":
        return False
    return place == ticket.origin or (desk is not None and place in desk.channels)
