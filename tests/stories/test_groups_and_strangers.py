"""What a group may see, what a stranger is told, and what is answered in private."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.stage import GROUP, Stage, staged


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made
        made.assert_clean()


async def test_a_sentence_in_a_group_opens_a_ticket_and_the_rest_is_private(stage: Stage) -> None:
    zhang = stage.player("张三", "dingtalk")
    await zhang.says("VPN 连不上，电脑 zs-007", group=GROUP)
    stage.group.sees("已为 张三 建单 IT-1001，详情已私聊")
    zhang.sees("IT-1001", "待接单")


async def test_who_asks_in_a_group_is_answered_in_private(stage: Stage) -> None:
    zhang = stage.player("张三", "dingtalk")
    await zhang.says("报修 VPN 连不上\n密码是 hunter2")
    await zhang.says("查 1001", group=GROUP)
    zhang.sees("IT-1001", "hunter2")
    stage.group.sees_no("hunter2")


async def test_a_stranger_who_presses_changes_nothing_and_learns_nothing(stage: Stage) -> None:
    zhang, stranger = stage.player("张三", "wecom"), stage.player("路人", "dingtalk")
    await zhang.says("报修 VPN 连不上")
    await stranger.presses("接单", group=GROUP)
    view = await stage.app.queries.view("IT-1001")
    assert view.assignee is None
    card = stage.group.sees("IT-1001", "待接单")
    shown = stage.emulator.dingtalk.card_view(card.body["outTrackId"], stranger.id)
    assert "没有找到工单" in shown["tips"]
    others = stage.emulator.dingtalk.card_view(card.body["outTrackId"], "lisi01")
    assert "没有找到工单" not in others["tips"]


async def test_a_number_that_is_not_yours_answers_like_one_that_does_not_exist(stage: Stage) -> None:
    zhang, stranger = stage.player("张三", "wecom"), stage.player("路人", "wecom")
    await zhang.says("报修 VPN 连不上")
    for command in ("查 {}", "催办 {}", "解决 {} 好了", "为什么 {}", "关注 {}"):
        await stranger.says(command.format(1001))
        theirs = stranger.sees("没有找到工单 1001").text
        await stranger.says(command.format(1002))
        assert stranger.sees("没有找到工单 1002").text == theirs.replace("1001", "1002")


async def test_thanks_are_no_ticket(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("谢谢")
    zhang.sees("不客气")
    await zhang.says("我的")
    zhang.sees("您还没有工单")


async def test_sentences_of_one_breath_are_one_draft(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("打印机坏了")
    await zhang.says("在3楼东侧")
    await zhang.presses("提交")
    view = await stage.app.queries.view("IT-1001")
    assert (view.text, view.place) == ("打印机坏了\n在3楼东侧", "3楼")


async def test_the_priority_chosen_on_the_card_is_the_tickets(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("VPN 连不上")
    await zhang.presses("提交", priority="P1")
    assert (await stage.app.queries.view("IT-1001")).priority.value == "P1"


async def test_a_picture_without_words_joins_what_is_going_on(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上")
    await stage.emulator.wecom.sends_image(zhang.id)
    await stage.later(seconds=5)
    zhang.sees("已补充到 IT-1001")
    assert len((await stage.app.queries.view("IT-1001")).files) == 1


async def test_a_half_said_order_can_be_dropped(stage: Stage) -> None:
    zhang, li = stage.player("张三", "wecom"), stage.player("李四", "dingtalk")
    await zhang.says("报修 VPN 连不上")
    await li.says("接单 1001")
    await li.presses("解决")
    li.sees("怎么解决的")
    await li.says("算了")
    li.sees("已取消")
    assert (await stage.app.queries.view("IT-1001")).state.value == "in_progress"


async def test_silence_after_a_question_is_reminded_of_and_then_ends(stage: Stage) -> None:
    zhang, li = stage.player("张三", "wecom"), stage.player("李四", "dingtalk")
    await zhang.says("报修 VPN 连不上")
    await li.says("接单 1001")
    await li.says("要信息 1001 哪个地点？")
    for _ in range(3):
        await stage.later(hours=24)
    zhang.sees("提单人没有补充信息")
    await stage.later(days=3)
    assert (await stage.app.queries.view("IT-1001")).state.value == "closed"
