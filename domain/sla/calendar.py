"""Which time counts, and why. A policy names a calendar; this is all that the clock asks of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol

from domain.base import PersonId


class Why(Enum):
    """Why a stretch of time counts, or why it does not."""

    ALWAYS = "always"
    WORK = "work"
    MAKE_UP = "make_up"  # 补班
    COMPANY_WORK = "company_work"
    BREAK = "break"  # 午休: between two spans of one day
    OFF = "off"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    COMPANY_FREE = "company_free"
    PAUSED = "paused"


@dataclass(frozen=True)
class Stretch:
    """Half open: ``end`` belongs to the next one. ``by`` is whoever paused the clock."""

    start: datetime
    end: datetime
    counted: bool
    why: Why
    name: str = ""
    by: PersonId | None = None

    @property
    def length(self) -> timedelta:
        return self.end - self.start


class Calendar(Protocol):
    def after(self, start: datetime, counted: timedelta) -> datetime:
        """The first moment at which ``counted`` time has passed since ``start``; ``start`` itself for none."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from ``start`` to ``end`` counts."""

    def days_after(self, start: datetime, days: int) -> datetime:
        """The same time of day, so many days of work later; ``start`` itself for none."""

    def spans(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """All the time from ``start`` to ``end`` without a gap; what counts in it is exactly ``between``."""


class PlainTime:
    """Every minute counts, day and night."""

    def after(self, start: datetime, counted: timedelta) -> datetime:
        return utc(start) + counted

    def between(self, start: datetime, end: datetime) -> timedelta:
        return utc(end) - utc(start)

    def days_after(self, start: datetime, days: int) -> datetime:
        return utc(start) + timedelta(days=days)

    def spans(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        if start < end:
            yield Stretch(utc(start), utc(end), counted=True, why=Why.ALWAYS)


def utc(moment: datetime) -> datetime:
    """Two times of one zone subtract as if clocks were never changed; UTC has no such trap."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
