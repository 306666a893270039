"""Patience with the requester: remind when a question or a solution waits for their word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.tickets import events as happened
from domain.tickets.command import TicketCommand, enter
from domain.tickets.ports import Unit
from domain.tickets.resolving import SILENCE_CONFIRMS
from domain.tickets.states import State
from domain.tickets.ticket import Ticket

A_DAY = timedelta(hours=24)
DAYS_TO_ANSWER = 3  # flow H: reminded after one and two days; after the third the ticket is held to be solved
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
    await unit.timers.set(f"nudge:{ticket.id}", ticket.id, unit.now + A_DAY)


async def _remind_of_question(ticket: Ticket, unit: Unit) -> None:
    waited = (unit.now - ticket.since) // A_DAY
    if waited >= DAYS_TO_ANSWER:
        ticket.resolve(unit.actor, UNANSWERED, unit.now)
        await unit.timers.set(f"lapse:{ticket.id}", ticket.id, unit.now + SILENCE_CONFIRMS)
        return
    if waited > 0:
        _remind(ticket, unit)
    await unit.timers.set(f"nudge:{ticket.id}", ticket.id, ticket.since + A_DAY * (waited + 1))


def _remind(ticket: Ticket, unit: Unit) -> None:
    ticket.record(happened.RequesterReminded(at=unit.now, by=unit.actor.person))
