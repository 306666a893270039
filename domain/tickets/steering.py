"""Nudges that leave the state alone: priority, urge, follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.tickets.command import TicketCommand, enter
from domain.tickets.errors import TextMissing
from domain.tickets.policy import RULES
from domain.tickets.ports import Unit
from domain.tickets.states import Priority
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class SetPriority(TicketCommand[None]):
    verb: ClassVar[str] = "priority"
    priority: Priority | None = None


@dataclass(frozen=True)
class UrgeTicket(TicketCommand[None]):
    verb: ClassVar[str] = "urge"


@dataclass(frozen=True)
class FollowTicket(TicketCommand[None]):
    verb: ClassVar[str] = "follow"


@dataclass(frozen=True)
class UnfollowTicket(TicketCommand[None]):
    verb: ClassVar[str] = "unfollow"


async def set_priority(command: SetPriority, unit: Unit) -> None:
    ticket = await enter(command, unit)
    if command.priority is None:
        raise TextMissing(ticket.number, command, "priority")
    ticket.set_priority(unit.actor, command.priority, unit.now)


async def urge_ticket(command: UrgeTicket, unit: Unit) -> None:
    (await enter(command, unit)).urge(unit.actor, unit.now)


async def follow_ticket(command: FollowTicket, unit: Unit) -> None:
    ticket = await _entered_in_time(command, unit)
    ticket.follow(unit.actor, unit.now)


async def unfollow_ticket(command: UnfollowTicket, unit: Unit) -> None:
    ticket = await _entered_in_time(command, unit)
    ticket.unfollow(unit.actor, unit.now)


async def _entered_in_time(command: FollowTicket | UnfollowTicket, unit: Unit) -> Ticket:
    ticket = await enter(command, unit)
    ticket.require(command.verb, *RULES[command.verb].states)
    return ticket
