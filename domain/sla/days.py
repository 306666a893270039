"""Days that are not as their weekday would have them: holidays, make-up work days, days of the company."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from domain.sla.calendar import Why
from domain.sla.week import BadCalendar, Mistake, Span

WORKED = frozenset({Why.WORK, Why.MAKE_UP, Why.COMPANY_WORK})


@dataclass(frozen=True)
class SpecialDay:
    """``like`` is the day whose hours a make-up day works, where that is known."""

    why: Why
    name: str = ""
    like: datetime.date | None = None


@dataclass(frozen=True)
class Day:
    """What a calendar makes of one date. ``spans`` are the hours that begin on it."""

    date: datetime.date
    spans: tuple[Span, ...]
    why: Why
    name: str = ""
    like: datetime.date | None = None

    @property
    def work(self) -> bool:
        return self.why in WORKED


class DaySource(Protocol):
    """Must answer the same for as long as a calendar uses it: what was asked once is remembered."""

    def on(self, day: datetime.date) -> SpecialDay | None:
        """None where the weekday decides."""

    def lacks(self, day: datetime.date) -> int | None:
        """The year whose official arrangement would decide about this day but has not been published."""


@dataclass(frozen=True)
class CompanyDay:
    """One day on which the people of one calendar work, or are free, because the company says so."""

    calendar: str
    date: datetime.date
    work: bool
    reason: str = ""


class CompanyDays:
    """What the company decided for itself. Raises BadCalendar."""

    def __init__(
        self,
        extra_work: Iterable[datetime.date] = (),
        extra_free: Iterable[datetime.date] = (),
        reasons: Mapping[datetime.date, str] = MappingProxyType({}),
    ) -> None:
        work, free = list(extra_work), set(extra_free)
        both = [(index, day) for index, day in enumerate(work) if day in free]
        if both:
            raise BadCalendar([Mistake(f"extra_work[{i}]", f"{day} 也在 extra_free 里") for i, day in both])
        self._days = {
            **{day: SpecialDay(Why.COMPANY_WORK, reasons.get(day, "")) for day in work},
            **{day: SpecialDay(Why.COMPANY_FREE, reasons.get(day, "")) for day in free},
        }

    def on(self, day: datetime.date) -> SpecialDay | None:
        return self._days.get(day)

    def lacks(self, day: datetime.date) -> int | None:
        return None
