"""The rules were changed: open promises are counted again from what happened, as if the new ones had always held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import ClassVar

from domain.base import Event, PersonId, TicketId
from domain.sla.clock import Fact, Recounted, Started, recount
from domain.sla.deadline import Countdown, Deadline, Run
from domain.sla.events import DueExtended, DueRecounted, DueTimeSet, PauseEnded, SlaPaused, SlaResumed
from domain.sla.history import Promises, facts_of
from domain.sla.keeping import schedule, timer_key
from domain.sla.policy import Goal, Policy
from domain.sla.ports import Unit
from domain.tickets.command import TicketCommand, enter
from domain.tickets.events import TicketOpened

TOLD: frozenset[type[Event]] = frozenset(
    {DueTimeSet, SlaPaused, SlaResumed, PauseEnded, DueExtended, DueRecounted}
)


@dataclass(frozen=True)
class RecountDue(TicketCommand[None]):
    """``cause`` is for the timeline: who or what changed the rules."""

    verb: ClassVar[str] = "recount"
    cause: str = ""


@dataclass(frozen=True)
class Recount:
    """One promise before and after. ``after`` is None when nothing is promised any more."""

    goal: Goal
    kept: Deadline | None
    before: datetime | None
    after: Countdown | None
    policy: Policy | None
    missed: bool
    rung: int

    @property
    def due(self) -> datetime | None:
        if self.after is None or self.policy is None:
            return None
        return self.after.due(self.policy) or self.after.broken_at

    @property
    def left(self) -> timedelta | None:
        return max(self.after.allowed - self.after.spent, timedelta()) if self.after else None

    @property
    def allowed_before(self) -> timedelta | None:
        return self.kept.allowed if self.kept is not None and self.kept.is_open else None

    @property
    def allowed(self) -> timedelta | None:
        return self.after.allowed if self.after else None

    @property
    def is_news(self) -> bool:
        """People see a difference."""
        return (
            self.before != self.due or self.allowed_before != self.allowed or self._left_before() != self.left
        )

    @property
    def agrees(self) -> bool:
        """What is kept leads to the same, also when nobody was told of a difference."""
        kept, after, policy = self.kept, self.after, self.policy
        if kept is None or after is None or policy is None:
            return False
        since = after.running_since
        spent = kept.spent if since is None else kept.spent_at(since, policy)
        was, is_now = (kept.policy, kept.allowed, spent), (policy.name, after.allowed, after.spent)
        return was == is_now and kept.due(policy) == after.due(policy)

    def _left_before(self) -> timedelta | None:
        """Only a pause stands still, so that what is left can be compared."""
        if self.kept is None or self.kept.run is not Run.PAUSED:
            return self.left
        return max(self.kept.allowed - self.kept.spent, timedelta())


def recounts(
    kept: Iterable[Deadline], past: Sequence[Event], desk: str, promises: Promises, now: datetime
) -> Iterator[Recount]:
    """Of one ticket at ``desk``: what is open, and what should be. ``past`` holds ``HEARD`` and ``TOLD``, in order."""
    of = {deadline.goal: deadline for deadline in kept}
    for goal in Goal:
        found = _recount(goal, of.get(goal), past, promises.get(desk), promises, now)
        if found is not None:
            yield found


async def recount_due(command: RecountDue, unit: Unit) -> None:
    ticket = await enter(command, unit)
    promises = await promises_of(unit)
    past = await unit.past.of(ticket.id)
    kept = await unit.deadlines.of(ticket.id)
    for one in recounts(kept, past, ticket.desk, promises, unit.now):
        if one.is_news:
            ticket.record(event_of(one, unit.now, unit.actor.person, command.cause))
        await _write(ticket.id, one, unit)


async def promises_of(unit: Unit) -> Promises:
    named = {desk.key: await unit.policies.named(desk.sla) for desk in await unit.desks.all()}
    return {desk: policy for desk, policy in named.items() if policy is not None}


def event_of(one: Recount, now: datetime, by: PersonId, cause: str) -> DueRecounted:
    return DueRecounted(
        at=now,
        by=by,
        goal=one.goal,
        before=one.before,
        due=one.due,
        allowed_before=one.allowed_before,
        allowed=one.allowed,
        left=one.left,
        policy=one.policy.name if one.policy else "",
        missed=one.missed,
        rung=one.rung,
        cause=cause,
    )


def _recount(
    goal: Goal,
    kept: Deadline | None,
    past: Sequence[Event],
    policy: Policy | None,
    promises: Promises,
    now: datetime,
) -> Recount | None:
    is_open = kept is not None and kept.is_open
    before = _told_due(past, goal) if is_open else None
    missed = kept is not None and is_open and _is_missed(kept, before, now)
    rung = kept.rung if kept is not None and is_open else -1
    facts = facts_of(past, goal, promises) or _as_kept(kept, past, policy)
    again = Recounted(at=now, missed=missed, rung=rung)
    after, held_to = recount(facts, again) if facts else (None, None)
    if after is not None and not after.is_open:
        # What was met or given up while nothing was promised is not promised afterwards.
        after, held_to = None, None
    if after is None and not is_open:
        return None
    return Recount(goal, kept, before, after, held_to, missed, rung)


def _as_kept(kept: Deadline | None, past: Sequence[Event], policy: Policy | None) -> list[Fact]:
    """What came without its timeline, out of an import, is counted from when it began."""
    if kept is None or not kept.is_open or policy is None or any(isinstance(e, TicketOpened) for e in past):
        return []
    return [Started(at=kept.started_at, policy=policy, allowed=kept.allowed)]


def _told_due(past: Sequence[Event], goal: Goal) -> datetime | None:
    """What people were told last."""
    due: datetime | None = None
    for event in past:
        match event:
            case DueTimeSet(goal=told, due=at) | SlaResumed(goal=told, due=at) if told is goal:
                due = at
            case DueRecounted(goal=told, due=at) | DueExtended(goal=told, due=at) if told is goal:
                due = at
            case PauseEnded(goal=told, due=at) if told is goal:
                due = at
            case SlaPaused(goal=told) if told is goal:
                due = None if due is None or due > event.at else due
    return due


def _is_missed(kept: Deadline, due: datetime | None, now: datetime) -> bool:
    return kept.broken_at is not None or kept.rung > 0 or (due is not None and due < now)


async def _write(ticket: TicketId, one: Recount, unit: Unit) -> None:
    deadline = one.kept
    if one.after is None or one.policy is None:
        if deadline is not None:
            deadline.run, deadline.running_since, deadline.ended_at = Run.CANCELLED, None, unit.now
            deadline.rings_at = None
            await unit.timers.cancel(timer_key(ticket, one.goal))
        return
    if deadline is None or not deadline.is_open:
        deadline = _new(ticket, one, one.after)
        await unit.deadlines.add(deadline)
    for name in _COUNTED:
        setattr(deadline, name, getattr(one.after, name))
    deadline.policy = one.policy.name
    await schedule(deadline, one.policy, unit)


def _new(ticket: TicketId, one: Recount, after: Countdown) -> Deadline:
    return Deadline(
        ticket=ticket,
        goal=one.goal,
        cycle=one.kept.cycle + 1 if one.kept else 1,
        allowed=after.allowed,
        started_at=after.started_at,
        running_since=after.running_since,
    )


# Whoever looks after it goes on doing so, also when it is a deputy of whom the past does not tell.
_COUNTED = tuple(field.name for field in fields(Countdown) if field.name != "taken_by")
