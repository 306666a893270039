"""Cards that never lie under any interleaving: presses of any copy by anybody, twice and at once, while time passes,
codes expire, repaints fail and the program is started again.

One seed again, on both databases: ``SEED=17 pytest -m campaign tests/histories/test_card_truth.py``.
"""

from __future__ import annotations

import pytest

from tests.histories.checker import lies
from tests.histories.seeds import ABOUT_CARDS, Ground, asked_for, assert_sound


@pytest.mark.parametrize("seed", [2, 26, 40])
async def test_no_card_lies(ground: Ground, seed: int) -> None:
    await assert_sound(seed, ground, lies, ABOUT_CARDS, longest=14)


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", asked_for(range(300)))
async def test_nor_in_hundreds_of_histories(ground: Ground, seed: int) -> None:
    await assert_sound(seed, ground, lies, ABOUT_CARDS, longest=20)
