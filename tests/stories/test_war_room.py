"""A war room for what can't wait: opened once, filled with who has to do with it, told what happens, and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from adapters.emulator.wecom.state import AppChat
from tests.stories.stage import Room, Stage, on_stage, settings_for, staged, vendors

Staging = Callable[..., AbstractAsyncContextManager[Stage]]
URGENT = "优先级 1001 P1"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def staging(database_url: str, tmp_path: Path) -> Staging:
    def make(**it_desk: Any) -> AbstractAsyncContextManager[Stage]:
        return staged(
            database_url,
            tmp_path,
            channels=["wecom-webhook:it-alerts"],
            it_desk={"war_room": "P1", **it_desk},
        )

    return make


@pytest.fixture
async def stage(staging: Staging) -> AsyncIterator[Stage]:
    async with staging() as made:
        yield made
        made.assert_clean()


def chat(stage: Stage) -> AppChat:
    (found,) = stage.emulator.wecom.app_chats.values()
    return found


def room(stage: Stage) -> Room:
    return Room(stage, "wecom", chat(stage).id)


def said(stage: Stage) -> list[str]:
    return [bubble.text for bubble in stage.chat("wecom", chat(stage).id)]


def creations(stage: Stage) -> int:
    return sum("appchat/create" in passed.what for passed in stage.emulator.wire)


async def opened(stage: Stage) -> None:
    await stage.player("张三", "dingtalk").says("报修 VPN 全公司连不上\n错误 809")
    await stage.player("李四", "wecom").says("接单 1001")
    await stage.player("李四", "wecom").says(URGENT)


@on_sqlite
async def test_an_urgent_ticket_gets_its_room(stage: Stage) -> None:
    zhang, li = stage.player("张三", "dingtalk"), stage.player("李四", "wecom")
    await zhang.says("报修 VPN 全公司连不上\n错误 809")
    await li.says("接单 1001")
    assert stage.emulator.wecom.app_chats == {}

    await li.says(URGENT)

    assert chat(stage).name == "IT-1001 VPN 全公司连不上"
    # the lead owns it; without a roster the whole desk is there, and who asked for help is not
    assert (chat(stage).owner, set(chat(stage).members)) == ("ChenJing", {"ChenJing", "LiSi", "WangQiang"})
    first, *more = said(stage)
    assert not more
    for words in (
        "【处理中】IT-1001",
        "错误 809",
        "提单人：张三",
        "负责人：李四",
        "P1 紧急",
        "前解决",
        "/t/IT-1001",
    ):
        assert words in first
    zhang.sees_no("作战群")
    # once a ticket, however often it becomes urgent
    await li.says("优先级 1001 P2")
    await li.says(URGENT)
    assert creations(stage) == 1
    room(stage).sees("李四 把优先级改为 P1 紧急")


@on_postgres
async def test_its_news_its_people_and_its_end(stage: Stage) -> None:
    await opened(stage)
    zhang = stage.player("张三", "dingtalk")
    li, wang = stage.player("李四", "wecom"), stage.player("王强", "wecom")
    await wang.says("备注 1001 核心交换机重启过")
    room(stage).sees("王强 内部备注：核心交换机重启过")
    await li.says("要信息 1001 从几点开始？")
    room(stage).sees("李四 问提单人：从几点开始？")
    await zhang.says("答复 1001 九点")
    assert room(stage).sees("张三 答复：九点").mentions == ("LiSi",)
    await zhang.says("催办 1001")
    room(stage).sees("张三 催办（第 1 次）")

    # an administrator is called by the third level, and comes in
    await stage.later(hours=4, minutes=1)
    room(stage).sees("应于", "已超时，升级到 L1")
    assert "ZhaoMin" not in chat(stage).members
    await stage.later(hours=1)
    assert "ZhaoMin" in chat(stage).members
    assert "ZhaoMin" in room(stage).sees("升级到 L3").mentions
    assert room(stage).sees("赵敏 已进群", "VPN").mentions == ("ZhaoMin",)
    await stage.player("陈静", "wecom").says("我来跟 1001")
    room(stage).sees("陈静 已在跟")

    await li.says("解决 1001 换了核心交换机")
    room(stage).sees("李四 标记解决：换了核心交换机")
    await zhang.says("确认 1001")
    room(stage).sees("张三 已确认解决，IT-1001 结束。本群不再更新")
    before = said(stage)
    await li.says("回复 1001 谢谢")
    assert said(stage) == before
    # it is not over after all
    await zhang.says("重开 1001 又断了")
    room(stage).sees("张三 重开：又断了")
    await stage.player("王强", "wecom").says("备注 1001 备用线路已切")
    room(stage).sees("备用线路已切")
    zhang.sees_no("核心交换机重启过")


@on_sqlite
async def test_at_a_level_of_the_ladder_and_not_before(staging: Staging) -> None:
    async with staging(war_room="L2") as stage:
        await opened(stage)
        await stage.later(hours=4, minutes=1)
        assert stage.emulator.wecom.app_chats == {}
        await stage.later(minutes=30)
        assert "ChenJing" in chat(stage).members
        room(stage).sees("IT-1001", "已超时")
        assert creations(stage) == 1


@on_sqlite
async def test_the_desk_that_says_nothing_of_it_has_none(staging: Staging) -> None:
    async with staging(war_room=[]) as stage:
        await opened(stage)
        li = stage.player("李四", "wecom")
        await li.says("作战群 1001")
        li.sees("「IT 服务台」没有开通作战群", "war_room")
        await li.says("更多 1001")
        assert "作战群" not in li.buttons()
        assert stage.emulator.wecom.app_chats == {}
        stage.assert_clean()


@on_postgres
async def test_by_hand_it_opens_says_where_it_is_and_lets_people_in(staging: Staging) -> None:
    async with staging(war_room="hand") as stage:
        zhang, li, admin = (stage.player(name, "wecom") for name in ("张三", "李四", "赵敏"))
        await zhang.says("报修 VPN 全公司连不上")
        await li.says("接单 1001")
        await li.says(URGENT)
        assert stage.emulator.wecom.app_chats == {}
        for refused in (zhang, stage.player("路人", "wecom")):
            await refused.says("作战群 1001")
        zhang.sees("可以建作战群 IT-1001")
        stage.player("路人", "wecom").sees("没有找到工单 1001")

        await li.says("更多 1001")
        await li.presses("作战群")
        li.sees("IT-1001 的作战群「IT-1001 VPN 全公司连不上」已建好（3 人）", "消息列表")
        await li.says("拉群 1001")
        li.sees("已建（3 人），您在群里")
        assert "ZhaoMin" not in chat(stage).members
        await admin.says("作战群 1001")
        assert "ZhaoMin" in chat(stage).members
        room(stage).sees("赵敏 已进群")
        await admin.says("解决 1001 好了")
        await admin.says("作战群 1001")
        admin.sees("现为〔已解决", "不能建作战群")
        assert creations(stage) == 1
        stage.assert_clean()


@on_sqlite
async def test_who_has_no_account_there_is_named_to_the_lead(staging: Staging) -> None:
    async with staging() as stage:
        stage.emulator.wecom.switches.hidden_users.add("WangQiang")
        await opened(stage)
        assert set(chat(stage).members) == {"ChenJing", "LiSi"}
        stage.player("陈静", "wecom").sees("王强 没能进 IT-1001 的作战群", "请用别的方式联系")
        # once, and when the range was mended they come with the next change
        stage.emulator.wecom.switches.hidden_users.clear()
        await stage.player("陈静", "wecom").says("指派 1001 @王强")
        assert set(chat(stage).members) == {"ChenJing", "LiSi", "WangQiang"}


@pytest.mark.parametrize("trouble", ["few", "range", "refused"])
@on_sqlite
async def test_without_a_room_the_lead_hears_why_and_work_goes_on(staging: Staging, trouble: str) -> None:
    async with staging() as stage:
        wecom, chen, li = stage.emulator.wecom, stage.player("陈静", "wecom"), stage.player("李四", "wecom")
        if trouble == "few":
            wecom.switches.hidden_users |= {"WangQiang", "LiSi"}
        if trouble == "range":
            wecom.switches.app_sees_root = False
        if trouble == "refused":
            wecom.faults.fail("appchat/create", 86004, 2)
        await opened(stage)
        assert wecom.app_chats == {}
        chen.sees("IT-1001 的作战群没有建成", "工单照常处理", "作战群 IT-1001")
        if trouble == "range":
            chen.sees("可见范围」设为根部门")
        await li.says("回复 1001 正在查")

        # mended, and asked for again
        wecom.switches.hidden_users.clear()
        wecom.switches.app_sees_root = True
        wecom.faults.clear()
        await chen.says("作战群 1001")
        chen.sees("已建好（3 人）")
        assert set(chat(stage).members) == {"ChenJing", "LiSi", "WangQiang"}


@on_sqlite
async def test_a_room_that_was_ended_is_missed_once(stage: Stage) -> None:
    await opened(stage)
    stage.emulator.wecom.dissolves(chat(stage).id)
    li, chen = stage.player("李四", "wecom"), stage.player("陈静", "wecom")
    await li.says("回复 1001 正在查")
    await li.says("回复 1001 还在查")
    chen.sees("IT-1001 的作战群没有了：群已被解散")
    heard = [bubble for bubble in stage.chat("wecom", "ChenJing") if "作战群没有了" in bubble.text]
    assert len(heard) == 1
    await chen.says("作战群 1001")
    assert len(stage.emulator.wecom.app_chats) == 1
    room(stage).sees("IT-1001", "负责人：李四")


@on_postgres
async def test_another_desk_takes_over(stage: Stage) -> None:
    await opened(stage)
    await stage.player("李四", "wecom").says("转派 1001 行政服务台 是门禁断电")
    assert set(chat(stage).members) == {"LiSi", "ZhaoMin"}  # who had it stays; the old desk's others go
    room(stage).sees("已转到「行政服务台」")


@pytest.mark.parametrize("with_requester", [True, False])
@on_sqlite
async def test_notes_stay_out_of_a_room_with_the_requester(staging: Staging, with_requester: bool) -> None:
    async with staging(war_room_requester=with_requester) as stage:
        await opened(stage)
        assert ("ZhangSan" in chat(stage).members) is with_requester
        await stage.player("王强", "wecom").says("备注 1001 密语")
        await stage.player("李四", "wecom").says("回复 1001 明话")
        await stage.later(hours=6)
        room(stage).sees("李四 留言：明话")
        read = "\n".join(said(stage))
        assert ("密语" in read, "升级到" in read, "超时" in read) == (
            (False,) * 3 if with_requester else (True,) * 3
        )


@on_sqlite
async def test_the_page_shows_it(stage: Stage) -> None:
    await opened(stage)
    async with stage.app.session.get(stage.app.links.to("IT-1001")) as response:
        html = await response.text()
    assert "IT-1001 VPN 全公司连不上（3 人）" in html
    assert "作战群「IT-1001 VPN 全公司连不上」已建好" in html


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
@on_sqlite
async def test_an_answer_that_got_lost_makes_no_second_room(
    database_url: str, tmp_path: Path, fault: str
) -> None:
    """And neither does a program that starts again in the middle of it."""
    async with vendors() as (emulator, port):
        groups = ["wecom-webhook:it-alerts"]
        settings = settings_for(emulator, database_url, tmp_path, port, groups, it_desk={"war_room": "P1"})
        async with on_stage(emulator, settings) as stage:
            getattr(emulator.wecom.faults, fault)("appchat/create")
            await opened(stage)
            assert len(emulator.wecom.app_chats) == (fault == "reset_after")
        async with on_stage(emulator, settings) as stage:
            await stage.later(minutes=1)
            assert len(emulator.wecom.app_chats) == 1
            assert len([text for text in said(stage) if text.startswith("【")]) == 1
            assert await stage.app.outbox.next_due() is None
