"""One promise on one ticket: how much time it has, how much is spent, and which alarm comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from domain.base import PersonId, TicketId
from domain.sla.policy import Goal, Policy

WARNING = 0  # the stage before L1


class Run(Enum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Alarm:
    """Stage 0 warns, stage n is level Ln."""

    stage: int
    at: datetime


@dataclass(kw_only=True, eq=False)
class Deadline:
    ticket: TicketId
    goal: Goal
    cycle: int  # 1, and one more for each reopening
    run: Run
    allowed: timedelta
    started_at: datetime
    running_since: datetime | None  # None while paused and when over
    spent: timedelta = timedelta()  # counted before ``running_since``
    broken_at: datetime | None = None  # when it was missed, known once a pause came after that
    rung: int = -1  # the last stage that rang
    taken_by: PersonId | None = None
    ended_at: datetime | None = None
    late: bool = False

    @property
    def is_open(self) -> bool:
        return self.run in (Run.RUNNING, Run.PAUSED)

    def due(self, policy: Policy) -> datetime | None:
        """None while paused: the promise moves with every minute of the pause."""
        if self.running_since is None:
            return None
        # A pause after the breach moves nothing: what is missed is missed.
        if self.broken_at is not None:
            return self.broken_at
        return policy.calendar.after(self.running_since, max(self.allowed - self.spent, timedelta()))

    def spent_at(self, now: datetime, policy: Policy) -> timedelta:
        if self.running_since is None:
            return self.spent
        return self.spent + policy.calendar.between(self.running_since, now)

    def next_alarm(self, policy: Policy) -> Alarm | None:
        """The first stage that has not rung; None when paused, over, taken over, or at the top of the ladder."""
        stage = self.rung + 1
        due = self.due(policy)
        if due is None or stage > len(policy.ladder):
            return None
        # 「我来跟」 answers for the whole ladder; before the breach there is nothing to take over.
        if self.taken_by is not None and stage > WARNING:
            return None
        return Alarm(stage, self._rings_at(stage, due, policy))

    def pause(self, now: datetime, policy: Policy) -> None:
        due = self.due(policy)
        if due is not None and due < now:
            self.broken_at = due
        self.spent = self.spent_at(now, policy)
        self.run, self.running_since = Run.PAUSED, None

    def resume(self, now: datetime) -> None:
        self.run, self.running_since = Run.RUNNING, now

    def meet(self, now: datetime, policy: Policy) -> None:
        self.late = self.spent_at(now, policy) > self.allowed
        self._end(Run.MET, now, policy)

    def cancel(self, now: datetime, policy: Policy) -> None:
        self._end(Run.CANCELLED, now, policy)

    def allow(self, allowed: timedelta, now: datetime, policy: Policy) -> None:
        """Another target. Stages that are in the future again may ring again."""
        self.allowed, self.broken_at = allowed, None
        due = self.due(policy) or policy.calendar.after(now, allowed - self.spent)
        while self.rung >= 0 and self._rings_at(self.rung, due, policy) > now:
            self.rung -= 1

    def _rings_at(self, stage: int, due: datetime, policy: Policy) -> datetime:
        if stage > WARNING:
            return due + policy.ladder[stage - 1]
        left = self.allowed * policy.warn_at - self.spent
        start = self.running_since or due
        return policy.calendar.after(start, left) if left > timedelta() else start

    def _end(self, run: Run, now: datetime, policy: Policy) -> None:
        self.spent = self.spent_at(now, policy)
        self.run, self.running_since, self.ended_at = run, None, now
