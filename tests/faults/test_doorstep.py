"""The doorstep: no yes before a message is kept somewhere, and whatever was kept is worked or shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.intake import MOST_ATTEMPTS
from bot.spool import Spool
from storage.inbox import PendingInbox
from tests.faults.books import export
from tests.faults.outage import blocked, line_to, poisoned
from tests.faults.points import broken
from tests.stories.stage import Stage, staged


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made


def spooled(stage: Stage) -> list[str]:
    waiting = Spool(Path(stage.app.settings.storage.spool)).waiting()
    return [kept[1] for path in waiting if (kept := Spool.read(path))]


async def kept(stage: Stage) -> int:
    """In the spool or, on a slow machine, already brought from there into the table."""
    return len(spooled(stage)) + await PendingInbox(stage.app.database).count()


async def both_write(stage: Stage) -> tuple[Any, Any]:
    """One on each platform; returns when both vendors have their answer."""
    return await asyncio.gather(
        stage.emulator.wecom.says("ZhangSan", "报修 VPN 连不上"),
        stage.emulator.dingtalk.says("lisi01", "报修 打印机卡纸"),
    )


async def titles(stage: Stage) -> list[str]:
    return sorted(line["title"] for line in await export(stage.app))


async def test_nobody_hears_yes_before_the_message_is_kept(stage: Stage, database_url: str) -> None:
    await stage.player("赵敏", "dingtalk").says("待办")  # so that her cards come there
    await stage.player("张三", "wecom").says("报修 空调不冷")
    async with blocked(database_url):
        wecom, dingtalk = await both_write(stage)
        assert (wecom.status, dingtalk.acked, dingtalk.code) == (200, True, 200)
        assert await kept(stage) == 2, "each is on the disk by now"
        press = await stage.emulator.dingtalk.presses("zhaomin01", offer(stage), "accept:XZ-1001")
        assert press.acked
        assert "系统正忙" in str(press.response)
        assert await kept(stage) == 3
    await until_worked_off(stage)
    assert await titles(stage) == ["VPN 连不上", "打印机卡纸", "空调不冷"]
    stage.player("张三", "wecom").sees("处理中", "XZ-1001", "赵敏")
    assert "接单" not in stage.player("赵敏", "dingtalk").buttons(), "the pressed card was healed"


def offer(stage: Stage) -> str:
    """The office desk has no group, so 赵敏 got a card of her own."""
    return str(stage.player("赵敏", "dingtalk").sees("待接单").body["outTrackId"])


async def test_a_message_that_hits_a_bug_is_tried_shown_and_replayed(
    stage: Stage, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pending = PendingInbox(stage.app.database)
    async with poisoned(database_url, "VPN"):
        wecom, _ = await both_write(stage)
        assert wecom.status == 200
        assert await titles(stage) == ["打印机卡纸"], "the other one is not held up"
        for _attempt in range(MOST_ATTEMPTS):
            await stage.later(minutes=30)
        [dead] = await pending.dead()
        assert "VPN 连不上" in dead.body
        assert "poison" in dead.error
    assert "连不上" not in dead.error + capfd.readouterr().err, "what people write is not for logs"
    await pending.replay(dead.id)
    await until_worked_off(stage)
    assert await titles(stage) == ["VPN 连不上", "打印机卡纸"]
    assert not await pending.dead()


async def test_a_picture_that_answers_is_still_the_answer_after_a_failure(stage: Stage) -> None:
    """The question is spent with the answer, so that a second try finds it open."""
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    await stage.player("李四", "dingtalk").says("接单 1001")
    await stage.player("李四", "dingtalk").says("要信息 1001 什么样？")
    with broken("paidan.transaction.written"):
        await stage.emulator.wecom.sends_image("ZhangSan")
    await until_worked_off(stage)
    [line] = await export(stage.app)
    happened = [event["kind"] for event in line["events"]]
    assert (happened.count("answered"), happened.count("file_kept")) == (1, 1)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_messages_outlast_a_database_that_is_away(database_url: str, tmp_path: Path) -> None:
    async with line_to(database_url) as line, staged(line.url, tmp_path) as stage:
        await line.cut()
        wecom, dingtalk = await both_write(stage)
        assert (wecom.status, dingtalk.acked) == (200, True)
        assert len(spooled(stage)) == 2
        await stage.emulator.wecom.redeliver()
        assert len(spooled(stage)) == 2, "what is kept is not kept twice"
        await line.mend()
        await until_worked_off(stage)
        assert await titles(stage) == ["VPN 连不上", "打印机卡纸"]
        stage.player("张三", "wecom").sees("VPN 连不上", "IT-")
        stage.player("李四", "dingtalk").sees("打印机卡纸", "IT-")


async def until_worked_off(stage: Stage) -> None:
    pending = PendingInbox(stage.app.database)
    while spooled(stage) or await pending.count():
        await stage.later(seconds=30)
    await stage.settle()
