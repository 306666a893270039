"""Handing over: offer to a person (who must accept), or move to another desk's pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.people.presence import require_here, require_present
from domain.tickets.command import TicketCommand, enter, require_text
from domain.tickets.errors import PointlessTransfer
from domain.tickets.ports import Unit

OFFER_LASTS = timedelta(minutes=10)  # flow G: unanswered offers go back and the lead is told


@dataclass(frozen=True)
class TransferTicket(TicketCommand[None]):
    """``to`` is a person or a desk; a desk's name wins."""

    verb: ClassVar[str] = "transfer"
    to: str = ""
    reason: str = ""


@dataclass(frozen=True)
class TakeTransfer(TicketCommand[None]):
    verb: ClassVar[str] = "take"


@dataclass(frozen=True)
class ReturnTransfer(TicketCommand[None]):
    verb: ClassVar[str] = "return"
    reason: str = ""


@dataclass(frozen=True)
class ExpireTransfer(TicketCommand[None]):
    """The clock's, for the offer made at ``offered_at``."""

    verb: ClassVar[str] = "expire"
    offered_at: datetime | None = None


async def transfer_ticket(command: TransferTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ref = require_text(ticket, command, "to")
    desk = await unit.desks.find(ref)
    if desk is not None:
        ticket.move_to_desk(unit.actor, desk.key, command.reason, unit.now)
        return
    to = await unit.people.find(ref)
    if to.id == unit.actor.person:
        raise PointlessTransfer(ticket.number)
    await require_present(to.id, unit.presence)
    ticket.offer(unit.actor, to.id, command.reason, unit.now)
    await unit.timers.set(f"transfer:{ticket.id}", ticket.id, unit.now + OFFER_LASTS)


async def take_transfer(command: TakeTransfer, unit: Unit) -> None:
    ticket = await enter(command, unit)
    await require_here(unit.actor, unit.presence)
    ticket.take(unit.actor, unit.now)
    await unit.timers.cancel(f"transfer:{ticket.id}")


async def return_transfer(command: ReturnTransfer, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.give_back(unit.actor, command.reason, unit.now)
    await unit.timers.cancel(f"transfer:{ticket.id}")


async def expire_transfer(command: ExpireTransfer, unit: Unit) -> None:
    ticket = await enter(command, unit)
    if ticket.transfer is not None and unit.now >= ticket.transfer.at + OFFER_LASTS:
        ticket.expire_offer(unit.actor, ticket.transfer.at, unit.now)
