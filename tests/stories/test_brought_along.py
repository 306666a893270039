"""Passing on what others said (flow D): shown before it goes along, quoted with its authors, never twice a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.emulator.chats import ROBOT
from adapters.emulator.dingtalk.messages import Quote, Record, Text
from tests.stories.stage import GROUP, TEAM, Stage, staged

TALK = (("王五", "三楼 VPN 断了"), ("李雷", "我这边也连不上"), ("王五", "提示 691"))


@pytest.fixture
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    kind = getattr(request, "param", "sqlite")
    server = request.getfixturevalue("postgres_server") if kind == "postgres" else None
    if server is not None:
        url = await server.create()
    async with staged(url, tmp_path, channels=[f"dingtalk:{GROUP}"]) as made:
        yield made
        made.assert_clean()
    if server is not None:
        await server.drop(url)


@pytest.mark.parametrize(
    ("stage", "shape"), [("sqlite", "names"), ("postgres", "ids"), ("sqlite", "summary")], indirect=["stage"]
)
async def test_a_record_is_shown_before_it_goes_along(stage: Stage, shape: str) -> None:
    dingtalk = stage.emulator.dingtalk
    dingtalk.switches.record_has_names = shape == "names"
    dingtalk.switches.record_has_details = shape != "summary"
    zhang, wang = stage.player("张三", "dingtalk"), stage.player("王强", "dingtalk")
    await dingtalk.sends(zhang.id, Record(TALK))
    await stage.settle()
    zhang.sees("将带入 3 条上下文（含王五 2 条、李雷 1 条）", "王五：三楼 VPN 断了", "没有给全")
    assert zhang.buttons() == ["全部带入", "只带这条", "取消"]
    await zhang.presses("全部带入")
    zhang.sees("IT-1001", "李雷：我这边也连不上")
    stage.group.sees("IT-1001", "三楼 VPN 断了")

    # whoever brings the same is told, and hears how it goes
    await dingtalk.sends(wang.id, Record(TALK))
    await stage.settle()
    wang.sees("已有 IT-1001，已把您加为关注人")
    assert [f.name for f in (await stage.app.queries.view("IT-1001")).followers] == ["王强"]
    await dingtalk.sends(zhang.id, Record(TALK))
    await stage.settle()
    assert await stage.app.queries.visible("1002", (await stage.app.directory.find("赵敏")).actor) is None


async def test_what_is_said_to_it_comes_first_and_can_go_alone(stage: Stage) -> None:
    dingtalk, zhang = stage.emulator.dingtalk, stage.player("张三", "dingtalk")
    await dingtalk.sends(zhang.id, Record(TALK))
    await zhang.says("打印机也不行，帮忙看看")
    zhang.sees("打印机也不行，帮忙看看", "将带入 3 条上下文")
    await zhang.presses("只带这条")
    zhang.sees("待提交", "打印机也不行，帮忙看看")
    await zhang.presses("提交")
    view = await stage.app.queries.view("IT-1001")
    assert view.text == "打印机也不行，帮忙看看"
    timeline = await stage.app.queries.timeline(view.id)
    assert "691" not in str([row.payload for row in timeline])


async def test_of_a_record_that_tells_nothing_it_is_said_so(stage: Stage) -> None:
    dingtalk, zhang = stage.emulator.dingtalk, stage.player("张三", "dingtalk")
    await dingtalk.sends(zhang.id, Record(()))
    await stage.settle()
    zhang.sees("平台没有把聊天记录的内容给我")
    bot = stage.emulator.wecom.aibot
    await bot.sends_strange("ZhangSan", "appmsg")
    await stage.settle()
    stage.find("wecom", bot.private("ZhangSan"), ("平台没有把聊天记录的内容给我",), reader="")


@pytest.mark.parametrize("stage", ["postgres"], indirect=True)
async def test_a_colleague_s_words_in_a_group_are_agreed_to_in_private(stage: Stage) -> None:
    zhang = stage.player("张三", "dingtalk")
    quote = Quote("VPN 断了", message_id="msgQ1", sender="wangqiang01")
    await stage.emulator.dingtalk.sends(zhang.id, Text("帮忙处理", quote), GROUP)
    await stage.settle()
    stage.group.sees("张三，带上别人的话之前，请在私聊里确认")
    stage.group.sees_no("建单")
    zhang.sees("帮忙处理", "将带入 1 条上下文", "未显示姓名", "VPN 断了")
    await zhang.presses("全部带入")
    zhang.sees("IT-1001")

    wecom = stage.player("陈静", "wecom")
    await stage.emulator.wecom.aibot.says(wecom.id, "这个也看一下", TEAM, quote="空调不冷")
    await stage.settle()
    stage.team.sees("陈静，带上别人的话之前，请在私聊里确认")
    wecom.sees("将带入 1 条上下文", "平台没有说是谁说的", "空调不冷")
    await wecom.presses("全部带入")
    stage.team.sees("已为 陈静 建单 XZ-1002")
    await stage.emulator.wecom.aibot.says("WangQiang", "同问", TEAM, quote="空调不冷")
    await stage.settle()
    stage.team.sees("已有 XZ-1002，已把您加为关注人")


async def test_a_reply_to_what_the_bot_said_is_about_that_ticket(stage: Stage) -> None:
    zhang, li = stage.player("张三", "dingtalk"), stage.player("李四", "dingtalk")
    await zhang.says("报修 打印机卡纸")
    card = "IT-1001 打印机卡纸 待接单"
    await stage.emulator.dingtalk.sends(li.id, Text("接单", Quote(card, sender=ROBOT)), GROUP)
    await stage.settle()
    zhang.sees("李四 已接单 IT-1001")
    await stage.emulator.dingtalk.sends(zhang.id, Text("在二楼那台", Quote(card, sender=ROBOT)))
    await stage.settle()
    li.sees("张三 在 IT-1001 留言：在二楼那台")

    # a number that is none of theirs, or none at all, is only somebody's words
    stranger = stage.player("路人", "dingtalk")
    await stage.emulator.dingtalk.sends(stranger.id, Text("这个型号坏了", Quote("XJ-2000", sender="lisi01")))
    await stage.settle()
    stranger.sees("这个型号坏了", "将带入 1 条上下文")
    await stage.emulator.dingtalk.sends(stranger.id, Text("我这台也是", Quote(card, sender=ROBOT)))
    await stage.settle()
    li.sees_no("我这台也是")
