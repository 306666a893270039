"""From a seed to a history, and from a history that fails to the shortest one that still does."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.histories import acts
from tests.histories.acts import Act, Chooser
from tests.histories.playing import ALL_WRONGS, CARD_WRONGS, CHANNELS, Play, playing

Ground = Callable[[], AbstractAsyncContextManager[tuple[str, Path]]]
Judge = Callable[[Play], Awaitable[list[str]]]
Choosers = Sequence[tuple[Chooser, float]]

ABOUT_CARDS: Choosers = (
    (acts.speaks, 5),
    (acts.presses, 6),
    (acts.at_once, 2),
    (acts.passes, 1.5),
    (acts.goes(CARD_WRONGS), 1.5),
    (acts.opens, 0.3),
    (acts.restarts, 0.2),
)
ABOUT_EVERYTHING: Choosers = (
    (acts.speaks, 7),
    (acts.presses, 5),
    (acts.at_once, 1.5),
    (acts.passes, 2),
    (acts.goes(ALL_WRONGS), 1.5),
    (acts.opens, 1),
    (acts.leaves, 0.5),
    (acts.restarts, 0.3),
)
IN_TURN: Choosers = tuple(one for one in ABOUT_EVERYTHING if one[0] is not acts.at_once)


@dataclass(frozen=True)
class Plan:
    """What a seed stands for."""

    seed: int
    channels: str
    acts: tuple[Act, ...]

    @classmethod
    def of(cls, seed: int, choosers: Choosers, longest: int) -> Plan:
        dice = Random(seed)
        channels = dice.choice(list(CHANNELS))
        return cls(seed, channels, acts.history(dice, dice.randint(6, longest), choosers))


async def judged(plan: Plan, ground: Ground, judge: Judge) -> list[str]:
    """What is wrong at the end."""
    async with ground() as (url, folder), playing(url, folder, CHANNELS[plan.channels]) as play:
        await play.perform(plan.acts)
        await play.come_to_rest()
        play.stage.assert_clean()
        return await judge(play)


async def assert_sound(seed: int, ground: Ground, judge: Judge, choosers: Choosers, longest: int) -> None:
    plan = Plan.of(seed, choosers, longest)
    wrong = await judged(plan, ground, judge)
    if wrong:
        shortest, wrong = await _shortest(plan, wrong, ground, judge)
        raise AssertionError(_story(shortest, wrong))


async def _shortest(
    plan: Plan, wrong: list[str], ground: Ground, judge: Judge, patience: int = 60
) -> tuple[Plan, list[str]]:
    """Leaves out what is not needed for the same to go wrong. ``patience`` is how many histories that may take."""
    rule = wrong[0].partition(":")[0]
    for less in acts.shorter(plan.acts):
        if patience == 0:
            break
        patience -= 1
        shorter = Plan(plan.seed, plan.channels, less)
        still = [one for one in await judged(shorter, ground, judge) if one.startswith(rule)]
        if less and still:
            return await _shortest(shorter, still, ground, judge, patience)
    return plan, wrong


def _story(plan: Plan, wrong: list[str]) -> str:
    told = "\n".join(f"    {act}" for act in plan.acts)
    return f"seed {plan.seed}, {plan.channels}:\n{told}\n" + "\n".join(f"  ✗ {one}" for one in wrong)


def asked_for(usual: range) -> list[int]:
    """The seeds to try: ``SEED=17`` is one of them, ``SEED=0-500`` are many."""
    wanted = os.environ.get("SEED", "")
    if not wanted:
        return list(usual)
    first, _, last = wanted.partition("-")
    return list(range(int(first), int(last or first) + 1))
