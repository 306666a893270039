"""延期: the assignee asks for more time, the lead says yes or no. A lead's own wish is granted at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.base import DomainError, PersonId
from domain.sla.deadline import Deadline
from domain.sla.events import DueExtended, ExtensionAsked, ExtensionRefused
from domain.sla.keeping import policy_of, schedule
from domain.sla.policy import Goal, Policy
from domain.sla.ports import Unit
from domain.tickets.command import TicketCommand, enter, require_text
from domain.tickets.errors import TextMissing
from domain.tickets.policy import RULES
from domain.tickets.ticket import Ticket

NOTHING = timedelta()
AT_MOST_DAYS = 90


@dataclass(frozen=True)
class More:
    """``time`` counts as the promise does; ``days`` are days of work: the same time of day, so many of them later."""

    time: timedelta = NOTHING
    days: int = 0

    def __str__(self) -> str:
        """As it is typed: 「1d2h30m」."""
        hours, minutes = divmod(self.time // timedelta(minutes=1), 60)
        parts = ((self.days, "d"), (hours, "h"), (minutes, "m"))
        return "".join(f"{count}{unit}" for count, unit in parts if count)


@dataclass(frozen=True)
class ExtendDue(TicketCommand[None]):
    verb: ClassVar[str] = "extend"
    more: More | None = None
    reason: str = ""


@dataclass(frozen=True)
class GrantExtension(TicketCommand[None]):
    verb: ClassVar[str] = "grant"


@dataclass(frozen=True)
class RefuseExtension(TicketCommand[None]):
    verb: ClassVar[str] = "refuse"
    reason: str = ""


@dataclass(frozen=True)
class WithdrawExtension(TicketCommand[None]):
    """By whoever asked."""

    verb: ClassVar[str] = "withdraw"


class NothingPromised(DomainError):
    code: ClassVar[str] = "nothing_promised"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} 没有未完成的解决时限，不需要延期。")
        self.number = number


class ExtensionPending(DomainError):
    code: ClassVar[str] = "extension_pending"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} 的延期申请还在等组长答复。要改的话请先回复「撤回延期 {number}」。")
        self.number = number


class NoExtensionAsked(DomainError):
    code: ClassVar[str] = "no_extension_asked"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} 现在没有等待答复的延期申请。")
        self.number = number


class UnfitExtension(DomainError):
    code: ClassVar[str] = "unfit_extension"

    def __init__(self, number: str) -> None:
        super().__init__(f"延期要多于 0、不超过 {AT_MOST_DAYS} 天，例如「延期 {number} 2h 等备件」。")
        self.number = number


async def extend_due(command: ExtendDue, unit: Unit) -> None:
    ticket = await enter(command, unit)
    policy, deadline = await _promise(ticket, command.verb, unit)
    if deadline.asked is not None:
        raise ExtensionPending(ticket.number)
    if command.more is None:
        raise TextMissing(ticket.number, command, "more")
    reason = require_text(ticket, command, "reason")
    wanted = _counted(command.more, deadline, policy, unit.now)
    if not _is_fit(command.more, wanted):
        raise UnfitExtension(ticket.number)
    if await _decides(ticket, unit):
        await _grant(ticket, deadline, policy, wanted, unit.actor.person, reason, unit)
        return
    deadline.asked, deadline.asked_by, deadline.asked_at = wanted, unit.actor.person, unit.now
    deadline.asked_why = reason
    ticket.record(
        ExtensionAsked(at=unit.now, by=unit.actor.person, goal=deadline.goal, extra=wanted, reason=reason)
    )


async def grant_extension(command: GrantExtension, unit: Unit) -> None:
    ticket = await enter(command, unit)
    policy, deadline = await _promise(ticket, command.verb, unit)
    if deadline.asked is None or deadline.asked_by is None:
        raise NoExtensionAsked(ticket.number)
    await _grant(ticket, deadline, policy, deadline.asked, deadline.asked_by, deadline.asked_why, unit)


async def refuse_extension(command: RefuseExtension, unit: Unit) -> None:
    ticket = await enter(command, unit)
    _, deadline = await _promise(ticket, command.verb, unit)
    if deadline.asked_by is None:
        raise NoExtensionAsked(ticket.number)
    _refuse(ticket, deadline, deadline.asked_by, require_text(ticket, command, "reason"), unit)


async def withdraw_extension(command: WithdrawExtension, unit: Unit) -> None:
    ticket = await enter(command, unit)
    _, deadline = await _promise(ticket, command.verb, unit)
    if deadline.asked_by != unit.actor.person:
        raise NoExtensionAsked(ticket.number)
    _refuse(ticket, deadline, unit.actor.person, "", unit)


def extended_to(deadline: Deadline, wanted: timedelta, policy: Policy, now: datetime) -> datetime | None:
    """When it would be due; None in a pause. What is late already is late from now on, or more time were none."""
    due = deadline.due(policy)
    return None if due is None else policy.calendar.after(max(due, now), wanted)


async def _promise(ticket: Ticket, verb: str, unit: Unit) -> tuple[Policy, Deadline]:
    ticket.require(verb, *RULES[verb].states)
    deadline = await unit.deadlines.get(ticket.id, Goal.RESOLVE)
    if deadline is None or not deadline.is_open:
        raise NothingPromised(ticket.number)
    policy = await unit.policies.named(deadline.policy) or await policy_of(ticket, unit)
    if policy is None:
        raise NothingPromised(ticket.number)
    return policy, deadline


async def _decides(ticket: Ticket, unit: Unit) -> bool:
    desk = await unit.desks.get(ticket.desk)
    return unit.actor.is_admin or desk.lead == unit.actor.person


def _is_fit(more: More, wanted: timedelta) -> bool:
    return wanted > NOTHING and more.time + timedelta(days=more.days) <= timedelta(days=AT_MOST_DAYS)


def _counted(more: More, deadline: Deadline, policy: Policy, now: datetime) -> timedelta:
    if not 0 <= more.days <= AT_MOST_DAYS:
        return NOTHING
    start = max(deadline.due(policy) or now, now)
    until = policy.calendar.days_after(start, more.days)
    return more.time + policy.calendar.between(start, until)


async def _grant(
    ticket: Ticket,
    deadline: Deadline,
    policy: Policy,
    wanted: timedelta,
    asked_by: PersonId,
    reason: str,
    unit: Unit,
) -> None:
    overspent = max(deadline.spent_at(unit.now, policy) - deadline.allowed, NOTHING)
    deadline.forget_wish()
    deadline.extend(overspent + wanted, unit.now, policy)
    ticket.record(
        DueExtended(
            at=unit.now,
            by=unit.actor.person,
            goal=deadline.goal,
            extra=overspent + wanted,
            wanted=wanted,
            due=deadline.due(policy),
            asked_by=asked_by,
            reason=reason,
        )
    )
    await schedule(deadline, policy, unit)


def _refuse(ticket: Ticket, deadline: Deadline, asked_by: PersonId, reason: str, unit: Unit) -> None:
    deadline.forget_wish()
    ticket.record(
        ExtensionRefused(
            at=unit.now, by=unit.actor.person, goal=deadline.goal, asked_by=asked_by, reason=reason
        )
    )
