"""Days of a work calendar, as people and machines read them: ``paidan calendar``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bot.holidays_cn import ChineseHolidays
from bot.wording import weekday_word
from domain.sla.calendar import Why
from domain.sla.days import Day
from domain.sla.workdays import WorkCalendar

_REASONS = {
    Why.WORK: "工作日",
    Why.MAKE_UP: "补班",
    Why.COMPANY_WORK: "公司安排上班",
    Why.COMPANY_FREE: "公司放假",
    Why.HOLIDAY: "法定节假日",
}


def reason_word(day: Day) -> str:
    """「补班（替2月20日 周五）」「国庆节」「周末」."""
    if day.why is Why.WEEKEND:
        return "周末" if day.date.weekday() >= 5 else "休息日"
    if day.why is Why.HOLIDAY and day.name:
        return day.name
    return _REASONS[day.why] + (f"（{day.name}）" if day.name else "")


def day_note(day: date) -> str:
    """「今天补班（替2月20日 周五）」「今天国庆节」; "" for an ordinary day."""
    special = ChineseHolidays().on(day)
    return f"今天{reason_word(Day(day, (), special.why, special.name))}" if special else ""


def days_between(calendar: WorkCalendar, first: date, last: date) -> Iterator[Day]:
    """Both ends belong to it."""
    return (calendar.day(first + timedelta(days=n)) for n in range((last - first).days + 1))


def as_json(day: Day) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "work": day.work,
        "spans": [str(span) for span in day.spans],
        "reason": reason_word(day),
        "kind": day.why.value,
    }


def as_line(day: Day) -> str:
    """「2026-02-14 周六  班  09:00-12:00  补班（替2月20日 周五）」; an ordinary work day needs no reason."""
    hours = " ".join(map(str, day.spans))
    reason = "" if day.why is Why.WORK else reason_word(day)
    parts = (f"{day.date} 周{weekday_word(day.date)}", "班" if day.work else "休", hours, reason)
    return "  ".join(filter(None, parts))


def warnings(calendar: WorkCalendar, first: date, last: date) -> Iterator[str]:
    for year in calendar.unpublished(first, last):
        yield not_published(year)


def not_published(year: int) -> str:
    return f"{year} 年的放假和调休安排还没有公布（或所用 holidays 库还没有收录），只按法定节日计算，不猜补班"
