"""A WeCom group with the AI bot in it: a ticket begins there, is taken there, and privacy holds there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.stage import TEAM, Stage, staged

CHANNELS = [f"wecom-aibot:{TEAM}"]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(f"sqlite:///{tmp_path / 'paidan.db'}", tmp_path, channels=CHANNELS) as made:
        yield made
        made.assert_clean()


async def test_a_ticket_begins_and_is_taken_in_the_group(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path, channels=CHANNELS) as stage:
        await _begins_and_is_taken(stage)
        stage.assert_clean()


async def _begins_and_is_taken(stage: Stage) -> None:
    zhang, li = stage.player("张三", "wecom"), stage.player("李四", "wecom")
    await zhang.says("VPN 连不上\n电脑名 hunter2", group=TEAM)
    stage.team.sees("已为 张三 建单 IT-1001，详情已私聊")
    zhang.sees("IT-1001", "待接单")
    assert li.buttons(TEAM)[0] == "接单"
    await li.presses("接单", group=TEAM)
    stage.team.sees("IT-1001", "处理中", "李四")
    stage.team.sees_no("您已接单")
    li.sees("您已接单 IT-1001")
    li.sees("IT-1001", "解决")
    zhang.sees("李四 已接单 IT-1001")


async def test_who_may_not_press_learns_it_in_private(stage: Stage) -> None:
    await stage.player("张三", "wecom").says("VPN 连不上", group=TEAM)
    stranger = stage.player("路人", "wecom")
    await stranger.presses("接单", group=TEAM)
    assert (await stage.app.queries.view("IT-1001")).assignee is None
    stage.team.sees_no("没有找到工单")
    stranger.sees("没有找到工单")


async def test_a_stale_card_is_followed_and_points_there_when_it_is_pressed(stage: Stage) -> None:
    zhang, li, wang = (stage.player(name, "wecom") for name in ("张三", "李四", "王强"))
    await zhang.says("VPN 连不上", group=TEAM)
    stale = stage.team.sees("IT-1001", "待接单")
    await li.says("接单 1001")
    stage.team.sees("IT-1001", "处理中", "李四")  # without a press the old one can't be repainted
    assert "接单" not in wang.buttons(TEAM)
    await wang.presses_key(stale, "accept:IT-1001")
    wang.sees("已由 李四")
    assert stage.team.count("IT-1001", "待接单") == 0
    assert stage.team.count("IT-1001", "已更新，见下方") == 1


async def test_the_bot_in_private_and_its_welcome(stage: Stage) -> None:
    bot, zhang = stage.emulator.wecom.aibot, stage.player("张三", "wecom")
    assert (await bot.opens(zhang.id)).answered
    await bot.says(zhang.id, "打印机卡纸")
    await stage.settle()
    draft = stage.chat("wecom", f"aibot:{zhang.id}")[-1]
    submit = next(key for label, key in stage.buttons_on(draft, zhang) if label == "提交")
    await bot.presses(zhang.id, draft.id, submit, {"priority": ["P1"]})
    await stage.settle()
    view = await stage.app.queries.view("IT-1001")
    assert (view.state.value, view.priority.value) == ("open", "P1")


async def test_where_nobody_has_spoken_to_the_bot_the_offer_comes_in_private(stage: Stage) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    stage.team.sees_no("IT-1001")
    for name in ("李四", "王强", "陈静"):
        assert "接单" in stage.player(name, "wecom").buttons()
    await stage.later(hours=3)  # and so do the alarms
    stage.player("陈静", "wecom").sees("IT-1001", "超时")


async def test_what_is_asked_in_the_group_is_answered_in_private(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上\n电脑名 hunter2")
    await zhang.says("查 1001", group=TEAM)
    zhang.sees("IT-1001", "hunter2")
    stage.team.sees_no("hunter2")
    stage.team.sees("详情请看私聊")
