"""For every statement, call and file of a whole road: what if just this one fails? Once each, and never seen after."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.database import Unavailable
from tests.faults.nth import Countdown, calls, files, statements
from tests.faults.witness import LONG_ROAD, Act, Witness
from tests.sizes import FAILURES_APART
from tests.stories.stage import ALERTS, GROUP, Stage, staged

Trouble = Callable[[Stage, Countdown], AbstractContextManager[None]]
TROUBLES: dict[str, Trouble] = {
    "statement": lambda stage, countdown: statements(countdown, stage.app.settings.storage.url),
    "call, before": lambda stage, countdown: calls(countdown, stage.emulator, after=False),
    "call, after": lambda stage, countdown: calls(countdown, stage.emulator, after=True),
    "file": lambda stage, countdown: files(countdown, Path(stage.app.settings.storage.files)),
}
BETWEEN = timedelta(minutes=1)
LONGEST = 80  # half minutes


class Tried(Stage):
    async def settle(self) -> None:
        """As the program's own ticker, which is not ended by what fails."""
        try:
            await super().settle()
        except Unavailable:
            await super().settle()


async def walked(witness: Witness, countdown: Countdown, nth: int) -> tuple[int, int]:
    """The road once, on which in each act the ``nth`` fails. Answers how many acts failed, and the most that passed."""
    failed = most = 0
    for act in LONG_ROAD:
        witness.expect(act)
        witness.advance(BETWEEN)
        countdown.begin(nth)
        await act.does(witness)
        failed, most = failed + countdown.has_failed, max(most, countdown.passed)
        countdown.begin(0)
        await at_rest(witness)
        await checked(witness, act, nth)
    return failed, most


async def at_rest(witness: Witness) -> None:
    await witness.stage.settle()
    for _ in range(LONGEST):
        if await witness.is_quiet():
            return
        await witness.stage.later(seconds=30)
    raise AssertionError(f"{witness.story()} never came to rest")


async def checked(witness: Witness, act: Act, nth: int) -> None:
    try:
        await witness.check(act)
    except AssertionError as error:
        raise AssertionError(f"act {LONG_ROAD.index(act)}, failure {nth}: {error}") from None


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_whichever_fails_nothing_is_lost_and_nothing_doubled(
    database_url: str, tmp_path: Path, trouble: str
) -> None:
    channels: list[Any] = [f"dingtalk:{GROUP}", f"wecom-webhook:{ALERTS}"]
    async with staged(database_url, tmp_path, channels=channels) as stage:
        stage.emulator.dingtalk.switches.qps = 0  # time stands still, and with it the second that is counted
        stage.emulator.wecom.switches.duplicate_answer_repeats_codes = True
        witness, countdown = Witness(Tried(stage.emulator, stage.app), stage.app), Countdown()
        failures, nth = 0, 1
        with TROUBLES[trouble](stage, countdown):
            _, most = await walked(witness, countdown, 0)
            while nth <= most:
                failed, passed = await walked(witness, countdown, nth)
                failures, most, nth = failures + failed, max(most, passed), nth + FAILURES_APART
        print(f"{trouble}: {failures} failures, at most {most} in an act")  # noqa: T201 - to be read
        assert failures >= (nth - 1) // FAILURES_APART
