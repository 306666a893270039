"""The end of a ticket, and back: resolve, confirm, reopen, cancel, close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.tickets.command import TicketCommand, enter, require_text
from domain.tickets.ports import Unit
from domain.tickets.states import State

SILENCE_CONFIRMS = timedelta(days=3)  # flow I. Plain days for now; the work calendar will count them.


@dataclass(frozen=True)
class ResolveTicket(TicketCommand[None]):
    verb: ClassVar[str] = "resolve"
    result: str = ""


@dataclass(frozen=True)
class ConfirmResolution(TicketCommand[None]):
    verb: ClassVar[str] = "confirm"


@dataclass(frozen=True)
class ReopenTicket(TicketCommand[None]):
    verb: ClassVar[str] = "reopen"
    reason: str = ""


@dataclass(frozen=True)
class CancelTicket(TicketCommand[None]):
    verb: ClassVar[str] = "cancel"
    reason: str = ""


@dataclass(frozen=True)
class CloseTicket(TicketCommand[None]):
    verb: ClassVar[str] = "close"
    reason: str = ""


@dataclass(frozen=True)
class LapseResolution(TicketCommand[None]):
    """The clock's: the requester did not say anything, so it is good."""

    verb: ClassVar[str] = "lapse"


async def resolve_ticket(command: ResolveTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.resolve(unit.actor, require_text(ticket, command, "result"), unit.now)
    await unit.timers.set(f"lapse:{ticket.id}", ticket.id, unit.now + SILENCE_CONFIRMS)


async def confirm_resolution(command: ConfirmResolution, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.confirm(unit.actor, unit.now)
    await unit.timers.cancel(f"lapse:{ticket.id}")


async def reopen_ticket(command: ReopenTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.reopen(unit.actor, command.reason, unit.now)
    await unit.timers.cancel(f"lapse:{ticket.id}")


async def cancel_ticket(command: CancelTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.cancel(unit.actor, command.reason, unit.now)
    await unit.timers.cancel(f"draft:{ticket.id}")


async def close_ticket(command: CloseTicket, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.close(unit.actor, command.reason, unit.now)
    await unit.timers.cancel(f"lapse:{ticket.id}")


async def lapse_resolution(command: LapseResolution, unit: Unit) -> None:
    """Asked again at fire time: a reopened ticket, or one resolved anew, is left alone."""
    ticket = await enter(command, unit)
    resolved = ticket.resolved_at if ticket.state is State.RESOLVED else None
    if resolved is not None and unit.now >= resolved + SILENCE_CONFIRMS:
        ticket.close(unit.actor, "超过 3 天未答复，自动关闭", unit.now)
