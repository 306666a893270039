"""A described calendar as the domain's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from domain.sla.calendar import Why
from domain.sla.days import CompanyDays, SpecialDay
from domain.sla.week import read_week
from domain.sla.workdays import WorkCalendar
from tests.domain.minutes import Plan


class MakeUpDays:
    def __init__(self, days: Mapping[date, date | None]) -> None:
        self._days = days

    def on(self, day: date) -> SpecialDay | None:
        return SpecialDay(Why.MAKE_UP, like=self._days[day]) if day in self._days else None

    def lacks(self, day: date) -> int | None:
        return None


def calendar_of(plan: Plan) -> WorkCalendar:
    company = CompanyDays(plan.extra, plan.free)
    sources = (company, MakeUpDays(plan.make_up))
    return WorkCalendar("plan", ZoneInfo(plan.where.zone), read_week(plan.written()), sources)
