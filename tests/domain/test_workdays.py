"""Work calendars: against the oracle of ``minutes``, laws that hold to the microsecond, and examples one can check."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from domain.sla.calendar import PlainTime, Stretch, Why
from domain.sla.days import CompanyDays
from domain.sla.week import WEEKDAYS, BadCalendar, Week, read_week
from domain.sla.workdays import OutOfSight, WorkCalendar
from tests.domain.calendars import calendar_of
from tests.domain.minutes import DAYS, MINUTE, WINDOWS, Plan, random_plan

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
OFFICE = {day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]}
ALL_DAY = {day: ["00:00-24:00"] for day in WEEKDAYS}
HOUR = timedelta(hours=1)


def calendar(
    week: dict[str, list[str]],
    zone: ZoneInfo = SHANGHAI,
    *,
    work: Iterable[str] = (),
    free: Iterable[str] = (),
) -> WorkCalendar:
    days = CompanyDays(map(date.fromisoformat, work), map(date.fromisoformat, free))
    return WorkCalendar("test", zone, read_week(week), [days])


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# ── against the oracle ──

plans = st.builds(random_plan, st.randoms(use_true_random=False), st.sampled_from(WINDOWS))
END = DAYS * 1440


@settings(max_examples=25, deadline=None)
@given(plans, st.lists(st.tuples(st.integers(0, END), st.integers(0, END)), min_size=20, max_size=20))
def test_every_minute_counts_as_the_clock_on_the_wall_says(plan: Plan, pairs: list[tuple[int, int]]) -> None:
    ours, flags, first = calendar_of(plan), plan.flags(), plan.where.first
    for start, end in map(sorted, pairs):
        counted = ours.between(first + start * MINUTE, first + end * MINUTE)
        assert counted == flags.count(1, start, end) * MINUTE
        stretches = list(ours.spans(first + start * MINUTE, first + end * MINUTE))
        _check_without_gaps(stretches, first + start * MINUTE, first + end * MINUTE)
        for stretch in stretches:
            inside = flags[(stretch.start - first) // MINUTE : (stretch.end - first) // MINUTE]
            assert set(inside) == {int(stretch.counted)}


@settings(max_examples=25, deadline=None)
@given(plans, st.lists(st.tuples(st.integers(0, END // 2), st.integers(1, 6000)), min_size=20, max_size=20))
def test_time_is_up_with_the_last_minute_that_is_needed(plan: Plan, asked: list[tuple[int, int]]) -> None:
    ours, flags, first = calendar_of(plan), plan.flags(), plan.where.first
    for start, needed in asked:
        at_minute, left = start, needed
        while left and at_minute < END:
            left -= flags[at_minute]
            at_minute += 1
        if not left:
            assert ours.after(first + start * MINUTE, needed * MINUTE) == first + at_minute * MINUTE


def _check_without_gaps(stretches: list[Stretch], start: datetime, end: datetime) -> None:
    if start == end:
        assert stretches == []
        return
    assert (stretches[0].start, stretches[-1].end) == (start, end)
    assert all(one.end == following.start for one, following in pairwise(stretches))


# ── laws, to the microsecond ──

moments = st.timedeltas(timedelta(0), timedelta(days=80 * 365)).map(datetime(1980, 1, 1, tzinfo=UTC).__add__)
amounts = st.timedeltas(timedelta(0), timedelta(hours=300))


@settings(deadline=None)
@given(plans, moments, amounts, amounts)
def test_counting_on_is_counting_at_once(
    plan: Plan, start: datetime, one: timedelta, more: timedelta
) -> None:
    ours = calendar_of(plan)
    try:
        middle = ours.after(start, one)
        end = ours.after(middle, more)
    except OutOfSight:
        reject()  # so little time counts that it is refused, which has a test of its own
    assert ours.after(start, one + more) == end
    assert ours.between(start, middle) == one
    assert ours.between(middle, end) == more
    assert ours.between(start, end) == one + more == -ours.between(end, start)
    # The first such moment: a microsecond earlier it is not yet so much.
    if one:
        assert ours.between(start, middle - timedelta(microseconds=1)) == one - timedelta(microseconds=1)


@settings(deadline=None)
@given(plans, moments, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_what_counts_in_the_stretches_is_what_counts(plan: Plan, start: datetime, length: timedelta) -> None:
    ours = calendar_of(plan)
    stretches = list(ours.spans(start, start + length))
    _check_without_gaps(stretches, start, start + length)
    assert sum((s.length for s in stretches if s.counted), timedelta()) == ours.between(start, start + length)


@pytest.mark.parametrize("plain", [PlainTime(), calendar(ALL_DAY), calendar(ALL_DAY, NEW_YORK)])
def test_around_the_clock_is_plain_time(plain: PlainTime | WorkCalendar) -> None:
    """Also over the days on which clocks are changed, and for times that are told in such a zone."""
    start = at("2026-03-07T12:00", NEW_YORK)
    assert plain.after(start, 24 * HOUR) == start.astimezone(UTC) + 24 * HOUR
    assert plain.between(start, at("2026-03-08T12:00", NEW_YORK)) == 23 * HOUR
    assert [s.length for s in plain.spans(start, at("2026-11-08T12:00", NEW_YORK))] == [246 * 24 * HOUR]


# ── examples ──


def test_the_lunch_break_the_night_and_the_weekend_do_not_count() -> None:
    office = calendar(OFFICE)
    assert office.after(at("2026-03-06T11:30"), 2 * HOUR) == at("2026-03-06T15:00")
    assert office.after(at("2026-03-06T17:30"), 2 * HOUR) == at("2026-03-09T10:30")
    assert office.after(at("2026-03-07T17:30"), 2 * HOUR) == at("2026-03-09T11:00")


def test_time_that_is_up_at_six_is_up_at_six_and_not_next_morning() -> None:
    office = calendar(OFFICE)
    assert office.after(at("2026-03-06T17:00"), HOUR) == at("2026-03-06T18:00")
    assert office.after(at("2026-03-06T20:00"), timedelta()) == at("2026-03-06T20:00")


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = calendar({"fri": ["22:00-06:00"]}, free=["2026-03-07"])
    assert night.after(at("2026-03-06T23:00"), 4 * HOUR) == at("2026-03-07T03:00")
    assert night.between(at("2026-03-07T00:00"), at("2026-03-08T00:00")) == 6 * HOUR
    no_friday = calendar({"fri": ["22:00-06:00"]}, free=["2026-03-06"])
    assert no_friday.between(at("2026-03-06T00:00"), at("2026-03-08T00:00")) == timedelta()


def test_a_night_shift_over_the_turn_of_the_year_is_counted_once() -> None:
    night = calendar({"wed": ["20:00-08:00"]})
    eve = at("2025-12-31T00:00")  # a Wednesday
    assert night.between(eve, at("2026-01-02T00:00")) == 12 * HOUR
    assert night.after(at("2025-12-31T23:00"), 5 * HOUR) == at("2026-01-01T04:00")
    assert night.between(at("2026-01-01T02:00"), at("2026-01-01T09:00")) == 6 * HOUR


def test_a_night_shift_of_last_year_still_counts_when_it_is_new_year_everywhere() -> None:
    night = calendar({"wed": ["20:00-10:00"]})
    morning = at("2026-01-01T08:30")  # in UTC as well
    assert night.between(morning, at("2026-01-01T12:00")) == 1.5 * HOUR
    assert night.after(morning, HOUR) == at("2026-01-01T09:30")


def test_hours_put_beside_a_night_shift_by_an_exception_are_not_counted_twice() -> None:
    guard = calendar({"mon": ["06:00-14:00"], "sat": ["22:00-08:00"]}, work=["2026-03-08"])
    assert guard.between(at("2026-03-07T22:00"), at("2026-03-08T14:00")) == 16 * HOUR


def test_a_company_day_works_as_its_own_weekday_or_else_as_monday() -> None:
    week = {"mon": ["09:00-17:00"], "sat": ["10:00-12:00"]}
    extra = calendar(week, work=["2026-03-07", "2026-03-08"])
    assert [str(span) for span in extra.day(date(2026, 3, 7)).spans] == ["10:00-12:00"]
    assert [str(span) for span in extra.day(date(2026, 3, 8)).spans] == ["09:00-17:00"]
    assert extra.day(date(2026, 3, 8)).why is Why.COMPANY_WORK


def test_a_free_company_day_does_not_count_and_says_why() -> None:
    party = calendar(OFFICE, free=["2026-03-09"])
    assert party.after(at("2026-03-06T17:00"), 2 * HOUR) == at("2026-03-10T10:00")
    told = [(s.why, s.counted) for s in party.spans(at("2026-03-06T17:00"), at("2026-03-10T10:00"))]
    assert told == [
        (Why.WORK, True),
        (Why.OFF, False),
        (Why.WEEKEND, False),
        (Why.COMPANY_FREE, False),
        (Why.OFF, False),
        (Why.WORK, True),
    ]


def test_the_noon_break_is_a_break_and_the_evening_is_not() -> None:
    told = [s.why for s in calendar(OFFICE).spans(at("2026-03-09T08:00"), at("2026-03-09T20:00"))]
    assert told == [Why.OFF, Why.WORK, Why.BREAK, Why.WORK, Why.OFF]


@pytest.mark.parametrize(
    ("day", "hours", "counted"),
    [
        ("2026-03-08", "01:00-05:00", 3),  # 02:00 to 03:00 does not exist
        ("2026-03-08", "02:00-03:00", 0),
        ("2026-03-08", "02:30-04:00", 1),
        ("2026-11-01", "00:00-03:00", 4),  # 01:00 to 02:00 is there twice
        ("2026-11-01", "00:00-01:30", 1.5),  # and ends when the clock first shows half past
        ("2026-11-01", "01:30-03:00", 2.5),
    ],
)
def test_hours_on_the_days_on_which_clocks_are_changed(day: str, hours: str, counted: float) -> None:
    sunday = calendar({"sun": [hours]}, NEW_YORK)
    begin = at(day, NEW_YORK)
    assert sunday.between(begin, begin + timedelta(days=1)) == counted * HOUR


def test_where_midnight_is_skipped_the_day_begins_at_one() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    sunday = calendar({"sun": ["00:00-24:00"]}, zone)
    assert sunday.after(at("2018-11-03T12:00", zone), timedelta(seconds=1)) == at("2018-11-04T01:00:01", zone)
    assert sunday.between(at("2018-11-03T12:00", zone), at("2018-11-05T12:00", zone)) == 23 * HOUR


def test_where_a_whole_day_is_skipped_its_hours_are_nobodys() -> None:
    zone = ZoneInfo("Pacific/Apia")
    friday = calendar({"fri": ["09:00-17:00"]}, zone)
    assert friday.between(at("2011-12-29T00:00", zone), at("2011-12-31T23:00", zone)) == timedelta()
    assert friday.after(at("2011-12-29T00:00", zone), HOUR) == at("2012-01-06T10:00", zone)


# ── limits ──


def test_a_calendar_without_any_work_is_refused() -> None:
    with pytest.raises(BadCalendar):
        WorkCalendar("empty", SHANGHAI, Week(((),) * 7))


def test_a_day_that_is_both_extra_and_free_is_refused() -> None:
    with pytest.raises(BadCalendar, match=r"extra_work\[1\]：2026-01-04"):
        calendar(OFFICE, work=["2026-01-03", "2026-01-04"], free=["2026-01-04"])


def test_what_would_never_come_due_is_refused_and_not_searched_for_ever() -> None:
    minute = calendar({"mon": ["09:00-09:01"]})
    with pytest.raises(OutOfSight):
        minute.after(at("2026-03-06T11:30"), 1000 * HOUR)


def test_time_without_a_zone_and_time_backwards_are_refused() -> None:
    office = calendar(OFFICE)
    with pytest.raises(ValueError, match="no time zone"):
        office.between(datetime(2026, 1, 1), at("2026-01-01"))  # noqa: DTZ001
    with pytest.raises(ValueError, match="backwards"):
        office.after(at("2026-01-01"), -HOUR)


def test_a_hundred_hours_cost_far_less_than_a_millisecond_and_a_year_less_than_ten() -> None:
    """With room for a busy machine: a walk over minutes or spans would be a hundred times slower."""
    office, start = calendar(OFFICE), at("2026-03-06T11:30")
    assert _fastest(lambda: calendar(OFFICE).between(start, start + timedelta(days=200))) < 0.030
    assert _fastest(lambda: office.after(start, 100 * HOUR)) < 0.000_200
    assert _fastest(lambda: office.after(start, 1900 * HOUR)) < 0.000_200


def _fastest(work: object) -> float:
    assert callable(work)
    spent = []
    for _ in range(20):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def test_random_calendars_are_calendars() -> None:
    rng = Random(1)
    for _ in range(200):
        calendar_of(random_plan(rng, rng.choice(WINDOWS)))
