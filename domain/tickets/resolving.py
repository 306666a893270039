"""The end of a ticket, and back: resolve, confirm, reopen, cancel, close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.tickets.command import TicketCommand, enter, require_text
from domain.tickets.ports import Unit
from domain.tickets.states import State
from domain.tickets.ticket import Ticket

SILENCE_CONFIRMS = 3  # flow I: days of work of the desk that solved it


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
    await wait_for_word(ticket, unit)


async def wait_for_word(ticket: Ticket, unit: Unit) -> None:
    until = await unit.days_of_work.after(ticket, ticket.resolved_at or unit.now, SILENCE_CONFIRMS)
    await unit.timers.set(f"lapse:{ticket.id}", ticket.id, until)


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
    if resolved is None:
        return
    if unit.now < await unit.days_of_work.after(ticket, resolved, SILENCE_CONFIRMS):
        await wait_for_word(ticket, unit)  # solved anew, or a day became free meanwhile
        return
    ticket.close(unit.actor, "超过 3 个工作日未答复，自动关闭", unit.now)
