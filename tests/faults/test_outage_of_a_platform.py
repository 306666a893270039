"""One platform is away for ten minutes while tickets come in on the other: what had to wait is there soon after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.emulator.chats import ROBOT
from tests.sizes import TICKETS_IN_AN_OUTAGE
from tests.stories.stage import EMPLOYEES, GROUP, Platform, Stage, shown, staged

AWAY, BACK_WITHIN = timedelta(minutes=10), timedelta(minutes=5)
STEP = timedelta(seconds=1)
REQUESTERS = [who for who in EMPLOYEES if who.name not in {"李四", "王强"}]


@contextmanager
def away(stage: Stage) -> Iterator[None]:
    """Every call to DingTalk ends with a broken connection."""

    async def hang_up(_path: str, _body: bytes) -> None:
        raise ConnectionResetError

    stage.emulator.dingtalk.on_call = hang_up
    yield
    stage.emulator.dingtalk.on_call = None


def numbers(stage: Stage, platform: Platform, chat: str) -> list[int]:
    """Of the tickets whose cards lie there, oldest first."""
    cards = [b for b in stage.chat(platform, chat) if b.sender == ROBOT and b.kind == "card"]
    return [int(found[1]) for card in cards if (found := re.search(r"IT-(\d+)", shown(card)))]


@pytest.mark.parametrize(
    "count", [20, pytest.param(TICKETS_IN_AN_OUTAGE, marks=[pytest.mark.campaign, pytest.mark.timeout(1200)])]
)
async def test_after_ten_minutes_all_is_delivered_within_five(
    database_url: str, tmp_path: Path, count: int
) -> None:
    tickets = [1001 + n for n in range(count)]
    async with staged(database_url, tmp_path, channels=[f"dingtalk:{GROUP}"]) as stage:
        with away(stage):
            for n in range(count):
                who = REQUESTERS[n % len(REQUESTERS)]
                await stage.emulator.wecom.says(who.wecom, f"报修 VPN 第{n}次连不上")
                await stage.later(seconds=AWAY.total_seconds() / count)
            assert not numbers(stage, "dingtalk", GROUP)
            on_wecom = [number for who in REQUESTERS for number in numbers(stage, "wecom", who.wecom)]
            assert sorted(on_wecom) == tickets, "the other platform is not held up"
        back, seconds = stage.emulator.clock.now(), 0.0
        while await stage.app.outbox.pending() and seconds <= BACK_WITHIN.total_seconds():
            await stage.later(seconds=STEP.total_seconds())
            seconds = (stage.emulator.clock.now() - back).total_seconds()
        print(f"{count} tickets were there {seconds:.0f} s after")  # noqa: T201 - to be read
        assert not await stage.app.outbox.pending()
        assert not await stage.app.outbox.list("dead")
        # Tickets do not wait for each other, so what piled up comes in any order.
        assert sorted(numbers(stage, "dingtalk", GROUP)) == tickets, "each once"
        assert [call for call in stage.emulator.dingtalk.refused if "qps" in call.code.lower()] == []
        stage.assert_clean()
