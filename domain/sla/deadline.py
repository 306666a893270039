"""One promise: how much time it has, how much is spent, and which alarm comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from domain.base import PersonId, TicketId
from domain.sla.policy import Goal, Policy
from domain.sla.recipients import WARNING

NOTHING = timedelta()


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
class Countdown:
    """The arithmetic. Enough of the past is kept in it that no due time needs the whole history."""

    run: Run = Run.RUNNING
    allowed: timedelta
    started_at: datetime
    running_since: datetime | None  # None while paused and when over
    spent: timedelta = NOTHING  # counted before ``running_since``
    broken_at: datetime | None = (
        None  # when it was missed, known once a pause or a new target came after that
    )
    rung: int = -1  # the last stage that rang
    taken_by: PersonId | None = None
    ended_at: datetime | None = None
    late: bool = False
    rings_at: datetime | None = None  # what the timer was set for, so that a lost timer can be missed
    extra: timedelta = NOTHING  # 延期: as much of ``allowed`` as was granted later
    paused_at: datetime | None = None
    paused: timedelta = NOTHING  # of the time that counts, before ``paused_at``

    @property
    def is_open(self) -> bool:
        return self.run in (Run.RUNNING, Run.PAUSED)

    def due(self, policy: Policy) -> datetime | None:
        """None while paused: the promise moves with every minute of the pause."""
        return None if self.running_since is None else self._due(self.running_since, policy)

    def is_missed(self, now: datetime, policy: Policy) -> bool:
        """Not the same as having spent too much: time is up at six, also for an evening that does not count."""
        since = self._runs_since(now, policy)
        due = self.broken_at if since is None else self._due(since, policy)
        return due is not None and due < now

    def spent_at(self, now: datetime, policy: Policy) -> timedelta:
        since = self._runs_since(now, policy)
        return self.spent if since is None else self.spent + policy.calendar.between(since, now)

    def next_alarm(self, policy: Policy) -> Alarm | None:
        """The first stage that has not rung; None when paused, over, taken over, or at the top of the ladder."""
        stage = self.rung + 1
        if self.running_since is None or stage > len(policy.ladder):
            return None
        # 「我来跟」 answers for the whole ladder; before the breach there is nothing to take over.
        if self.taken_by is not None and stage > WARNING:
            return None
        return Alarm(stage, self._rings_at(stage, self.running_since, policy))

    def wakes_at(self, policy: Policy) -> datetime | None:
        """When somebody must look again: at the next alarm, or when a pause has lasted long enough."""
        alarm = self.next_alarm(policy)
        return alarm.at if alarm is not None else self.runs_on_at(policy)

    # ── pauses ──

    def may_pause(self, policy: Policy) -> bool:
        pausing = policy.pausing
        return pausing.waiting and (pausing.limit is None or self.paused < pausing.limit)

    def runs_on_at(self, policy: Policy) -> datetime | None:
        """When the pause that goes on has lasted as long as pauses may; None when there is no such time."""
        limit = policy.pausing.limit
        if self.paused_at is None or limit is None:
            return None
        return policy.calendar.after(self.paused_at, max(limit - self.paused, NOTHING))

    def pause(self, now: datetime, policy: Policy) -> None:
        """Nothing happens where no pause is allowed, or none any more."""
        self._count_up(now, policy)
        if self.run is Run.RUNNING and self.may_pause(policy):
            self.run, self.running_since, self.paused_at = Run.PAUSED, None, now

    def resume(self, now: datetime, policy: Policy) -> None:
        self._count_up(now, policy)
        if self.run is Run.PAUSED:
            self._run_from(now)

    def run_on(self, now: datetime, policy: Policy) -> None:
        """A pause whose limit is reached ends by itself, also when nobody looked at that moment."""
        end = self.runs_on_at(policy)
        if self.paused_at is not None and end is not None and end <= now:
            self.paused += policy.calendar.between(self.paused_at, end)
            self._run_from(end)

    # ── the end, and other rules ──

    def meet(self, now: datetime, policy: Policy) -> None:
        self.late = self.is_missed(now, policy)
        self._end(Run.MET, now, policy)

    def cancel(self, now: datetime, policy: Policy) -> None:
        self._end(Run.CANCELLED, now, policy)

    def extend(self, extra: timedelta, now: datetime, policy: Policy) -> None:
        granted = self.extra + extra
        self.allow(self.allowed + extra, now, policy, policy)
        self.extra = granted

    def allow(self, allowed: timedelta, now: datetime, policy: Policy, before: Policy) -> None:
        """Another target, or another calendar: ``before`` counted until now. What is spent stays spent.

        A new promise cannot have been broken before it was made, so what is overspent by it is due at once; but what
        was missed already, and still is, was missed when it was. Stages that lie ahead again may ring again. What was
        granted on top of the old target does not belong to the new one.
        """
        self._count_up(now, before)
        self.allowed, self.extra = allowed, NOTHING
        if self.spent < allowed:
            self.broken_at = None
        if not policy.pausing.waiting:
            self._run_from(now)
        self.rung = min(self.rung, len(policy.ladder))
        while self.rung >= 0 and self._rings_at(self.rung, now, policy) > now:
            self.rung -= 1

    def start_over(self, rung: int, now: datetime, policy: Policy, *, missed: bool) -> None:
        """What is counted so far was counted by ``policy``, which is new: so it cannot have been broken before now,
        unless it was ``missed`` under the old one as well. What rang has rung.
        """
        self._count_up(now, policy)
        if not missed:
            self.broken_at = None
        self.rung = rung

    def _due(self, start: datetime, policy: Policy) -> datetime:
        """As of ``start``, until which ``spent`` was counted."""
        # A pause after the breach moves nothing: what is missed is missed.
        if self.broken_at is not None:
            return self.broken_at
        return policy.calendar.after(start, max(self.allowed - self.spent, NOTHING))

    def _rings_at(self, stage: int, start: datetime, policy: Policy) -> datetime:
        """Never before ``start``: a stage whose time came in a pause rings when the pause is over, and is not late."""
        if stage > WARNING:
            return max(self._due(start, policy) + policy.ladder[stage - 1], start)
        return policy.calendar.after(start, max(self.allowed * policy.warn_at - self.spent, NOTHING))

    def _runs_since(self, now: datetime, policy: Policy) -> datetime | None:
        if self.running_since is not None:
            return self.running_since
        end = self.runs_on_at(policy)
        return end if end is not None and end < now else None

    def _run_from(self, moment: datetime) -> None:
        self.run, self.running_since, self.paused_at = Run.RUNNING, moment, None

    def _count_up(self, now: datetime, policy: Policy) -> None:
        end = self.runs_on_at(policy)
        if end is not None and end < now:  # at the very moment, what happens then comes first
            self.run_on(now, policy)
        due = self.due(policy)
        if due is not None and due < now:
            self.broken_at = due
        self.spent = self.spent_at(now, policy)
        if self.running_since is not None:
            self.running_since = now
        if self.paused_at is not None:
            self.paused += policy.calendar.between(self.paused_at, now)
            self.paused_at = now

    def _end(self, run: Run, now: datetime, policy: Policy) -> None:
        self._count_up(now, policy)
        self.run, self.running_since, self.paused_at, self.ended_at = run, None, None, now


@dataclass(kw_only=True, eq=False)
class Deadline(Countdown):
    """The countdown of one goal of one ticket."""

    ticket: TicketId
    goal: Goal
    cycle: int  # 1, and one more for each reopening
    policy: str = ""  # the name of the one it was promised under; "" in what was kept before this was
    # 延期, asked for and not yet answered.
    asked: timedelta | None = None
    asked_by: PersonId | None = None
    asked_at: datetime | None = None
    asked_why: str = ""

    def forget_wish(self) -> None:
        self.asked = self.asked_by = self.asked_at = None
        self.asked_why = ""
