"""What a ladder would have done: the past of one ticket under any rules, without changing anything.

Levels ring when they were due, so this is the log of a program that never stopped and was never late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from domain.base import Event, PersonId
from domain.sla.calling import Reached, Whereabouts, route
from domain.sla.clock import Fact, Recounted, Started, reckon, standing
from domain.sla.history import Promises, facts_of, owned_at
from domain.sla.policy import Goal

AN_INSTANT = timedelta(microseconds=1)
Where = Callable[[datetime, str, PersonId | None], Whereabouts]  # when, at which desk, and whose it was


@dataclass(frozen=True)
class Called:
    """One ringing of one level. ``held`` is the call of the next morning for what rang in the night."""

    goal: Goal
    cycle: int
    stage: int
    at: datetime
    due: datetime | None
    called: Reached
    until: datetime | None = None
    held: bool = False


@dataclass(frozen=True)
class Breach:
    goal: Goal
    cycle: int
    due: datetime


@dataclass(frozen=True)
class Replay:
    calls: Sequence[Called]
    breaches: Sequence[Breach]


@dataclass(frozen=True)
class _Cycle:
    goal: Goal
    number: int
    facts: Sequence[Fact]
    end: datetime  # of the next one, or of what is looked at

    def until(self, moment: datetime) -> Sequence[Fact]:
        return [fact for fact in self.facts if fact.at <= moment]


async def replay(
    past: Sequence[Event], promises: Promises, where: Where, begin: datetime, end: datetime
) -> Replay:
    """What falls into the time from ``begin`` to ``end``, half open. ``past`` holds ``HEARD``, in order."""
    known = [event for event in past if event.at < end]
    calls: list[Called] = []
    breaches: list[Breach] = []
    for goal in Goal:
        for cycle in _cycles(goal, facts_of(known, goal, promises), end):
            calls += [call async for call in _Ladder(cycle, known, where).calls()]
            breaches += _breaches(cycle)
    inside = [call for call in calls if begin <= call.at < end]
    inside.sort(key=lambda call: (call.at, call.held, call.goal.value, call.stage))
    return Replay(inside, [breach for breach in breaches if begin <= breach.due < end])


def _cycles(goal: Goal, facts: Sequence[Fact], end: datetime) -> Iterator[_Cycle]:
    # The rules are looked at as if they had always held.
    facts = [fact for fact in facts if not isinstance(fact, Recounted)]
    starts = [index for index, fact in enumerate(facts) if isinstance(fact, Started)]
    for number, (first, following) in enumerate(pairwise([*starts, len(facts)]), 1):
        over = facts[following].at if following < len(facts) else end
        yield _Cycle(goal, number, facts[first:following], over)


def _breaches(cycle: _Cycle) -> Iterator[Breach]:
    told = reckon(cycle.facts, cycle.end)
    if told.missed and told.due is not None:
        yield Breach(cycle.goal, cycle.number, told.due)


class _Ladder:
    """One cycle of one promise, and whom each of its levels called."""

    def __init__(self, cycle: _Cycle, past: Sequence[Event], where: Where) -> None:
        self._cycle = cycle
        self._past = past
        self._where = where

    async def calls(self) -> AsyncIterator[Called]:
        for alarm in reckon(self._cycle.facts, self._cycle.end).alarms:
            if alarm.at >= self._cycle.end:
                return
            count, policy = standing(self._cycle.until(alarm.at), alarm.at)
            found = await route(alarm.stage, policy, alarm.at, self._around(alarm.at))
            count.run_on(alarm.at, policy)  # a pause that ends now may be what lets it ring
            due = count.due(policy)
            yield self._called(alarm.stage, alarm.at, due, found.called, until=found.until)
            if found.until is not None and (held := await self._held(alarm.stage, found.until)):
                yield held

    async def _held(self, stage: int, moment: datetime) -> Called | None:
        """None for what does not matter any more in the morning."""
        if moment >= self._cycle.end:
            return None
        # What is due at that very moment rings first.
        count, policy = standing(self._cycle.until(moment), moment + AN_INSTANT)
        if count.running_since is None or count.taken_by is not None or count.rung < stage:
            return None
        found = (await route(stage, policy, moment, self._around(moment))).called
        groups = found.groups if count.rung == stage else ()
        return self._called(stage, moment, None, Reached(found.people, groups), held=True)

    def _around(self, moment: datetime) -> Whereabouts:
        desk, assignee = owned_at(self._past, moment)
        return self._where(moment, desk, assignee)

    def _called(
        self,
        stage: int,
        at: datetime,
        due: datetime | None,
        called: Reached,
        *,
        until: datetime | None = None,
        held: bool = False,
    ) -> Called:
        return Called(self._cycle.goal, self._cycle.number, stage, at, due, called, until, held)
