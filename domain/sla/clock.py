"""The clock as one pure function: what happened to a promise, in; when it is due, and why, out.

A ``Countdown`` keeps the sum of the past, because due times are asked for all day; here the whole past is told again
through the same arithmetic, so that the explanation cannot differ from what rang.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.base import PersonId
from domain.sla.calendar import Stretch, Why, utc
from domain.sla.deadline import NOTHING, Alarm, Countdown, Run
from domain.sla.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Fact:
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Started(Fact):
    """Opened, or reopened: each one begins a new cycle, and what was before no longer matters."""

    policy: Policy
    allowed: timedelta


@dataclass(frozen=True, kw_only=True)
class Changed(Fact):
    """Another priority or desk: from here on another target, calendar and ladder."""

    policy: Policy
    allowed: timedelta


@dataclass(frozen=True, kw_only=True)
class Recounted(Fact):
    """The rules were changed, and what was before is told under the new ones, as if they had always held.

    ``missed`` says whether it was by then, under the old ones; ``rung`` is the last stage that had rung.
    """

    missed: bool
    rung: int


@dataclass(frozen=True, kw_only=True)
class Extended(Fact):
    """延期, with the lead's consent."""

    extra: timedelta


@dataclass(frozen=True, kw_only=True)
class Paused(Fact):
    by: PersonId
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Resumed(Fact):
    pass


@dataclass(frozen=True, kw_only=True)
class TakenOver(Fact):
    """我来跟: the ladder ends, the time goes on."""

    by: PersonId


@dataclass(frozen=True, kw_only=True)
class Met(Fact):
    pass


@dataclass(frozen=True, kw_only=True)
class Cancelled(Fact):
    pass


@dataclass(frozen=True)
class Reckoning:
    """``segments`` reach from the start to now, or to the end; what counts in them is ``spent``, exactly.

    ``ahead`` goes on from now to the due time while that lies ahead; with it, what counts is ``allowed``, exactly.
    ``alarms`` are those that have rung by now, each when it was due to ring, and those that still would.
    """

    run: Run
    allowed: timedelta
    spent: timedelta
    started_at: datetime
    ended_at: datetime | None
    due: datetime | None
    missed: bool
    alarms: tuple[Alarm, ...]
    segments: tuple[Stretch, ...]
    ahead: tuple[Stretch, ...]

    @property
    def left(self) -> timedelta:
        return max(self.allowed - self.spent, NOTHING)


def reckon(facts: Sequence[Fact], now: datetime) -> Reckoning:
    """``facts`` in the order in which they happened, the first of them a start, and none after ``now``."""
    return _told(newest_cycle(facts), now).reckoning(now)


def recount(facts: Sequence[Fact], again: Recounted) -> tuple[Countdown, Policy]:
    """The running sum of ``facts`` as of ``again``, and the policy that it is held to by then."""
    telling = _told([*newest_cycle(facts), again], again.at)
    return telling.count, telling.policy


def standing(cycle: Sequence[Fact], now: datetime) -> tuple[Countdown, Policy]:
    """How it stands at ``now``, before anything that happens at that very moment has rung."""
    telling = _told(cycle, now)
    return telling.count, telling.policy


def newest_cycle(facts: Sequence[Fact]) -> Sequence[Fact]:
    starts = [index for index, fact in enumerate(facts) if isinstance(fact, Started)]
    return facts[starts[-1] :]


def _told(cycle: Sequence[Fact], now: datetime) -> _Telling:
    telling = _Telling(cycle[0])
    for fact in cycle[1:]:
        telling.go_on_to(fact.at)
        telling.hear(fact)
    telling.go_on_to(now)
    return telling


class _Telling:
    """The past, as far as it is told."""

    def __init__(self, start: Fact) -> None:
        assert isinstance(start, Started)
        self.policy = start.policy
        self.count = Countdown(allowed=start.allowed, started_at=start.at, running_since=start.at)
        self._at = utc(start.at)
        self._pause: Paused | None = None
        self._promised: datetime | None = None  # the due time that held when it was over
        self._rung: list[Alarm] = []
        self._segments: list[Stretch] = []

    def go_on_to(self, moment: datetime) -> None:
        moment = utc(moment)
        if moment < self._at:
            raise ValueError(f"{moment} was told after {self._at}")
        runs_on_at = self.count.runs_on_at(self.policy)
        if runs_on_at is not None and runs_on_at < moment:
            self._walk_to(runs_on_at)
            self.count.run_on(runs_on_at, self.policy)
        self._walk_to(moment)

    def _walk_to(self, moment: datetime) -> None:
        self._segments.extend(self._stretches_to(moment))
        self._ring_until(moment)
        self._at = moment

    def hear(self, fact: Fact) -> None:
        match fact:
            case Paused() if self.count.run is Run.RUNNING:
                self.count.pause(fact.at, self.policy)
                self._pause = fact
            case Resumed() if self.count.run is Run.PAUSED:
                self.count.resume(fact.at, self.policy)
            case Changed(policy=policy, allowed=allowed) if self.count.is_open:
                self._change(policy, allowed, fact.at)
            case Extended(extra=extra) if self.count.is_open:
                self.count.extend(extra, fact.at, self.policy)
            case Recounted(missed=missed, rung=rung) if self.count.is_open:
                self.count.start_over(rung, fact.at, self.policy, missed=missed)
                self._rung = [alarm for alarm in self._rung if alarm.stage <= rung]
            case TakenOver(by=by):
                self.count.taken_by = by
            case Met() | Cancelled() if self.count.is_open:
                self._end(fact)

    def reckoning(self, now: datetime) -> Reckoning:
        count, due = self.count, self.count.due(self.policy)
        is_ahead = due is not None and due > now
        return Reckoning(
            run=count.run,
            allowed=count.allowed,
            spent=count.spent_at(now, self.policy),
            started_at=count.started_at,
            ended_at=count.ended_at,
            due=due or count.broken_at or self._promised,
            missed=count.is_missed(now, self.policy),
            alarms=(*self._rung, *self._alarms_ahead()),
            segments=tuple(self._segments),
            ahead=tuple(self.policy.calendar.spans(now, due)) if due is not None and is_ahead else (),
        )

    def _change(self, policy: Policy, allowed: timedelta, at: datetime) -> None:
        self.count.allow(allowed, at, policy, self.policy)
        self.policy = policy

    def _end(self, fact: Met | Cancelled) -> None:
        self._promised = self.count.due(self.policy)
        end = self.count.meet if isinstance(fact, Met) else self.count.cancel
        end(fact.at, self.policy)

    def _stretches_to(self, moment: datetime) -> Iterator[Stretch]:
        if self.count.run is Run.RUNNING:
            yield from self.policy.calendar.spans(self._at, moment)
        elif self.count.run is Run.PAUSED and self._at < moment:
            assert self._pause is not None
            yield Stretch(self._at, moment, False, Why.PAUSED, self._pause.reason, self._pause.by)

    def _ring_until(self, moment: datetime) -> None:
        """What rings at the very moment of a fact is told after it: the fact may have moved it away."""
        while (alarm := self.count.next_alarm(self.policy)) is not None and alarm.at < moment:
            self.count.rung = alarm.stage
            self._rung.append(alarm)

    def _alarms_ahead(self) -> Iterator[Alarm]:
        rung = self.count.rung
        while (alarm := self.count.next_alarm(self.policy)) is not None:
            yield alarm
            self.count.rung = alarm.stage
        self.count.rung = rung
