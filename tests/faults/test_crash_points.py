"""kill -9 at every named point of the road, as often at each as at any other: nothing lost, nothing doubled."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

import bot
from tests.faults.dying import CASES, Deaths
from tests.faults.points import NAMES
from tests.faults.witness import LONG_ROAD
from tests.faults.wreck import wrecked
from tests.sizes import KILLS_AT_POINTS

ROOT = Path(bot.__file__).parent.parent
# Points on no road, which die in tests of their own.
ELSEWHERE = ("paidan.backup.", "paidan.migration.", "paidan.stop.")


def test_the_program_names_each_point_once_or_at_each_platform() -> None:
    found = {
        name
        for package in ("adapters", "bot", "storage")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r'sys\.audit\("([^"]+)"\)', path.read_text("utf-8"))
    }
    assert found == set(NAMES)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
async def test_wherever_it_dies_nothing_is_lost_and_nothing_doubled(
    database_url: str, tmp_path: Path
) -> None:
    async with wrecked(database_url, tmp_path, Random(f"points {database_url.partition(':')[0]}")) as wreck:
        deaths = Deaths(wreck)
        for case in CASES:
            await deaths.survey(case)
        acts = cycle(LONG_ROAD)
        while deaths.counts.total() < KILLS_AT_POINTS:
            await wreck.play(next(acts), deaths.die)
    on_the_road = {name for name in NAMES if not name.startswith(ELSEWHERE)}
    print(*sorted(deaths.counts.items()), sep="\n")  # noqa: T201 - to be read
    assert deaths.counts.keys() == on_the_road
    assert min(deaths.counts.values()) >= KILLS_AT_POINTS // len(NAMES) // 2
