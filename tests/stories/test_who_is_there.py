"""Flows N and O: leave with a deputy, coming back, who is on duty, swaps and cover; by buttons and by words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.tickets.states import State
from tests.stories.conftest import Cast, on_both_platforms
from tests.stories.stage import GROUP, Player, Stage, staged

ROSTER = {
    "desk": "it",
    "kind": "daily",
    "people": ["李四", "王强"],
    "start": date(2026, 3, 2),
    "handover": "09:00",
}
pytestmark = on_both_platforms


@pytest.fixture
async def rostered(database_url: str, tmp_path: Path, cast: Cast) -> AsyncIterator[Stage]:
    """It is Monday, ten o'clock, and 李四 is on duty until tomorrow at nine."""
    async with staged(database_url, tmp_path, channels=cast.channels, rosters=[ROSTER]) as made:
        yield made
        made.assert_clean()


async def opened_and_accepted(stage: Stage, cast: Cast, *texts: str) -> tuple[Player, ...]:
    """张三 asks, 李四 accepts. Answers 张三, 李四, 王强, 陈静."""
    zhang = stage.player("张三", cast.requester)
    li, wang, chen = (stage.player(name, cast.desk) for name in ("李四", "王强", "陈静"))
    for player in (li, wang, chen):
        await player.says("待办")  # so that it is known where each is met
    for number, text in enumerate(texts, 1001):
        await zhang.says(f"报修 {text}")
        await li.says(f"接单 {number}")
    return zhang, li, wang, chen


async def owner(stage: Stage, number: int) -> Any:
    view = await stage.app.queries.by_number(str(number))
    assert view is not None
    return view.assignee.name if view.assignee else view.state


# ── flow N ──


async def test_leave_is_previewed_accepted_begun_and_given_back(stage: Stage, cast: Cast) -> None:
    zhang, li, wang, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸", "VPN 连不上")
    await li.says("请假 今天 王强代")
    li.sees("请假 3月2日", "处理中 2", "王强")
    await li.presses("确认")
    li.sees("李四 请假 3月2日", "等代理人答复", "取消请假")
    wang.sees("请您代理 李四", "处理中 2")
    assert await owner(stage, 1001) == "李四"

    await wang.presses("接受")
    li.sees("王强 已接受代理")
    chen.sees("李四 3月2日 请假，由 王强 代理")
    wang.sees("李四 请假中", "IT-1001", "3楼打印机卡纸")
    zhang.sees("IT-1001 现由 王强 处理")
    assert await owner(stage, 1001) == await owner(stage, 1002) == "王强"

    await wang.says("解决 1002 重启了网关")
    await stage.later(hours=14)
    li.sees_no("欢迎回来")
    await stage.later(hours=9)
    li.sees("欢迎回来", "还有 1 单可以取回")
    wang.sees("李四 已返岗")
    await li.presses("全部取回")
    wang.sees("李四 取回了 IT-1001")
    assert await owner(stage, 1001) == "李四"


async def test_the_same_by_words_alone_and_back_early(stage: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    await li.says("请假 到周五 王强代")
    await li.says("确认请假")
    await wang.says("接受代理")
    assert await owner(stage, 1001) == "王强"
    await li.says("接单 1001")
    li.sees("您正在请假", "销假")
    await chen.says("指派 1001 @李四")
    chen.sees("李四 请假到", "由 王强 代理")
    await li.says("我回来了")
    li.sees("欢迎回来")
    await li.says("取回工单 1")
    assert await owner(stage, 1001) == "李四"
    await li.says("销假")
    li.sees("没有找到这条请假")


async def test_a_deputy_who_declines_or_is_silent_leaves_it_to_the_lead(stage: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    await li.says("请假 今天 王强代")
    await li.presses("确认")
    await stage.later(minutes=31)
    li.sees("王强 30 分钟内没有答复")
    chen.sees("李四 请假的代理人 王强 30 分钟内没有答复")
    assert await owner(stage, 1001) == State.OPEN
    await wang.presses("接受")
    wang.sees("仅代理人或组长")
    await chen.presses("我来代")
    assert await owner(stage, 1001) == "陈静"


async def test_a_press_on_an_old_card_tells_what_became_of_it(stage: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    await li.says("请假 明天 王强代")
    await li.presses("确认")
    await li.says("取消请假")
    wang.sees("李四 3月3日 的请假已取消")
    await wang.presses("接受")
    wang.sees("没有找到这条请假")
    await li.says("请假 明天 王强代")
    await li.presses("确认")
    await wang.says("谢绝代理")
    chen.sees("代理人 王强 不能代理")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("请假 3/1", "已经过去"),
        ("请假 3/9-3/5", "早于开始"),
        ("请假 2/30", "没有「2/30」这一天"),
        ("请假 明天 王小二代", "没有找到「王小二」"),
        ("请假 明天 李四代", "不能由自己代理"),
        ("换班 周六 给 赵敏", "没有班可换"),
        ("我来顶 到 25:00", "没有「25:00」这个时间"),
        ("我来顶", "没有班表"),
        ("接受代理 99", "没有找到这条请假"),
        ("接受换班", "没有找到这个换班"),
        ("谁值班 财务", "没有「财务」这个服务台"),
        ("停用账号 王强", "仅管理员"),
    ],
)
async def test_what_can_not_be_is_said_and_changes_nothing(
    stage: Stage, cast: Cast, said: str, heard: str
) -> None:
    _, li, *_ = await opened_and_accepted(stage, cast)
    await li.says(said)
    li.sees(heard)


async def test_who_only_says_the_word_is_asked_for_the_rest(stage: Stage, cast: Cast) -> None:
    _, li, *_ = await opened_and_accepted(stage, cast)
    await li.says("请假")
    li.sees("请哪几天假", "请假 7/1-7/3 王五代")
    await li.says("明天 王强代")
    li.sees("请假 3月3日", "没有工单")
    await li.says("请假系统打不开")
    li.sees("待提交", "请假系统打不开")


async def test_a_leaver_has_nothing_left_at_once(stage: Stage, cast: Cast) -> None:
    _, li, _, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    zhao = stage.player("赵敏", cast.desk)
    await zhao.says("停用账号 李四")
    zhao.sees("李四 的账号已停用", "放回服务台 1 单")
    chen.sees("李四 的账号已停用")
    assert await owner(stage, 1001) == State.OPEN
    await li.says("接单 1001")
    li.sees("账号已停用")
    await zhao.says("启用账号 李四")
    await li.says("接单 1001")
    assert await owner(stage, 1001) == "李四"


async def test_a_closed_account_opens_nothing_and_presses_nothing(stage: Stage, cast: Cast) -> None:
    zhang, zhao = stage.player("张三", cast.requester), stage.player("赵敏", cast.desk)
    await zhang.says("报修 VPN 连不上")
    await zhao.says("停用账号 张三")
    await zhang.says("报修 打印机卡纸")
    zhang.sees("您的账号已停用，不能提单", "管理员")
    await zhang.says("我的")
    zhang.sees_no("我的工单")
    await zhang.presses("撤销")
    assert (await stage.app.queries.view("IT-1001")).state is State.OPEN
    assert await stage.app.queries.by_number("IT-1002") is None
    await zhao.says("启用账号 张三")
    await zhang.presses("撤销")
    assert (await stage.app.queries.view("IT-1001")).state is State.CANCELLED


async def test_who_gets_which_ticket_is_chosen_one_by_one(stage: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(stage, cast, "3楼打印机卡纸", "VPN 连不上", "电脑很慢")
    await li.says("请假 明天 王强代")
    await li.presses("逐单选")
    li.sees("IT-1001 3楼打印机卡纸", "1/3", "3月3日 请假期间，这一单交给谁？")
    await li.presses("陈静")
    li.sees("IT-1002 VPN 连不上", "2/3")
    await li.presses("放回服务台")
    await li.says("移交 1003 给 李四")
    li.sees("不能留给自己")
    await li.says("移交 1003 给 王强")
    li.sees("请假 3月3日", "陈静", "IT-1001 3楼打印机卡纸", "服务台", "IT-1002")
    await li.presses("确认")
    await wang.presses("接受")
    await stage.later(hours=14)
    assert [await owner(stage, n) for n in (1001, 1002, 1003)] == ["陈静", State.OPEN, "王强"]
    for player in (wang, chen):
        player.sees("李四 请假中", "IT-1001")


async def test_half_a_day_off(stage: Stage, cast: Cast) -> None:
    _, li, wang, _ = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    await li.says("请假 下午 王强代")
    li.sees("请假 3月2日下午", "处理中 1")
    await li.presses("确认")
    await wang.presses("接受")
    assert await owner(stage, 1001) == "李四"
    await stage.later(hours=2)
    assert await owner(stage, 1001) == "王强"


async def test_what_is_reopened_in_a_leave_goes_to_the_deputy(stage: Stage, cast: Cast) -> None:
    zhang, li, wang, _ = await opened_and_accepted(stage, cast, "3楼打印机卡纸")
    await li.says("解决 1001 换了硒鼓")
    await li.says("请假 今天 王强代")
    await li.presses("确认")
    await wang.presses("接受")
    await zhang.says("重开 1001 还是卡纸")
    wang.sees("张三 重开了 IT-1001")
    assert await owner(stage, 1001) == "王强"


# ── flow O ──


async def test_who_is_on_duty_and_a_swap_that_counts_when_accepted(rostered: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(rostered, cast)
    await li.says("谁值班")
    li.sees("谁值班", "李四 到 3月3日 周二 09:00", "王强 3月3日 周二 09:00 起")
    await li.presses("换班")
    li.sees("哪一天的班")
    await li.says("周三 给 王强")
    wang.sees("李四 想把班换给您", "3月4日 周三 09:00")
    await wang.presses("接受")
    wang.sees("李四 想把班换给您", "已换班")
    for player in (li, chen):
        player.sees("换班已生效", "由 李四 换给 王强")
    room = rostered.group if cast.desk == "dingtalk" else rostered.alerts
    room.sees("换班：", "由 李四 换给 王强")
    await rostered.later(days=2)
    await li.says("谁值班")
    li.sees("王强 到")


async def test_a_swap_by_words_is_declined_withdrawn_or_refused(rostered: Stage, cast: Cast) -> None:
    _, li, wang, _ = await opened_and_accepted(rostered, cast)
    await li.says("换班 周三 给 王强")
    await wang.says("谢绝换班")
    li.sees("王强 不能接这一班")
    await li.says("换班 周三给王强")
    await li.says("撤回换班")
    wang.sees("李四 撤回了换班")
    await wang.says("接受换班 2")
    wang.sees("这次换班已撤回")
    await li.says("换班 周三 给 赵敏")
    li.sees("不能这样换", "赵敏 不在「IT 服务台」")


async def test_cover_is_at_once_and_the_lead_knows(rostered: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(rostered, cast)
    await wang.says("我来顶 到 18:00")
    wang.sees("您现在值班", "到 18:00")
    for player in (li, chen):
        player.sees("王强 顶「IT 服务台」的班，到 18:00")
    await wang.says("谁值班")
    wang.sees("王强 到 3月2日 周一 18:00", "李四 3月2日 周一 18:00 起")
    await wang.presses("我来顶")
    wang.sees("现在就是您值班")


async def test_a_quarter_of_an_hour_before_the_shift_changes_both_get_the_list(
    rostered: Stage, cast: Cast
) -> None:
    _, li, wang, chen = await opened_and_accepted(rostered, cast, "3楼打印机卡纸")
    await rostered.later(hours=22, minutes=45)
    for player in (li, wang):
        player.sees("交接清单 IT 服务台", "李四 → 王强", "IT-1001")
    chen.sees_no("交接清单")


async def test_without_a_deputy_whoever_is_on_duty_has_it(rostered: Stage, cast: Cast) -> None:
    _, li, wang, chen = await opened_and_accepted(rostered, cast, "3楼打印机卡纸")
    await wang.says("我来顶 到 23:00")
    await li.says("请假 今天")
    li.sees("没有代理人", "值班")
    await li.presses("确认")
    wang.sees("李四 请假中", "IT-1001")
    assert await owner(rostered, 1001) == "王强"
    await wang.says("请假 今天")
    await wang.presses("确认")
    chen.sees("现在没有人值班")
    assert await owner(rostered, 1001) == State.OPEN


async def test_in_a_group_the_answer_is_private(rostered: Stage, cast: Cast) -> None:
    if cast.desk != "dingtalk":
        return
    _, li, *_ = await opened_and_accepted(rostered, cast)
    await li.says("谁值班", group=GROUP)
    li.sees("谁值班", "李四 到")
