"""Two sliding windows at once, with time moved by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.chat import RateLimited
from adapters.emulator.clock import Clock
from adapters.wecom.pace import Limit, Pace
from tests.adapters.wecom.conftest import START

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def wait(pace: Pace, key: str = "li", times: int = 1) -> float:
    try:
        pace.take(key, times)
    except RateLimited as limited:
        return limited.retry_after
    return 0.0


def test_a_window_slides() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(3, MINUTE))
    waits = []
    for _ in range(4):
        waits.append(wait(pace))
        clock.advance(timedelta(seconds=10))
    assert waits == [0, 0, 0, 30]
    clock.advance(timedelta(seconds=20))
    assert wait(pace) == 0
    assert wait(pace) == 10


def test_the_longer_window_counts_too() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(3, MINUTE), Limit(5, HOUR))
    for _ in range(5):
        assert wait(pace) == 0
        clock.advance(MINUTE)
    assert wait(pace) == 3600 - 300


def test_all_or_nothing() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(3, MINUTE))
    assert wait(pace, times=2) == 0
    assert wait(pace, times=2) == 60
    assert wait(pace) == 0


def test_more_than_a_window_holds_gets_an_empty_window() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(3, MINUTE))
    assert wait(pace, times=7) == 0
    assert wait(pace) == 60


def test_everybody_has_a_window_and_idle_ones_are_forgotten() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(1, MINUTE))
    for number in range(10_001):
        pace.take(str(number))
    clock.advance(MINUTE)
    pace.take("one more")
    assert len(pace._taken) == 1


def test_a_refused_try_costs_nothing() -> None:
    clock = Clock(START)
    pace = Pace(clock.now, Limit(1, MINUTE))
    pace.take("li")
    for _ in range(5):
        with pytest.raises(RateLimited):
            pace.take("li")
    clock.advance(MINUTE)
    pace.take("li")
