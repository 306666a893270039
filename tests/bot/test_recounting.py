"""The rules change under open tickets: what is counted anew and told of it, and the past still explains it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from bot.histories import by_desk
from bot.promises import calendar_of
from bot.settings import CalendarSection
from domain.base import CLOCK, DomainError
from domain.sla.calendar import PlainTime
from domain.sla.deadline import Run
from domain.sla.events import DueRecounted
from domain.sla.policy import Goal, Policy, Target
from domain.sla.recounting import RecountDue, recounts
from domain.tickets.assigning import AcceptTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from tests.bot.lives import ALWAYS_OFFICE, HOUR, LADDER, MOVES, POLICIES, TARGETS, WEEK, Told, at, opened
from tests.domain.people import CHEN, IT, LI, ZHANG, Policies

SATURDAYS = calendar_of(CalendarSection(name="office", spans={**WEEK, "sat": ("09:00-12:00",)}))
MONDAY_FREE = calendar_of(
    CalendarSection(name="office", spans=WEEK, extra_free=(at("2026-03-09T12:00").date(),))
)


async def under(told: Told, **rules: Policy) -> None:
    """The configuration is replaced and applied."""
    changed = POLICIES | {name: replace(policy, name=name) for name, policy in rules.items()}
    told.unit.policies = Policies(changed)
    await told.do(RecountDue("1001", "paidan apply"), CLOCK)
    told.promises = by_desk([IT, ALWAYS_OFFICE], changed)


def counting(calendar: object = None, **changes: object) -> Policy:
    given = changes if calendar is None else {**changes, "calendar": calendar}
    return replace(POLICIES["standard"], **given)  # type: ignore[arg-type]


def news(told: Told) -> list[tuple[Goal, datetime | None, datetime | None]]:
    events = told.unit.past.kept[told.ticket.id]
    return [(e.goal, e.before, e.due) for e in events if isinstance(e, DueRecounted)]


async def worked_on(when: str, priority: Priority = Priority.P2) -> Told:
    told = await opened(when, priority)
    return await told.at(when, AcceptTicket("1001"), LI)


async def test_a_free_day_moves_the_due_time_and_its_timer_and_is_written_down() -> None:
    told = await worked_on("2026-03-06T16:00")
    told.unit.now = at("2026-03-06T17:00")
    await under(told, standard=counting(MONDAY_FREE))
    assert news(told) == [(Goal.RESOLVE, at("2026-03-09T16:30"), at("2026-03-10T16:30"))]
    assert told.unit.timers.set_for["alarm:1:resolve"] == at("2026-03-10T14:54")  # at 80 %
    assert all(one.agrees for one in told.now())
    await under(told, standard=counting(MONDAY_FREE))
    assert len(news(told)) == 1  # once more changes nothing


async def test_the_past_is_counted_anew_as_well() -> None:
    told = await worked_on("2026-03-06T16:00")
    told.unit.now = at("2026-03-09T10:00")
    await under(told, standard=counting(SATURDAYS))
    assert news(told) == [(Goal.RESOLVE, at("2026-03-09T16:30"), at("2026-03-09T12:00"))]


async def test_a_new_promise_was_not_broken_before_it_was_made() -> None:
    told = await worked_on("2026-03-06T09:00")
    told.unit.now = at("2026-03-06T15:00")
    shorter = counting(targets={**TARGETS, Priority.P2: Target(None, HOUR)})
    await under(told, standard=shorter)
    assert news(told) == [(Goal.RESOLVE, at("2026-03-09T09:30"), at("2026-03-06T15:00"))]
    (kept,) = [d for d in told.unit.all_deadlines() if d.goal is Goal.RESOLVE]
    first = kept.next_alarm(shorter)
    assert first is not None
    assert (first.stage, first.at) == (0, told.unit.now)


async def test_what_has_rung_does_not_ring_again_though_more_time_is_given() -> None:
    told = await worked_on("2026-03-06T09:00", Priority.P1)
    told.unit.now = at("2026-03-06T15:00")
    await told.ring()
    longer = counting(targets={**TARGETS, Priority.P1: Target(None, 8 * HOUR)})
    await under(told, standard=longer)
    assert news(told) == [(Goal.RESOLVE, at("2026-03-06T14:30"), at("2026-03-09T09:30"))]
    told.unit.now = at("2026-03-09T11:00")
    await told.ring()
    assert told.levels() == [(0, "15:00"), (1, "15:00"), (2, "15:00"), (3, "11:00")]


async def test_a_pause_is_counted_anew_by_what_is_left() -> None:
    told = await worked_on("2026-03-06T16:00")
    await told.at("2026-03-06T17:00", AskRequester("1001", "？"), LI)
    told.unit.now = at("2026-03-09T10:00")
    await under(told, standard=counting(PlainTime()))
    assert news(told) == []  # an hour is an hour
    await under(told, standard=counting(targets={**TARGETS, Priority.P2: Target(None, 4 * HOUR)}))
    assert news(told) == [(Goal.RESOLVE, None, None)]  # three hours are left instead of seven
    await told.at("2026-03-09T11:00", AnswerQuestion("1001", "！"), ZHANG)
    assert told.now()[-1].reckoning.due == at("2026-03-09T15:30")


async def test_a_promise_that_is_no_more_is_dropped_and_one_that_is_new_begins_with_the_ticket() -> None:
    told = await worked_on("2026-03-06T16:00", Priority.P4)
    told.unit.now = at("2026-03-06T17:00")
    await under(told, standard=counting(targets={}))
    assert (news(told)[-1][2], told.unit.timers.set_for) == (None, {})
    await under(told, standard=counting(targets={Priority.P4: Target(None, 3 * HOUR)}))
    assert news(told)[-1] == (Goal.RESOLVE, None, at("2026-03-09T10:00"))
    (kept,) = [d for d in told.unit.all_deadlines() if d.goal is Goal.RESOLVE]
    assert (kept.cycle, kept.started_at, kept.run) == (2, at("2026-03-06T16:00"), Run.RUNNING)


async def test_what_the_old_priority_did_not_promise_is_promised_from_the_new_one_on() -> None:
    only_urgent = {Priority.P1: Target(HOUR / 4, 4 * HOUR)}
    told = await opened("2026-03-06T10:00", Priority.P4)
    await under(told, standard=counting(targets=only_urgent))
    await told.at("2026-03-06T10:10", AcceptTicket("1001"), LI)
    await told.at("2026-03-06T10:20", AskRequester("1001", "？"), LI)
    await told.at("2026-03-06T10:30", SetPriority("1001", Priority.P1), CHEN)
    (kept,) = [d for d in told.unit.all_deadlines() if d.is_open]
    assert (kept.goal, kept.run) == (Goal.RESOLVE, Run.PAUSED)
    await told.at("2026-03-06T11:00", AnswerQuestion("1001", "！"), ZHANG)
    assert kept.due(counting(targets=only_urgent)) == at("2026-03-06T16:30")
    assert told.now()[-1].reckoning.due == at("2026-03-06T16:30")


async def test_looking_changes_nothing_and_says_what_would_change() -> None:
    told = await worked_on("2026-03-06T16:00")
    before = [vars(deadline).copy() for deadline in told.unit.all_deadlines()]
    past = told.unit.past.kept[told.ticket.id]
    promises = {"it": counting(MONDAY_FREE)}
    found = list(recounts(told.unit.all_deadlines(), past, "it", promises, at("2026-03-06T17:00")))
    assert [(one.goal, one.is_news, one.due) for one in found] == [
        (Goal.RESOLVE, True, at("2026-03-10T16:30"))
    ]
    assert [vars(deadline) for deadline in told.unit.all_deadlines()] == before


RULES = (
    POLICIES["standard"],
    counting(SATURDAYS),
    counting(MONDAY_FREE, ladder=LADDER[:1]),
    counting(PlainTime(), targets={p: Target(HOUR, 6 * HOUR) for p in Priority}),
    counting(targets={Priority.P1: Target(HOUR, HOUR), Priority.P3: Target(None, 30 * HOUR)}),
    counting(targets={}),
)


@pytest.mark.parametrize("seed", range(80))
async def test_any_life_under_changing_rules_is_still_explained_by_its_past(seed: int) -> None:
    rng = Random(seed)
    told = await opened("2026-03-05T08:00", rng.choice(list(Priority)))
    for _ in range(rng.randrange(16)):
        told.unit.now += timedelta(minutes=rng.choice([1, 20, 200, rng.randrange(3000)]))
        await told.ring()
        try:
            if rng.random() < 0.3:
                await under(told, standard=rng.choice(RULES), always=rng.choice(RULES[:5]))
            else:
                await told.do(*rng.choice(MOVES))
        except DomainError:
            continue
    told.unit.now += timedelta(minutes=rng.randrange(3000))
    for one in told.now():
        if one.kept.is_open:  # what is over stays as it was counted
            assert (one.agrees, one.kept.run) == (True, one.reckoning.run)
            assert one.kept.allowed == one.reckoning.allowed
    for goal in Goal:
        levels = [(cycle, level) for named, cycle, level in told.rung if named is goal]
        changes = {row.kind for row in told.rows} & {"priority_changed", "desk_changed"}
        assert changes or len(levels) == len(set(levels))  # a level rings once in a cycle
