"""The ladder: warn, L1, L2, L3 …, and 我来跟, which ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.people.presence import require_here
from domain.sla.deadline import WARNING, Alarm, Deadline
from domain.sla.events import EscalationTakenOver, SlaWarned, TicketEscalated
from domain.sla.keeping import policy_of, schedule
from domain.sla.policy import Goal, Policy
from domain.sla.ports import Unit
from domain.tickets.command import TicketCommand, enter
from domain.tickets.errors import AlreadyDone
from domain.tickets.policy import RULES
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class RaiseAlarm(TicketCommand[None]):
    """The clock's. Which stage rings is asked again here: the ticket may have moved since the timer was set."""

    verb: ClassVar[str] = "alarm"
    goal: Goal = Goal.RESPOND


@dataclass(frozen=True)
class TakeOver(TicketCommand[None]):
    """我来跟: somebody looks after it, so the ladder need not go on. Due times stay as they are."""

    verb: ClassVar[str] = "takeover"


async def raise_alarm(command: RaiseAlarm, unit: Unit) -> None:
    ticket = await enter(command, unit)
    deadline = await unit.deadlines.get(ticket.id, command.goal)
    policy = await policy_of(ticket, unit)
    if deadline is None or policy is None:
        return
    alarm = deadline.next_alarm(policy)
    if alarm is not None and alarm.at <= unit.now:
        _ring(ticket, deadline, alarm, policy, unit)
    await schedule(deadline, policy, unit)


async def take_over(command: TakeOver, unit: Unit) -> None:
    ticket = await enter(command, unit)
    await require_here(unit.actor, unit.presence)
    ticket.require("takeover", *RULES["takeover"].states)
    policy = await policy_of(ticket, unit)
    deadlines = [d for d in await unit.deadlines.of(ticket.id) if d.is_open]
    if policy is None or all(d.taken_by == unit.actor.person for d in deadlines):
        raise AlreadyDone(ticket.number, "takeover", ticket.since)
    for deadline in deadlines:
        deadline.taken_by = unit.actor.person
        await schedule(deadline, policy, unit)
    ticket.record(EscalationTakenOver(at=unit.now, by=unit.actor.person))


def _ring(ticket: Ticket, deadline: Deadline, alarm: Alarm, policy: Policy, unit: Unit) -> None:
    due = deadline.due(policy)
    assert due is not None
    deadline.rung = alarm.stage
    if alarm.stage == WARNING:
        ticket.record(SlaWarned(at=unit.now, by=unit.actor.person, goal=deadline.goal, due=due))
        return
    ticket.record(
        TicketEscalated(
            at=unit.now,
            by=unit.actor.person,
            goal=deadline.goal,
            level=alarm.stage,
            due=due,
            planned=alarm.at,
        )
    )
