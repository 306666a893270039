"""The forecast against a month that is known to its end, walked day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from domain.quota.forecast import foresee, gone

# Holidays and make-up days of February 2026, as the State Council published them.
HOLIDAYS = {date(2026, 2, n) for n in range(15, 24)}
MAKE_UP = {date(2026, 2, 14), date(2026, 2, 28)}


def is_work(day: date) -> bool:
    return day in MAKE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def replayed(first: date, days: int, rng: Random, busy: int) -> Mapping[date, int]:
    """Calls of each day, with the unrest of real ones: a tenth up or down."""
    return {
        day: round(busy * (1 if is_work(day) else 0.12) * rng.uniform(0.9, 1.1))
        for day in (first + timedelta(days=n) for n in range(days))
    }


def so_far(month: Mapping[date, int], now: datetime) -> Mapping[date, int]:
    """What a ledger has at ``now``: whole days, and of today what has been done."""
    today = now.date()
    done = {day: count for day, count in month.items() if day < today}
    return {**done, today: round(month[today] * gone(now, is_work))}


@pytest.mark.parametrize("month", [2, 3, 6, 11], ids=lambda month: f"2026-{month:02}")
@pytest.mark.parametrize("known_before", [31, 0], ids=["month-before-known", "first-month"])
def test_the_months_sum_is_foreseen_within_five_in_a_hundred(month: int, known_before: int) -> None:
    """At noon of every day; in the first month of all from its middle on."""
    first = date(2026, month, 1)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    for seed in range(20):
        made = replayed(first - timedelta(days=known_before), known_before + days, Random(seed), busy=800)
        true = sum(count for day, count in made.items() if day.month == month)
        for n in range(0 if known_before else 14, days):
            now = datetime.combine(first + timedelta(days=n), datetime.min.time()) + timedelta(hours=12)
            seen = foresee(so_far(made, now), now, 10**6, is_work)
            assert abs(seen.projected - true) / true < 0.05, (seed, n)


def test_the_day_on_which_it_runs_out_is_the_one_that_the_walk_finds() -> None:
    """An even pace is foreseen to the day, across a holiday of nine days."""
    made = {date(2026, 2, n): 1000 if is_work(date(2026, 2, n)) else 120 for n in range(1, 29)}
    now = datetime(2026, 2, 11, 18, tzinfo=UTC)
    for allowed in range(8_000, 17_000, 50):
        total, true = 0, None
        for day, count in made.items():
            total += count
            if total >= allowed:
                true = day
                break
        seen = foresee(so_far(made, now), now, allowed, is_work)
        if true is None or true > now.date():
            assert seen.runs_out == true
        else:
            assert seen.runs_out == now.date(), "it has run out already"


def test_a_holiday_ahead_brings_less() -> None:
    made = {date(2026, 2, n): 1000 for n in range(2, 7)}
    seen = foresee(made, datetime(2026, 2, 6, 18, tzinfo=UTC), 0, is_work)
    assert seen.projected < 1000 * 18


def test_nothing_used_is_nothing_foreseen() -> None:
    seen = foresee({}, datetime(2026, 2, 6, 18, tzinfo=UTC), 5000, is_work)
    assert (seen.used, seen.projected, seen.runs_out, seen.share) == (0, 0, None, 0)
