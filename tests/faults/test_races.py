"""Many at once, and the same thing again and again: one effect, and everybody hears the truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chat import Pressed
from domain.base import Account
from tests.stories.stage import GROUP, Stage, staged

CROWD = 20


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made
        made.assert_clean()


async def kinds(stage: Stage, number: str) -> list[str]:
    view = await stage.app.queries.view(number)
    return [row.kind for row in await stage.app.queries.timeline(view.id, include_internal=True)]


async def test_twenty_presses_at_once_have_one_winner_and_nineteen_who_are_told(stage: Stage) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    card = stage.group.sees("待接单").body["outTrackId"]
    pressers = ["lisi01", "wangqiang01", "chenjing01", "zhaomin01"] * (CROWD // 4)
    presses = [stage.emulator.dingtalk.presses(who, card, "accept:IT-1001") for who in pressers]
    answers = await asyncio.gather(*presses)
    await stage.settle()
    view = await stage.app.queries.view("IT-1001")
    assert view.assignee is not None
    assert (await kinds(stage, "IT-1001")).count("accepted") == 1
    told = [str(answer.response) for answer in answers]
    assert sum("工作卡已私聊发给您" in text for text in told) == 1
    won = [f"已由 {view.assignee.name} 于" in text or "您已接单 IT-1001（" in text for text in told]
    assert sum(won) == CROWD - 1
    assert [b.text for b in stage.emulator.dingtalk.buttons(card, "lisi01")] == ["详情"]


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "at once"])
async def test_a_message_delivered_five_times_is_one_ticket_and_one_receipt(
    stage: Stage, *, at_once: bool
) -> None:
    stage.emulator.wecom.switches.duplicates = 5
    stage.emulator.wecom.switches.duplicates_at_once = at_once
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上")
    assert [
        line.number for line in await stage.app.queries.mine((await stage.app.directory.find("张三")).id)
    ] == ["IT-1001"]
    assert (await kinds(stage, "IT-1001")).count("opened") == 1
    assert stage.group.count("待接单") == 1


async def test_a_stream_frame_delivered_five_times_is_one_ticket(stage: Stage) -> None:
    zhang = stage.player("张三", "dingtalk")
    await zhang.says("报修 VPN 连不上")
    for _ in range(4):
        await stage.emulator.dingtalk.repeat()
        await stage.settle()
    assert len(await stage.app.queries.mine((await stage.app.directory.find("张三")).id)) == 1
    assert stage.group.count("待接单") == 1


async def test_a_press_delivered_again_answers_as_before_and_does_nothing(stage: Stage) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    await stage.player("李四", "dingtalk").presses("接单", group=GROUP)
    for _ in range(4):
        await stage.emulator.dingtalk.repeat()
        await stage.settle()
    assert (await kinds(stage, "IT-1001")).count("accepted") == 1


async def test_a_press_with_another_tickets_number_is_refused(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上")
    await zhang.says("报修 打印机卡纸")
    first = next(b for b in stage.chat("dingtalk", GROUP) if "IT-1001" in str(b.body))
    forged = Pressed(
        id="dingtalk:forged",
        sender=Account("dingtalk", "lisi01"),
        place=None,
        copy=first.body["outTrackId"],
        key="accept:IT-1002",
    )
    answer = await stage.app.intake.receive(forged)
    assert "这个按钮已失效" in answer.note
    assert (await stage.app.queries.view("IT-1002")).assignee is None
    assert (await stage.app.queries.view("IT-1001")).assignee is None
