"""A card never does harm (卡片不骗人): old copies point to the newest, an offer that is over says so, and every press
is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.emulator.chats import Bubble
from tests.stories.conftest import Cast, on_both_platforms
from tests.stories.stage import ALERTS, TEAM, Player, Stage, shown, staged

ONLY_HEARS = [f"wecom-webhook:{ALERTS}"]


def cards(player: Player, word: str = "IT-1001") -> list[Bubble]:
    chat = player.stage.chat(player.on, player.id)
    return [bubble for bubble in chat if bubble.kind == "card" and word in shown(bubble)]


async def presses_old(player: Player, card: Bubble, key: str) -> str:
    """A button that the card showed once."""
    if player.on == "wecom":
        delivery: Any = await player.stage.emulator.wecom.presses_stale(player.id, card.id, key)
        answer = delivery.reply.plain if delivery.reply else ""
    else:
        handle = card.body["outTrackId"]
        delivery = await player.stage.emulator.dingtalk.presses_stale(player.id, handle, key)
        answer = str(delivery.response)
    await player.stage.settle()
    return answer


@on_both_platforms
async def test_a_card_with_a_newer_one_below_points_to_it(stage: Stage, cast: Cast) -> None:
    zhang, li = stage.player("张三", cast.requester), stage.player("李四", cast.desk)
    await zhang.says("报修 打印机卡纸")
    await li.says("接单 1001")
    await li.says("解决 1001 换了硒鼓")
    receipt, solution = cards(zhang)

    refused = await presses_old(zhang, receipt, "cancel:IT-1001")
    assert "已更新，见下方" in refused
    assert "已解决" in refused  # and it is true besides
    receipt = cards(zhang)[0]
    assert [key for _, key in stage.buttons_on(receipt, zhang)] == []
    assert "已解决" in zhang.buttons()
    assert len(cards(zhang)) == 2
    assert cards(zhang)[1].id == solution.id


@on_both_platforms
async def test_what_an_old_card_can_still_do_it_does(stage: Stage, cast: Cast) -> None:
    zhang, li = stage.player("张三", cast.requester), stage.player("李四", cast.desk)
    await zhang.says("报修 打印机卡纸")
    await li.says("接单 1001")
    await li.says("要信息 1001 在哪里？")
    await zhang.says("三楼")
    answer = await presses_old(zhang, cards(zhang)[0], "urge:IT-1001")
    assert "已催办 IT-1001" in answer
    assert "已更新，见下方" in answer


@on_both_platforms
async def test_a_question_that_is_open_already_is_not_put_again_but_answered(
    stage: Stage, cast: Cast
) -> None:
    zhang, li = stage.player("张三", cast.requester), stage.player("李四", cast.desk)
    await zhang.says("报修 打印机卡纸")
    await li.says("接单 1001")
    await li.presses("解决")
    asked = len(stage.chat(li.on, li.id))
    again = await presses_old(li, cards(li)[-1], "resolve:IT-1001")
    assert "刚才已经问过您，请直接回复" in again
    assert len(stage.chat(li.on, li.id)) == asked
    await li.says("换了硒鼓")
    zhang.sees("IT-1001", "处理结果：换了硒鼓")


@on_both_platforms
async def test_a_reminder_leaves_one_card_that_asks(stage: Stage, cast: Cast) -> None:
    zhang = stage.player("张三", cast.requester)
    await zhang.says("3楼打印机卡纸")
    await stage.later(hours=25)
    first, second = cards(zhang, "打印机卡纸")
    assert "提交" not in [label for label, _ in stage.buttons_on(first, zhang)]
    assert "提交" in [label for label, _ in stage.buttons_on(second, zhang)]


async def test_an_offer_keeps_its_last_repaint_for_the_moment_when_it_is_over(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=ONLY_HEARS) as stage:
        li, wang = stage.player("李四", "wecom"), stage.player("王强", "wecom")
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        await stage.player("陈静", "wecom").says("优先级 1001 P1")
        assert "接单" in wang.buttons()
        await li.says("接单 1001")
        assert len(cards(wang)) == 1
        wang.sees("IT-1001", "处理中", "李四")
        assert wang.buttons() == []
        stage.assert_clean()


async def test_an_offer_that_can_not_be_repainted_any_more_has_one_successor(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=ONLY_HEARS) as stage:
        li, wang = stage.player("李四", "wecom"), stage.player("王强", "wecom")
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        await stage.later(hours=73)  # longer than a code lives
        offer = next(card for card in cards(wang) if "接单" in shown(card))
        await li.says("接单 1001")
        assert "处理中" in shown(cards(wang)[-1])
        await presses_old(wang, offer, "accept:IT-1001")
        assert "已更新，见下方" in await presses_old(wang, offer, "accept:IT-1001")
        followed = len(cards(wang))
        await li.says("解决 1001 换了硒鼓")
        assert len(cards(wang)) == followed
        stage.assert_clean()


async def test_in_a_group_of_the_ai_bot_an_offer_that_is_over_is_followed_once(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=[f"wecom-aibot:{TEAM}"]) as stage:
        li = stage.player("李四", "wecom")
        await stage.player("张三", "wecom").says("VPN 连不上", group=TEAM)
        await li.says("接单 1001")
        stage.team.sees("IT-1001", "处理中", "李四")
        seen = len([b for b in stage.chat("wecom", TEAM) if b.kind == "card"])
        await li.says("解决 1001 重启了网关")
        assert len([b for b in stage.chat("wecom", TEAM) if b.kind == "card"]) == seen
        stage.assert_clean()


async def test_what_a_presser_in_a_group_is_told_waits_until_their_platform_is_back(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=[f"wecom-aibot:{TEAM}"]) as stage:
        await stage.player("张三", "wecom").says("VPN 连不上", group=TEAM)
        stage.emulator.wecom.faults.bad_gateway("message/send", 2)
        stranger = stage.player("路人", "wecom")
        await stranger.presses("接单", group=TEAM)
        stranger.sees_no("没有找到工单")
        await stage.later(minutes=1)
        await stage.later(minutes=1)
        stranger.sees("没有找到工单")
        stage.assert_clean()


async def test_a_repaint_of_which_nothing_is_known_is_not_believed_for_ever(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=ONLY_HEARS) as stage:
        zhang = stage.player("张三", "wecom")
        await zhang.says("报修 打印机卡纸")
        stage.emulator.wecom.faults.bad_gateway("message/update_template_card", 9)
        await stage.player("李四", "wecom").says("接单 1001")
        stage.emulator.wecom.faults.clear()
        await stage.later(hours=73)  # longer than the right lives
        assert "处理中" in shown(cards(zhang)[-1])
        stage.assert_clean()


async def test_looking_from_an_old_card_brings_it_up_to_date_for_good(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=ONLY_HEARS) as stage:
        li, wang = stage.player("李四", "wecom"), stage.player("王强", "wecom")
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        await li.says("接单 1001")
        await li.says("要信息 1001 在哪里？")  # its right is spent: it stays as it was
        assert "处理中" in shown(cards(wang)[0])
        await presses_old(wang, cards(wang)[0], "more:IT-1001")
        assert "等待回复" in shown(cards(wang)[0])
        await stage.player("张三", "wecom").says("三楼")
        assert "处理中" in shown(cards(wang)[0])
        stage.assert_clean()
