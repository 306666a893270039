"""Which time counts. A policy names a calendar; this is all that the clock asks of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Calendar(Protocol):
    def after(self, start: datetime, counted: timedelta) -> datetime:
        """The moment at which ``counted`` time has passed since ``start``."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from ``start`` to ``end`` counts."""


class PlainTime:
    """Every minute counts, day and night."""

    def after(self, start: datetime, counted: timedelta) -> datetime:
        return start + counted

    def between(self, start: datetime, end: datetime) -> timedelta:
        return end - start
