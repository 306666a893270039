"""[[calendars]]: which minutes count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.settings.problems import Problem, duplicates
from bot.settings.values import CompanyDates, Section
from domain.sla.days import CompanyDays
from domain.sla.week import BadCalendar, Mistake, read_week


class CalendarSection(Section):
    name: str = Field(min_length=1)
    zone: str = "Asia/Shanghai"
    holidays: Literal["CN", "none"] = "CN"
    spans: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    extra_work: CompanyDates = ()
    extra_free: CompanyDates = ()

    def company_days(self) -> CompanyDays:
        """Raises BadCalendar."""
        reasons = {one.day: one.reason for one in (*self.extra_work, *self.extra_free)}
        return CompanyDays([d.day for d in self.extra_work], [d.day for d in self.extra_free], reasons)


def share_that_counts(calendar: CalendarSection) -> float:
    try:
        return read_week(calendar.spans).total / timedelta(days=7)
    except BadCalendar:  # told where the calendar is checked
        return 1


def check_calendars(calendars: Sequence[CalendarSection]) -> Iterator[Problem]:
    yield from duplicates("calendars", [c.name for c in calendars], "name")
    for index, calendar in enumerate(calendars):
        yield from _check_one(f"calendars[{index}]", calendar)


def _check_one(path: str, calendar: CalendarSection) -> Iterator[Problem]:
    try:
        ZoneInfo(calendar.zone)
    except (KeyError, ValueError, OSError):  # a folder of zones, such as "Asia", is an OSError
        yield Problem(f"{path}.zone", f"没有「{calendar.zone}」这个时区，请写成 Asia/Shanghai")
    for mistake in _mistakes_in(calendar):
        yield Problem(f"{path}.{mistake.path}", mistake.text)


def _mistakes_in(calendar: CalendarSection) -> Iterator[Mistake]:
    for check in (
        lambda: read_week(calendar.spans),
        calendar.company_days,
    ):
        try:
            check()
        except BadCalendar as error:
            yield from error.mistakes
