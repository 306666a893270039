"""Patience with the requester: remind when a question or a solution waits for their word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.tickets import events as happened
from domain.tickets.command import TicketCommand, enter
from domain.tickets.ports import Unit
from domain.tickets.resolving import wait_for_word
from domain.tickets.states import State
from domain.tickets.ticket import Ticket

# Flow H, in days of work of the desk: reminded after one and two, after the third the ticket is held to be solved.
DAYS_TO_ANSWER = 3
UNANSWERED = "提单人没有补充信息，暂按已解决处理"


@dataclass(frozen=True)
class PostponeConfirmation(TicketCommand[None]):
    """稍后: the requester has no time to look. Silence still closes the ticket when it would have."""

    verb: ClassVar[str] = "later"


@dataclass(frozen=True)
class RemindRequester(TicketCommand[None]):
    """The clock's."""

    verb: ClassVar[str] = "nudge"


async def postpone_confirmation(command: PostponeConfirmation, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.require("later", State.RESOLVED)
    await remind_in_a_day(ticket, unit)


async def remind_requester(command: RemindRequester, unit: Unit) -> None:
    """Asked again at fire time: who has answered meanwhile is left alone."""
    ticket = await enter(command, unit)
    if ticket.state is State.RESOLVED:
        _remind(ticket, unit)
    elif ticket.state is State.WAITING:
        await _remind_of_question(ticket, unit)


async def remind_in_a_day(ticket: Ticket, unit: Unit) -> None:
    tomorrow = await unit.days_of_work.after(ticket, unit.now, 1)
    await unit.timers.set(f"nudge:{ticket.id}", ticket.id, tomorrow)


async def _remind_of_question(ticket: Ticket, unit: Unit) -> None:
    days = [await unit.days_of_work.after(ticket, ticket.since, n + 1) for n in range(DAYS_TO_ANSWER)]
    waited = sum(day <= unit.now for day in days)
    if waited >= DAYS_TO_ANSWER:
        ticket.resolve(unit.actor, UNANSWERED, unit.now)
        await wait_for_word(ticket, unit)
        return
    if waited > 0:
        _remind(ticket, unit)
    await unit.timers.set(f"nudge:{ticket.id}", ticket.id, days[waited])


def _remind(ticket: Ticket, unit: Unit) -> None:
    ticket.record(happened.RequesterReminded(at=unit.now, by=unit.actor.person))
