"""kill -9 at any step of the road, then a restart: nothing lost, nothing doubled, no card left behind.

In every act the program dies once, just before or just after a call to a vendor, or some milliseconds after a
message came in, or when it has said yes; and now and then the vendors did not hear the yes.
PAIDAN_KILL_SEED sets where they die.
"""

from __future__ import annotations

import os
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from tests.faults.witness import ROAD, Act
from tests.faults.wreck import wrecked
from tests.sizes import KILLS_ANYWHERE

SEED = os.environ.get("PAIDAN_KILL_SEED", "1")


@pytest.mark.parametrize("kills", [4, pytest.param(KILLS_ANYWHERE, marks=pytest.mark.campaign)])
@pytest.mark.timeout(1200)
async def test_whenever_it_is_killed_nothing_is_lost_and_nothing_doubled(
    database_url: str, tmp_path: Path, kills: int
) -> None:
    dice = Random(SEED + database_url.partition(":")[0])
    async with wrecked(database_url, tmp_path, dice) as wreck:
        acts = cycle(ROAD)
        while len(wreck.kills) < kills:
            await wreck.play(next(acts), wreck.dying_once)


async def test_whenever_it_is_told_to_stop_it_does_in_time_and_loses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    async with wrecked(database_url, tmp_path, Random(SEED)) as wreck:
        for act in ROAD:
            await wreck.play(act, wreck.stopping_once)


async def test_it_stops_in_time_while_a_vendor_hangs(tmp_path: Path) -> None:
    async with wrecked(f"sqlite:///{tmp_path / 'one.db'}", tmp_path, Random(SEED)) as wreck:
        faults = wreck.stage.emulator.wecom.faults

        async def stopping_while_it_hangs(act: Act) -> None:
            faults.delay("message/send", 30.0)
            await act.does(wreck)
            await wreck.stop_in_time()
            faults.clear()
            await wreck.start_again()

        await wreck.play(ROAD[0], stopping_while_it_hangs)
