"""What the State Council decided, day by day as published, and what is not known yet."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.holidays_cn import ChineseHolidays
from domain.sla.calendar import Why
from domain.sla.days import CompanyDays
from domain.sla.week import WEEKDAYS, read_week
from domain.sla.workdays import WorkCalendar

OFFICE = {day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]}
FAR = 2080  # no arrangement has been published for it, and none will be for a while


def calendar(week: dict[str, list[str]], *company: CompanyDays) -> WorkCalendar:
    return WorkCalendar("cn", ZoneInfo("Asia/Shanghai"), read_week(week), [*company, ChineseHolidays()])


def days(*written: str) -> list[date]:
    return [date.fromisoformat(day) for day in written]


# 国办发明电〔2024〕12号 and 〔2025〕7号, typed from the notices: (days off, days worked).
NOTICES = {
    2025: (
        [
            ("2025-01-01", 1),
            ("2025-01-28", 8),
            ("2025-04-04", 3),
            ("2025-05-01", 5),
            ("2025-05-31", 3),
            ("2025-10-01", 8),
        ],
        ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
    ),
    2026: (
        [
            ("2026-01-01", 3),
            ("2026-02-15", 9),
            ("2026-04-04", 3),
            ("2026-05-01", 5),
            ("2026-06-19", 3),
            ("2026-09-25", 3),
            ("2026-10-01", 7),
        ],
        ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
    ),
}


@pytest.mark.parametrize("year", NOTICES)
def test_each_day_of_a_published_year_is_as_the_notice_says(year: int) -> None:
    off, worked = NOTICES[year]
    free = {date.fromisoformat(first) + timedelta(days=n) for first, count in off for n in range(count)}
    ours = calendar(OFFICE)
    first = date(year, 1, 1)
    for day in (first + timedelta(days=n) for n in range(365)):
        expected = day in days(*worked) or (day.weekday() < 5 and day not in free)
        assert ours.day(day).work == expected, day


def test_golden_days() -> None:
    ours = calendar(OFFICE)
    assert all(ours.day(day).work for day in days("2025-01-26", "2025-10-11", "2026-01-04", "2026-02-28"))
    free = [date(2025, 10, n) for n in range(1, 9)] + [date(2026, 2, 17)]
    assert not any(ours.day(day).work for day in free)


def test_a_free_day_has_its_name_and_a_make_up_day_says_what_it_makes_up_for() -> None:
    ours = calendar(OFFICE)
    spring, swapped, worked = (ours.day(day) for day in days("2026-02-17", "2026-02-20", "2026-02-14"))
    assert (spring.why, spring.name) == (Why.HOLIDAY, "春节")
    assert (swapped.why, swapped.name) == (Why.HOLIDAY, "调休（2月14日 周六补班）")
    assert (worked.why, worked.name, worked.like) == (Why.MAKE_UP, "替2月20日 周五", date(2026, 2, 20))


def test_a_make_up_day_works_the_hours_of_the_day_it_stands_in_for() -> None:
    week = {**OFFICE, "fri": ["09:00-16:00"]}
    assert [str(span) for span in calendar(week).day(date(2026, 2, 14)).spans] == ["09:00-16:00"]
    # In the notice for 2007 New Year's free days were paid for in December.
    assert calendar(week).day(date(2006, 12, 30)).like == date(2007, 1, 2)


def test_the_company_has_the_last_word() -> None:
    company = CompanyDays(extra_work=days("2026-02-23"), extra_free=days("2026-01-04"))
    ours = calendar(OFFICE, company)
    assert ours.day(date(2026, 2, 23)).why is Why.COMPANY_WORK
    assert ours.day(date(2026, 1, 4)).why is Why.COMPANY_FREE
    # That 28 February makes up for the 23rd no longer matters, but nobody said that it is free.
    assert ours.day(date(2026, 2, 28)).why is Why.MAKE_UP


def test_a_company_day_that_is_a_make_up_day_anyway_works_its_hours() -> None:
    week = {**OFFICE, "fri": ["09:00-16:00"]}
    ours = calendar(week, CompanyDays(extra_work=days("2026-01-04")))
    assert [str(span) for span in ours.day(date(2026, 1, 4)).spans] == ["09:00-16:00"]


def test_a_year_without_a_notice_warns_and_guesses_nothing() -> None:
    ours = calendar(OFFICE)
    assert ours.unpublished(date(2025, 1, 1), date(2025, 12, 23)) == ()
    assert ours.unpublished(date(FAR, 3, 1), date(FAR + 1, 3, 1)) == (FAR, FAR + 1)
    told = [ours.day(date(FAR, 1, 1) + timedelta(days=n)) for n in range(366)]
    assert not [day for day in told if day.why is Why.MAKE_UP]
    # Thirteen days are fixed by law, wherever in the week they fall; which days are moved is not.
    assert sum(day.why is Why.HOLIDAY for day in told) == 13


def test_the_end_of_a_year_waits_for_the_next_years_notice() -> None:
    assert calendar(OFFICE).unpublished(date(2025, 12, 20), date(2025, 12, 31)) == ()
    assert ChineseHolidays().lacks(date(2025, 12, 31)) is None
    assert ChineseHolidays().lacks(date(FAR, 12, 31)) == FAR


def test_without_chinese_holidays_nothing_is_unpublished() -> None:
    plain = WorkCalendar("plain", ZoneInfo("UTC"), read_week(OFFICE), [CompanyDays()])
    assert plain.unpublished(date(FAR, 1, 1), date(FAR, 12, 31)) == ()
    assert plain.day(date(2026, 2, 17)).work
