"""A group is dissolved or throws the bot out: the lead hears it once, and no word that was meant for it is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from bot.lost_groups import lost_findings
from domain.base import Conversation
from storage.lost_groups import LostGroups
from tests.stories.stage import GROUP, Stage, staged

PLACE = Conversation("dingtalk", "group", GROUP)


@pytest.fixture
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    if server is not None:
        url = await server.create()
    async with staged(url, tmp_path, channels=[f"dingtalk:{GROUP}"]) as made:
        yield made
        made.assert_clean()
    if server is not None:
        await server.drop(url)


def deliveries(vendor: DingTalkServer) -> int:
    return sum(sent.chats == (GROUP,) for sent in vendor.sent) + len(vendor.refused)


@pytest.mark.parametrize("stage", ["sqlite", "postgres"], indirect=True)
async def test_a_dissolved_group_is_told_of_and_left_alone(stage: Stage) -> None:
    vendor, chen = stage.emulator.dingtalk, stage.player("陈静", "wecom")
    await vendor.org_event("chat_update_title", openConversationId=GROUP, title="IT 值班群")
    await stage.settle()
    chen.sees("IT 服务台", "改名为「IT 值班群」")

    vendor.tenant.disbanded.add(GROUP)
    delivery = await vendor.org_event("chat_disband", openConversationId=GROUP, chatId="chat1")
    await stage.settle()
    assert delivery.response["status"] == "SUCCESS"
    chen.sees("IT 服务台", "群已解散", "channels")
    await vendor.redeliver()
    await vendor.org_event("chat_disband", openConversationId=GROUP)
    await stage.settle()
    seen = [b.text for b in stage.chat("wecom", chen.id)]
    assert seen.count(chen.sees("群已解散").text) == 1

    tried = deliveries(vendor)
    await stage.player("张三", "dingtalk").says("报修 打印机卡纸")
    stage.player("李四", "wecom").sees("IT-1001", "待接单")
    assert deliveries(vendor) == tried  # not even tried there


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
async def test_a_group_without_the_bot_is_found_out_and_found_again(stage: Stage) -> None:
    vendor, chen = stage.emulator.dingtalk, stage.player("陈静", "wecom")
    group = vendor.tenant.group(GROUP)
    assert group is not None
    group.robot_inside = False
    await stage.player("张三", "dingtalk").says("报修 打印机卡纸")
    stage.player("李四", "wecom").sees("IT-1001", "待接单")
    chen.sees("机器人已被移出群")
    book = LostGroups(stage.app.database)
    assert await book.all() == {PLACE: "removed"}
    (finding,) = await lost_findings(book)
    assert not finding.ok
    assert GROUP in finding.what

    group.robot_inside = True
    await stage.player("李四", "dingtalk").says("谁值班", group=GROUP)
    assert await book.all() == {}
    await stage.player("张三", "dingtalk").says("报修 VPN 断了")
    stage.group.sees("IT-1002", "待接单")


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
async def test_who_leaves_the_company_is_heard_of(stage: Stage) -> None:
    delivery = await stage.emulator.dingtalk.org_event("user_leave_org", userId=["lisi01"])
    assert delivery.response["status"] == "SUCCESS"
