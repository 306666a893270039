"""[[sla]] and [[calendars]] sections into policies and the calendars that count for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.calling import call_plan
from bot.holidays_cn import ChineseHolidays
from bot.settings import CalendarSection, SlaSection, TargetSection
from domain.sla.calendar import Calendar, PlainTime
from domain.sla.days import CompanyDay, CompanyDays, DaySource
from domain.sla.policy import Pausing, Policy, Target
from domain.sla.week import WEEKDAYS, read_week
from domain.sla.workdays import WorkCalendar
from domain.tickets.states import Priority

OFFICE_WEEK = CalendarSection(
    name="中国工作日",
    spans=dict.fromkeys(WEEKDAYS[:5], ("09:00-12:00", "13:30-18:00")),
)
FORESIGHT = timedelta(days=30)  # the State Council publishes a year in the November before it


def policies(
    sections: Iterable[SlaSection],
    calendars: Iterable[CalendarSection] = (),
    days: Iterable[CompanyDay] = (),
) -> Mapping[str, Policy]:
    """Without a calendar every minute counts. The sections have been checked; ``days`` are of any calendar."""
    known = list(days)
    named: dict[str, Calendar] = {section.name: calendar_of(section, known) for section in calendars}
    named[""] = PlainTime()
    return {section.name: _policy(section, named[section.calendar]) for section in sections}


def calendar_of(section: CalendarSection, days: Iterable[CompanyDay] = ()) -> WorkCalendar:
    """What was imported is newer than what is written in the configuration, and goes before it."""
    mine = [day for day in days if day.calendar == section.name]
    imported = CompanyDays(
        [day.date for day in mine if day.work],
        [day.date for day in mine if not day.work],
        {day.date: day.reason for day in mine},
    )
    sources: list[DaySource] = [imported, section.company_days()]
    if section.holidays == "CN":
        sources.append(ChineseHolidays())
    return WorkCalendar(section.name, ZoneInfo(section.zone), read_week(section.spans), sources)


def work_days(policies: Mapping[str, Policy]) -> Mapping[str, WorkCalendar]:
    """On which days each policy's people work; "" is for no policy. Where every minute counts: the office week."""
    office = calendar_of(OFFICE_WEEK)
    found = {name: policy.calendar for name, policy in policies.items()}
    return {"": office, **{name: c if isinstance(c, WorkCalendar) else office for name, c in found.items()}}


def lay_out(policies: Mapping[str, Policy], now: datetime) -> tuple[int, ...]:
    """So that the first ticket need not wait for it. Answers the years soon to come that nobody has published."""
    calendars = {id(policy.calendar): policy.calendar for policy in policies.values()}
    lacking: set[int] = set()
    for calendar in calendars.values():
        calendar.between(now, now + FORESIGHT)
        lacking.update(unpublished(calendar, now, now + FORESIGHT))
    return tuple(sorted(lacking))


def unpublished(calendar: Calendar, start: datetime, end: datetime) -> tuple[int, ...]:
    if not isinstance(calendar, WorkCalendar):
        return ()
    return calendar.unpublished(calendar.date_of(start), calendar.date_of(end))


def _policy(section: SlaSection, calendar: Calendar) -> Policy:
    targets = {p: _target(getattr(section, p.value)) for p in Priority}
    return Policy(
        name=section.name,
        targets={p: target for p, target in targets.items() if target is not None},
        calendar=calendar,
        warn_at=section.warn_at,
        ladder=section.ladder,
        pausing=Pausing(section.pause.waiting, section.pause.limit),
        calls=call_plan(section),
    )


def _target(section: TargetSection | None) -> Target | None:
    return Target(section.respond, section.resolve) if section else None
