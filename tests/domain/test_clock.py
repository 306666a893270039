"""The clock told as a story against the oracle of ``minutes``, which walks through it minute by minute.

``PAIDAN_HISTORIES=100000`` makes the walk as long as the promise of issue 3 asks for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.base import PersonId
from domain.sla.calendar import Calendar, PlainTime, Stretch, Why
from domain.sla.clock import (
    Cancelled,
    Changed,
    Extended,
    Fact,
    Met,
    Paused,
    Reckoning,
    Recounted,
    Resumed,
    Started,
    TakenOver,
    reckon,
)
from domain.sla.deadline import Alarm, Countdown, Run
from domain.sla.policy import Pausing, Policy
from domain.sla.week import WEEKDAYS, read_week
from domain.sla.workdays import WorkCalendar
from tests.domain.calendars import calendar_of
from tests.domain.minutes import DAYS, MINUTE, WINDOWS, Act, Plan, Rules, Walk, Window, random_plan

HISTORIES = int(os.environ.get("PAIDAN_HISTORIES", "600"))
A_CALENDAR_LASTS = 200  # histories
HOUR = timedelta(hours=1)
LI = PersonId(2)


@dataclass(frozen=True)
class Site:
    """A calendar twice: ours, and its minutes."""

    plan: Plan
    calendar: WorkCalendar
    flags: bytes


@dataclass(frozen=True)
class Story:
    """One promise, as the oracle hears it and as ours does."""

    where: Window
    start: int
    rules: Rules
    acts: tuple[Act, ...]
    facts: tuple[Fact, ...]
    now: int


def random_sites(rng: Random) -> list[Site]:
    """Two calendars, for a ticket may move to a desk with another one; in one window, so that minutes agree."""
    where = rng.choice(WINDOWS)
    plans = [random_plan(rng, where) for _ in range(2)]
    return [Site(plan, calendar_of(plan), plan.flags()) for plan in plans]


def random_story(rng: Random, sites: Sequence[Site]) -> Story:
    first = sites[0].plan.where.first
    minute = start = rng.randrange(0, 14 * 1440)
    rules, policy = _random_rules(rng, sites)
    acts: list[Act] = []
    facts: list[Fact] = [Started(at=first + minute * MINUTE, policy=policy, allowed=rules.allowed * MINUTE)]
    paused = False
    for _ in range(rng.randrange(7)):
        minute += rng.choice([0, 1, 5, 30, rng.randrange(600), rng.randrange(4000)])
        act, fact = _random_act(rng, minute, first + minute * MINUTE, sites, paused=paused)
        paused = {"pause": True, "resume": False}.get(act.what, paused)
        acts.append(act)
        facts.append(fact)
    now = minute + rng.choice([0, 1, rng.randrange(600), rng.randrange(6000)])
    return Story(sites[0].plan.where, start, rules, tuple(acts), tuple(facts), now)


def _random_rules(rng: Random, sites: Sequence[Site]) -> tuple[Rules, Policy]:
    site = rng.choice(sites)
    ladder = tuple(sorted(rng.choice([0, 30, 60, rng.randrange(300)]) for _ in range(rng.randrange(4))))
    limit = rng.choice([None, 0, 30, 60, rng.randrange(600)])
    rules = Rules(
        site.flags,
        rng.choice([10, 30, 240, 480, 10 * rng.randrange(1, 200)]),
        rng.choice([0.5, 0.8]),
        ladder,
        rng.random() < 0.8,
        limit,
    )
    pausing = Pausing(rules.pauses, None if limit is None else limit * MINUTE)
    policy = Policy(
        "p", {}, site.calendar, rules.warn, tuple(delay * MINUTE for delay in ladder), pausing=pausing
    )
    return rules, policy


def _random_act(
    rng: Random, minute: int, at: datetime, sites: Sequence[Site], *, paused: bool
) -> tuple[Act, Fact]:
    rolled = rng.random()
    if rolled < 0.6:
        paused_now = Resumed(at=at) if paused else Paused(at=at, by=LI, reason="型号？")
        return Act(minute, "resume" if paused else "pause"), paused_now
    if rolled < 0.78:
        rules, policy = _random_rules(rng, sites)
        return Act(minute, "change", rules), Changed(at=at, policy=policy, allowed=rules.allowed * MINUTE)
    if rolled < 0.86:
        extra = rng.choice([30, 60, 480])
        return Act(minute, "extend", extra=extra), Extended(at=at, extra=extra * MINUTE)
    if rolled < 0.9:
        missed, stage = rng.random() < 0.5, rng.randrange(4)
        act = Act(minute, "recount", missed=missed, stage=stage)
        return act, Recounted(at=at, missed=missed, rung=stage - 1)
    if rolled < 0.93:
        return Act(minute, "take"), TakenOver(at=at, by=LI)
    return (Act(minute, "meet"), Met(at=at)) if rolled < 0.97 else (Act(minute, "cancel"), Cancelled(at=at))


def check(story: Story) -> None:
    first, now = story.where.first, story.where.first + story.now * MINUTE
    until = min(DAYS * 1440 - 1, story.now + 10_000)
    walk = Walk(story.rules).go(story.start, story.acts, story.now, until)
    ours = reckon(story.facts, now)
    told = (ours.run in (Run.MET, Run.CANCELLED), ours.run is Run.PAUSED)
    assert told == (walk.state == "over", walk.state == "paused")
    assert ours.spent == walk.spent_by_now * MINUTE
    if walk.state == "over":
        assert ours.missed == walk.late
    elif walk.state == "paused" or walk.due is not None:
        due = None if walk.due is None else first + walk.due * MINUTE
        assert ours.due == due
        assert ours.missed == (due is not None and due < now)
    else:
        assert ours.due is not None
        assert ours.due > first + until * MINUTE
    seen = first + until * MINUTE
    assert [a for a in ours.alarms if a.at <= seen] == [Alarm(s, first + m * MINUTE) for s, m in walk.rung]
    _check_sums(ours, now)
    _check_kept(story.facts, ours, now, walk.stage_by_now)


def _check_sums(ours: Reckoning, now: datetime) -> None:
    """The explanation has no gap and adds up."""
    end = ours.ended_at or now
    for stretches, begin, until in ((ours.segments, ours.started_at, end), (ours.ahead, now, ours.due)):
        if stretches:
            assert (stretches[0].start, stretches[-1].end) == (begin, until)
            assert all(one.end == following.start for one, following in pairwise(stretches))
    assert bool(ours.segments) == (ours.started_at < end)
    assert _counted(ours.segments) == ours.spent
    if ours.ahead:
        assert _counted((*ours.segments, *ours.ahead)) == max(ours.allowed, ours.spent)


def _counted(stretches: Sequence[Stretch]) -> timedelta:
    return sum((s.length for s in stretches if s.counted), timedelta())


def _check_kept(facts: Sequence[Fact], ours: Reckoning, now: datetime, stage: int) -> None:
    """What storage keeps between two transactions is enough: the same due time, spent time, breach and next alarm."""
    kept, policy = _kept(facts)
    # Whoever looks before the timer of a pause's limit has fired sees the same.
    assert kept.spent_at(now, policy) == ours.spent
    assert not kept.is_open or kept.is_missed(now, policy) == ours.missed
    limit = kept.runs_on_at(policy)
    if limit is not None and limit < now:
        kept.run_on(now, policy)
    if kept.is_open:
        assert (kept.due(policy) or kept.broken_at) == ours.due
        assert kept.is_missed(now, policy) == ours.missed
    else:
        assert kept.late == (ours.missed and ours.run is Run.MET)
    assert (kept.run, kept.allowed, kept.spent_at(now, policy)) == (ours.run, ours.allowed, ours.spent)
    kept.rung = stage - 1
    following = kept.next_alarm(policy)
    assert following == next((alarm for alarm in ours.alarms if alarm.at >= now), None)


def _kept(facts: Sequence[Fact]) -> tuple[Countdown, Policy]:
    start = facts[0]
    assert isinstance(start, Started)
    kept, policy = Countdown(allowed=start.allowed, started_at=start.at, running_since=start.at), start.policy
    for fact in facts[1:]:
        if isinstance(fact, TakenOver):
            kept.taken_by = fact.by
        elif kept.is_open:
            policy = _move(kept, fact, policy)
    return kept, policy


def _move(kept: Countdown, fact: Fact, policy: Policy) -> Policy:
    match fact:
        case Paused():
            kept.pause(fact.at, policy)
        case Resumed():
            kept.resume(fact.at, policy)
        case Changed():
            kept.allow(fact.allowed, fact.at, fact.policy, policy)
            return fact.policy
        case Extended():
            kept.extend(fact.extra, fact.at, policy)
        case Recounted():
            kept.start_over(fact.rung, fact.at, policy, missed=fact.missed)
        case Met():
            kept.meet(fact.at, policy)
        case Cancelled():
            kept.cancel(fact.at, policy)
    return policy


def random_stories(seed: int, count: int) -> Iterator[tuple[int, Story]]:
    rng = Random(seed)
    sites: list[Site] = []
    for number in range(count):
        if number % A_CALENDAR_LASTS == 0:
            sites = random_sites(rng)
        yield number, random_story(rng, sites)


@pytest.mark.timeout(0 if HISTORIES > 10_000 else 120)
def test_random_histories_equal_the_walk_minute_by_minute() -> None:
    for number, story in random_stories(20260302, HISTORIES):
        try:
            check(story)
        except AssertionError as error:
            error.add_note(f"history {number}: {story.start} {story.acts} {story.now}")
            raise


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_smallest_history_that_differs_would_be_found(rng: Random) -> None:
    check(random_story(rng, random_sites(rng)))


# ── examples ──

OFFICE = WorkCalendar(
    "office",
    ZoneInfo("Asia/Shanghai"),
    read_week({day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]}),
)
DAY_AND_NIGHT = PlainTime()
LADDER = (timedelta(), 30 * MINUTE, 60 * MINUTE)


def policy(calendar: Calendar, *ladder: timedelta) -> Policy:
    return Policy("p", {}, calendar, 0.8, ladder)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def started(text: str, allowed: timedelta, calendar: Calendar = OFFICE, *ladder: timedelta) -> Started:
    return Started(at=at(text), policy=policy(calendar, *ladder), allowed=allowed)


def test_a_pause_moves_the_due_time_and_is_told_with_who_and_why() -> None:
    told = reckon(
        [
            started("2026-03-06T16:00", 4 * HOUR),
            Paused(at=at("2026-03-06T17:00"), by=LI, reason="型号？"),
            Resumed(at=at("2026-03-09T14:00")),
        ],
        at("2026-03-09T14:30"),
    )
    assert (told.due, told.spent, told.left) == (at("2026-03-09T17:00"), 1.5 * HOUR, 2.5 * HOUR)
    pause = next(s for s in told.segments if s.why is Why.PAUSED)
    assert (pause.by, pause.name, pause.counted) == (LI, "型号？", False)
    assert (pause.start, pause.end) == (at("2026-03-06T17:00"), at("2026-03-09T14:00"))


def test_what_is_up_at_six_is_missed_in_the_evening_though_no_more_was_spent() -> None:
    facts = [started("2026-03-06T16:00", 2 * HOUR)]
    assert not reckon(facts, at("2026-03-06T18:00")).missed
    evening = reckon([*facts, Met(at=at("2026-03-06T19:00"))], at("2026-03-06T20:00"))
    assert (evening.missed, evening.due, evening.spent) == (True, at("2026-03-06T18:00"), 2 * HOUR)


def test_what_was_met_in_time_still_says_when_it_would_have_been_due() -> None:
    told = reckon(
        [started("2026-03-06T16:00", 2 * HOUR), Met(at=at("2026-03-06T17:00"))], at("2026-03-08T00:00")
    )
    assert (told.run, told.missed, told.due) == (Run.MET, False, at("2026-03-06T18:00"))
    assert told.ended_at == told.segments[-1].end == at("2026-03-06T17:00")


def test_a_reopened_ticket_is_promised_anew() -> None:
    facts = [
        started("2026-03-06T09:00", 2 * HOUR),
        Met(at=at("2026-03-06T10:00")),
        started("2026-03-09T09:00", 2 * HOUR),
    ]
    told = reckon(facts, at("2026-03-09T10:00"))
    assert (told.spent, told.due, told.started_at) == (HOUR, at("2026-03-09T11:00"), at("2026-03-09T09:00"))


def test_another_desk_counts_on_with_its_own_calendar() -> None:
    night = Changed(at=at("2026-03-06T17:00"), policy=policy(DAY_AND_NIGHT), allowed=4 * HOUR)
    told = reckon([started("2026-03-06T16:00", 8 * HOUR), night], at("2026-03-06T19:00"))
    assert (told.due, told.spent) == (at("2026-03-06T20:00"), 3 * HOUR)
    assert [s.why for s in told.segments] == [Why.WORK, Why.ALWAYS]


def test_a_target_that_is_overspent_when_it_is_set_is_due_at_once_and_climbs_from_there() -> None:
    facts = [
        started("2026-03-06T09:00", 24 * HOUR, DAY_AND_NIGHT, *LADDER),
        Changed(at=at("2026-03-06T15:00"), policy=policy(DAY_AND_NIGHT, *LADDER), allowed=4 * HOUR),
    ]
    told = reckon(facts, at("2026-03-06T15:00"))
    assert told.due == at("2026-03-06T15:00")
    rings = ["2026-03-06T15:00", "2026-03-06T15:00", "2026-03-06T15:30", "2026-03-06T16:00"]
    assert told.alarms == tuple(Alarm(stage, at(when)) for stage, when in enumerate(rings))


def test_what_was_missed_and_still_is_rings_no_stage_again() -> None:
    facts = [
        started("2026-03-06T09:00", 2 * HOUR, DAY_AND_NIGHT, *LADDER),
        Changed(at=at("2026-03-06T14:00"), policy=policy(DAY_AND_NIGHT, *LADDER), allowed=4 * HOUR),
    ]
    told = reckon(facts, at("2026-03-06T15:00"))
    assert told.due == at("2026-03-06T11:00")
    assert [alarm.stage for alarm in told.alarms] == [0, 1, 2, 3]


def test_an_extension_lets_the_ladder_begin_again() -> None:
    facts = [
        started("2026-03-06T09:00", 2 * HOUR, DAY_AND_NIGHT, *LADDER),
        Extended(at=at("2026-03-06T11:10"), extra=2 * HOUR),
    ]
    told = reckon(facts, at("2026-03-06T11:10"))
    assert told.due == at("2026-03-06T13:00")
    assert [alarm.stage for alarm in told.alarms] == [0, 1, 0, 1, 2, 3]


def test_a_shorter_ladder_than_what_has_rung_already_is_simply_at_its_top() -> None:
    facts = [
        started("2026-03-06T09:00", HOUR, DAY_AND_NIGHT, *LADDER),
        Changed(at=at("2026-03-06T14:00"), policy=policy(DAY_AND_NIGHT, timedelta()), allowed=HOUR),
    ]
    assert [alarm.stage for alarm in reckon(facts, at("2026-03-06T15:00")).alarms] == [0, 1, 2, 3]


def test_a_level_whose_time_came_in_a_pause_rings_when_it_is_over() -> None:
    facts = [
        started("2026-03-06T09:00", HOUR, DAY_AND_NIGHT, *LADDER),
        Paused(at=at("2026-03-06T10:10"), by=LI),
        Resumed(at=at("2026-03-06T12:00")),
    ]
    rings = ["2026-03-06T09:48", "2026-03-06T10:00", "2026-03-06T12:00", "2026-03-06T12:00"]
    assert [alarm.at for alarm in reckon(facts, at("2026-03-06T13:00")).alarms] == [
        at(when) for when in rings
    ]


def test_who_takes_over_ends_the_ladder() -> None:
    facts = [
        started("2026-03-06T09:00", HOUR, DAY_AND_NIGHT, *LADDER),
        TakenOver(at=at("2026-03-06T10:10"), by=LI),
    ]
    assert [alarm.stage for alarm in reckon(facts, at("2026-03-06T13:00")).alarms] == [0, 1]


def test_a_story_told_in_the_wrong_order_is_refused() -> None:
    facts = [started("2026-03-06T09:00", HOUR), Resumed(at=at("2026-03-06T08:00"))]
    with pytest.raises(ValueError, match="told after"):
        reckon(facts, at("2026-03-06T10:00"))
