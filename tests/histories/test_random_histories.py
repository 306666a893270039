"""Random histories of the whole program, over both vendors' servers: opening, pressing, typing, handing over, leave,
escalation by moved time, redeliveries, platforms that fail, restarts. ``checker`` judges each one.

One seed again: ``SEED=17 pytest -m campaign tests/histories/test_random_histories.py``; many: ``SEED=0-1999``.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.databases import Postgres, Templates
from tests.histories.checker import ends, everything, timelines_of
from tests.histories.playing import CHANNELS, playing
from tests.histories.seeds import ABOUT_EVERYTHING, IN_TURN, Ground, Plan, asked_for, assert_sound


@pytest.mark.parametrize("seed", [3])
async def test_every_invariant_holds(ground: Ground, seed: int) -> None:
    await assert_sound(seed, ground, everything, ABOUT_EVERYTHING, longest=14)


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", asked_for(range(500)))
async def test_and_in_hundreds_of_histories(ground: Ground, seed: int) -> None:
    await assert_sound(seed, ground, everything, ABOUT_EVERYTHING, longest=20)


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", asked_for(range(50)))
async def test_both_databases_come_to_the_same_end(
    templates: Templates, postgres_server: Postgres, tmp_path: Path, seed: int
) -> None:
    """Where nothing happens at once, so that there is one order only."""
    plan = Plan.of(seed, IN_TURN, longest=20)
    urls = [await templates.sqlite(tmp_path / "paidan.db"), await templates.postgres(postgres_server)]
    came = []
    for url in urls:
        folder = tmp_path / uuid4().hex[:8]
        folder.mkdir()
        async with playing(url, folder, CHANNELS[plan.channels]) as play:
            await play.perform(plan.acts)
            await play.come_to_rest()
            came.append(ends(await timelines_of(play)))
    await postgres_server.drop(urls[1])
    assert came[0] == came[1], plan
