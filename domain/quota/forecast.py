"""When an allowance is used up if work goes on as it does: 「按现在速度 23 日用尽」.

Work days and days of rest have each their own pace, so that neither a holiday nor a make-up day bends the line.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

LOOKS_BACK = timedelta(days=28)  # the days from which the pace is read, also of the month before
# What a day of rest brings beside a work day, until there has been one to look at.
REST = 0.1
OPENS, SHUTS = time(9), time(18)
_LEAST = 0.05  # of a day: earlier than that, today says nothing

IsWork = Callable[[date], bool]


@dataclass(frozen=True)
class Forecast:
    """``runs_out`` is None when what is allowed lasts for the month; ``projected`` is the month's sum."""

    allowed: int
    used: int
    projected: float
    runs_out: date | None

    @property
    def share(self) -> float:
        """Of what is allowed; 0 without limit."""
        return self.used / self.allowed if self.allowed else 0.0


@dataclass(frozen=True)
class Pace:
    """Calls a day."""

    work: float
    rest: float

    def on(self, day: date, is_work: IsWork) -> float:
        return self.work if is_work(day) else self.rest


def foresee(made: Mapping[date, int], now: datetime, allowed: int, is_work: IsWork) -> Forecast:
    """``made`` is calls by day, this month's and as much as is known of the one before; ``now`` is in the
    zone in which days are counted."""
    today = now.date()
    used = sum(count for day, count in made.items() if _month(day) == _month(today))
    pace = pace_of(made, now, is_work)
    rest_of_today = pace.on(today, is_work) * (1 - gone(now, is_work))
    coming = [(today, rest_of_today), *((day, pace.on(day, is_work)) for day in _after(today))]
    return Forecast(allowed, used, used + sum(more for _, more in coming), _runs_out(used, allowed, coming))


def pace_of(made: Mapping[date, int], now: datetime, is_work: IsWork) -> Pace:
    today = now.date()
    first = min((day for day in made if made[day]), default=today)
    days = [day for day in _days(max(first, today - LOOKS_BACK), today) if day < today]
    weights = dict.fromkeys(days, 1.0) | {today: gone(now, is_work)}
    work = _mean(made, {day: w for day, w in weights.items() if is_work(day)})
    rest = _mean(made, {day: w for day, w in weights.items() if not is_work(day)})
    if work is None:  # nothing but rest so far
        return Pace((rest or 0.0) / REST, rest or 0.0)
    return Pace(work, work * REST if rest is None else rest)


def gone(now: datetime, is_work: IsWork) -> float:
    """How much of today's work has been done, as far as the time of day tells."""
    if not is_work(now.date()):
        return _part(now, time.min, time.max)
    return _part(now, OPENS, SHUTS)


def _part(now: datetime, begin: time, end: time) -> float:
    start, stop = datetime.combine(now, begin, now.tzinfo), datetime.combine(now, end, now.tzinfo)
    return min(max((now - start) / (stop - start), 0.0), 1.0)


def _mean(made: Mapping[date, int], weights: Mapping[date, float]) -> float | None:
    """Calls on a whole day; None when there is not enough of one to tell."""
    whole = sum(weights.values())
    return sum(made.get(day, 0) for day in weights) / whole if whole > _LEAST else None


def _runs_out(used: int, allowed: int, coming: Sequence[tuple[date, float]]) -> date | None:
    if not allowed:
        return None
    total = float(used)
    for day, more in coming:
        total += more
        if total >= allowed:
            return day
    return None


def _after(today: date) -> Sequence[date]:
    last = monthrange(today.year, today.month)[1]
    return [today.replace(day=n) for n in range(today.day + 1, last + 1)]


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
