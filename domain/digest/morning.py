"""When the digest goes out: on work days, from its hour until noon. And which days it tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from domain.sla.days import Day

A_DAY = timedelta(days=1)
LATE_AFTER = timedelta(minutes=10)
YEAR = 366  # days
LONGEST_BREAK = 15  # days; nobody reads older news


class WorkDays(Protocol):
    """The part of a work calendar that is asked."""

    @property
    def zone(self) -> tzinfo: ...

    def day(self, day: date) -> Day: ...


@dataclass(frozen=True)
class Hours:
    """On the wall clock of the desk's calendar. After ``until`` the morning is over, and nothing is sent."""

    at: time = time(9)
    until: time = time(12)


@dataclass(frozen=True)
class Today:
    """``day`` from its midnight to the next; ``since`` is the midnight that began the work day before it."""

    day: date
    since: datetime
    begin: datetime
    end: datetime

    @property
    def since_day(self) -> date:
        return self.since.astimezone(self.begin.tzinfo).date()


@dataclass(frozen=True)
class Due:
    """The digest of ``today`` is to go out now."""

    today: Today
    late: bool


def today_at(now: datetime, days: WorkDays) -> Today:
    day = now.astimezone(days.zone).date()
    begin, end = (datetime.combine(d, time(), days.zone) for d in (day, day + A_DAY))
    return Today(day, datetime.combine(_work_day_before(day, days), time(), days.zone), begin, end)


def due_at(now: datetime, hours: Hours, days: WorkDays) -> Due | None:
    """None outside its hours and on days off. That it goes out once is the business of a key in the database."""
    here = now.astimezone(days.zone)
    if not hours.at <= here.time() < hours.until or not days.day(here.date()).work:
        return None
    hour = datetime.combine(here.date(), hours.at, days.zone)
    return Due(today_at(now, days), late=now - hour > LATE_AFTER)


def next_after(now: datetime, hours: Hours, days: WorkDays) -> datetime:
    """The first time of a digest after ``now``."""
    today = now.astimezone(days.zone).date()
    hour = (datetime.combine(today + A_DAY * n, hours.at, days.zone) for n in range(YEAR))
    return next(at for at in hour if at > now and days.day(at.date()).work)


def _work_day_before(day: date, days: WorkDays) -> date:
    earlier = (day - A_DAY * n for n in range(1, LONGEST_BREAK))
    return next((d for d in earlier if days.day(d).work), day - A_DAY)
