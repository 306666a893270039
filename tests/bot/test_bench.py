"""The benchmarks run, compare what they say they compare, and keep away from real tickets."""

from __future__ import annotations

import pytest

from bot.bench.report import Chapter, Figure, markdown
from bot.bench.timers import bench_timers
from storage.filling import NotEmpty
from tests.storage.making import T0


async def test_pending_timers_are_looked_at_in_no_time(database_url: str) -> None:
    chapter = await bench_timers(database_url, 5000, T0)
    assert [figure.limit for figure in chapter.figures] == [None, None, 50, 50]
    assert all(len(figure.samples) == 210 for figure in chapter.figures)
    with pytest.raises(NotEmpty):
        await bench_timers(database_url, 1, T0)


def test_the_report_says_what_is_too_slow() -> None:
    figures = [Figure("base", [1, 2, 3]), Figure("slow", [8, 8, 9], 5), Figure("quick", [1, 1, 1], 5)]
    report = markdown([Chapter("timers", "sqlite 3", figures, "Filled.")])
    assert "## timers — sqlite 3" in report
    assert "| base | 2.00 | 3.00 | 1.0 |  |  |" in report
    assert "| slow | 8.00 | 9.00 | 4.0 | 5 | ✗ |" in report
    assert "| quick | 1.00 | 1.00 | 0.5 | 5 | ✓ |" in report
