"""The ladder: warn, L1, L2, L3 …, and 我来跟, which ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from domain.base import Conversation, PersonId
from domain.people.presence import require_here
from domain.sla.calling import URGENT, Around, Callee, Reached, Route, route
from domain.sla.deadline import Alarm, Deadline
from domain.sla.events import (
    LATE,
    Call,
    CalledInstead,
    EscalationTakenOver,
    HeldCallMade,
    SlaWarned,
    TicketEscalated,
)
from domain.sla.gathering import Waiting
from domain.sla.keeping import let_run_on, policy_of, schedule
from domain.sla.policy import Goal, Policy
from domain.sla.ports import Unit
from domain.sla.recipients import WARNING
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
class CallHeld(TicketCommand[None]):
    """Work has begun: a level that rang in the night calls those whom it spared, if it still matters."""

    verb: ClassVar[str] = "held"
    goal: Goal = Goal.RESPOND
    cycle: int = 1
    stage: int = WARNING


@dataclass(frozen=True)
class CallInstead(TicketCommand[None]):
    """``lost`` could not be reached; ``told`` is everybody whom the level has called so far, in vain or not."""

    verb: ClassVar[str] = "reroute"
    goal: Goal = Goal.RESPOND
    stage: int = WARNING
    lost: tuple[Callee, ...] = ()
    told: tuple[Callee, ...] = ()


@dataclass(frozen=True)
class TakeOver(TicketCommand[None]):
    """我来跟: somebody looks after it, so the ladder need not go on. Due times stay as they are."""

    verb: ClassVar[str] = "takeover"


async def raise_alarm(command: RaiseAlarm, unit: Unit) -> None:
    """After a stop every level that was missed rings, in order."""
    ticket = await enter(command, unit)
    deadline = await unit.deadlines.get(ticket.id, command.goal)
    policy = await policy_of(ticket, unit)
    if deadline is None:
        return
    if policy is None:
        deadline.rings_at = None  # nothing can ring any more, and nobody need look for it
        return
    await let_run_on(ticket, deadline, policy, unit)
    ladder = await _ladder(ticket, deadline, policy, unit)
    while (alarm := deadline.next_alarm(policy)) is not None and alarm.at <= unit.now:
        await ladder.ring(alarm)
    await ladder.gather()
    await schedule(deadline, policy, unit)


async def call_held(command: CallHeld, unit: Unit) -> None:
    ticket = await enter(command, unit)
    deadline = await unit.deadlines.get(ticket.id, command.goal)
    policy = await policy_of(ticket, unit)
    if deadline is None or policy is None or deadline.cycle != command.cycle:
        return
    # Taken over, paused, met, or on time again by an extension: then there is nothing to be called for.
    if deadline.running_since is None or deadline.taken_by is not None or deadline.rung < command.stage:
        return
    ladder = await _ladder(ticket, deadline, policy, unit)
    await ladder.call_held(command.stage)
    await ladder.gather()


async def call_instead(command: CallInstead, unit: Unit) -> None:
    ticket = await enter(command, unit)
    deadline = await unit.deadlines.get(ticket.id, command.goal)
    policy = await policy_of(ticket, unit)
    if deadline is not None and policy is not None and deadline.is_open and deadline.taken_by is None:
        ladder = await _ladder(ticket, deadline, policy, unit)
        await ladder.call_instead(command.stage, command.lost, command.told)
        await ladder.gather()


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


async def _ladder(ticket: Ticket, deadline: Deadline, policy: Policy, unit: Unit) -> _Ladder:
    return _Ladder(
        ticket, deadline, policy, unit, Around(ticket.assignee, await unit.desks.get(ticket.desk), unit)
    )


@dataclass
class _Ladder:
    """One promise that rings, and everything that its calls need."""

    ticket: Ticket
    deadline: Deadline
    policy: Policy
    unit: Unit
    around: Around
    waiting: list[Waiting] = field(default_factory=list)

    async def ring(self, alarm: Alarm) -> None:
        self.deadline.rung = alarm.stage
        due = self.deadline.due(self.policy)
        assert due is not None
        found = await self._route(alarm.stage, alarm.at)
        common = {**self._common(found), "planned": alarm.at, "due": due, "held_until": found.until}
        if alarm.stage == WARNING:
            self._tell(SlaWarned(**common))
        else:
            self._tell(TicketEscalated(**common, level=alarm.stage))
        if found.until is not None:
            await self.unit.timers.set(self._held_key(alarm.stage), self.ticket.id, found.until)

    async def call_held(self, stage: int) -> None:
        found = await self._route(stage, self.unit.now)
        # A group that has seen a higher level in the night needs no lower one in the morning.
        groups = found.called.groups if self.deadline.rung == stage else ()
        found = Route(Reached(found.called.people, groups))
        self._tell(HeldCallMade(**self._common(found), planned=self.unit.now, level=stage))

    async def call_instead(self, stage: int, lost: tuple[Callee, ...], told: tuple[Callee, ...]) -> None:
        found = await route(stage, self.policy, self.unit.now, self.around, lost)
        new = found.called.without(told)
        if not new:
            return  # the dead letter is all that is left, and an administrator sees it
        common = {**self._common(Route(new)), "planned": self.unit.now, "level": stage}
        self._tell(
            CalledInstead(
                **common,
                lost=_people(lost),
                lost_groups=_groups(lost),
                told=_people(told),
                told_groups=_groups(told),
            )
        )

    async def _route(self, stage: int, planned: datetime) -> Route:
        """A level that rings on time counts as rung when it was due; a late one when it rings."""
        moment = planned if self.unit.now - planned <= LATE else self.unit.now
        return await route(stage, self.policy, moment, self.around)

    async def gather(self) -> None:
        for one in self.waiting:
            await self.unit.gathering.add(one)

    def _tell(self, call: Call) -> None:
        self.ticket.record(call)
        if call.stage >= URGENT:
            # After a stop, a group that hears of the third level now needs none below it a moment later.
            self.waiting = [one for one in self.waiting if one.place not in call.groups]
        for place in told_together(call):
            self.waiting.append(
                Waiting(
                    place=place,
                    ticket=self.ticket.id,
                    goal=call.goal,
                    stage=call.stage,
                    late=call.planned if call.is_late else None,
                    called=call.called,
                    lost=lost_before(call),
                    told=told_by(call),
                )
            )

    def _common(self, found: Route) -> dict[str, Any]:
        return {
            "at": self.unit.now,
            "by": self.unit.actor.person,
            "goal": self.deadline.goal,
            "cycle": self.deadline.cycle,
            "called": found.called.people,
            "groups": found.called.groups,
        }

    def _held_key(self, stage: int) -> str:
        goal, cycle = self.deadline.goal.value, self.deadline.cycle
        return f"held:{self.ticket.id}:{goal}-{cycle}-{stage}"


def told_together(call: Call) -> tuple[Callee, ...]:
    """Where this call joins others of the same five minutes. What is urgent stands alone."""
    if call.stage >= URGENT:
        return ()
    # In the morning all calls of the night come at once.
    return (*call.groups, *call.called) if isinstance(call, HeldCallMade) else call.groups


def told_by(call: Call) -> tuple[Callee, ...]:
    """Everybody whom its level has called, with it and before."""
    told: list[Callee] = [*call.told, *call.told_groups] if isinstance(call, CalledInstead) else []
    return tuple(dict.fromkeys([*told, *call.called, *call.groups]))


def _people(callees: Iterable[Callee]) -> tuple[PersonId, ...]:
    return tuple(one for one in callees if not isinstance(one, Conversation))


def _groups(callees: Iterable[Callee]) -> tuple[Conversation, ...]:
    return tuple(one for one in callees if isinstance(one, Conversation))


def lost_before(call: Call) -> tuple[Callee, ...]:
    return (*call.lost, *call.lost_groups) if isinstance(call, CalledInstead) else ()
