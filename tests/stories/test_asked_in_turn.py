"""Flows B and F: people are asked one after the other, may say no, and the lead hears when nobody is left.

Each told twice: by buttons, and by words alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.tickets.states import State
from tests.stories.conftest import CASTS, Cast
from tests.stories.stage import Player, Room, Stage, staged


def mixes(*kinds: tuple[str, str, bool]) -> pytest.MarkDecorator:
    """Each story on both platforms and both databases, once by buttons and once by words."""
    names = [
        f"{cast} on {database}, {'buttons' if by_buttons else 'words'}"
        for database, cast, by_buttons in kinds
    ]
    values = [(database, CASTS[f"{cast}-to-{cast}"], by_buttons) for database, cast, by_buttons in kinds]
    arguments = ("database_url", "cast", "by_buttons")
    return pytest.mark.parametrize(arguments, values, indirect=arguments, ids=names)


one_way = mixes(("sqlite", "wecom", True), ("postgres", "dingtalk", False))
other_way = mixes(("postgres", "wecom", False), ("sqlite", "dingtalk", True))


@pytest.fixture
def by_buttons(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@dataclass
class Office:
    stage: Stage
    cast: Cast
    by_buttons: bool

    def player(self, name: str) -> Player:
        return self.stage.player(name, self.cast.requester if name == "张三" else self.cast.desk)

    @property
    def room(self) -> Room:
        return self.stage.group if self.cast.desk == "dingtalk" else self.stage.alerts

    async def does(self, player: Player, label: str, words: str) -> None:
        if self.by_buttons:
            await player.presses(label)
        else:
            await player.says(words)

    async def declines(self, player: Player, reason: str) -> None:
        if self.by_buttons:
            await player.presses("拒单")
            await player.says(reason)
        else:
            await player.says(f"拒单 1001 {reason}")

    async def ticket(self) -> Any:
        return await self.stage.app.queries.view("1001")


@pytest.fixture
async def office(
    database_url: str, tmp_path: Path, cast: Cast, by_buttons: bool, desks: list[dict[str, Any]]
) -> AsyncIterator[Office]:
    async with staged(database_url, tmp_path, channels=cast.channels, desks=desks) as stage:
        made = Office(stage, cast, by_buttons)
        for name in ("李四", "王强", "陈静"):
            await made.player(name).says("我的")  # so that it is known where each is met
        yield made
        stage.assert_clean()


@pytest.fixture
def desks(cast: Cast) -> list[dict[str, Any]]:
    it = {
        "key": "it", "name": "IT 服务台", "prefix": "IT", "lead": "陈静", "members": ["李四", "王强"],
        "channels": cast.channels, "sla": "standard", "keywords": ["打印机", "VPN"],
        "dispatch": "round_robin", "offer_for": "5m",
        "categories": [{"name": "打印", "keywords": ["打印机"]}, {"name": "网络", "keywords": ["VPN", "网络"]}],
    }  # fmt: skip
    office = {
        "key": "office",
        "name": "行政服务台",
        "prefix": "XZ",
        "members": ["赵敏"],
        "keywords": ["空调", "桌子"],
    }
    return [it, office]


@one_way
async def test_unanswered_it_moves_on_and_is_accepted(office: Office) -> None:
    zhang, li, wang = (office.player(name) for name in ("张三", "李四", "王强"))
    await zhang.says("报修 3楼打印机卡纸")
    li.sees("请您接单", "IT-1001", "5 分钟内（03-02 10:05 前）未接会转给下一位")
    wang.sees_no("IT-1001")
    await office.stage.later(minutes=4)
    wang.sees_no("IT-1001")

    await office.stage.later(minutes=1)
    wang.sees("请您接单", "IT-1001", "10:10 前")
    li.sees("这张单已转给下一位，还没有人接；您仍然可以接单")
    await office.does(wang, "接单", "接单 1001")
    zhang.sees("王强 已接单 IT-1001")
    ticket = await office.ticket()
    assert (ticket.assignee.name, ticket.offer) == ("王强", None)
    await li.says("接单 1001")
    li.sees("IT-1001 已由 王强 于")
    await office.stage.later(minutes=30)
    office.room.sees_no("还没有人接单")


@other_way
async def test_no_with_a_reason_moves_on_and_when_nobody_is_left_group_and_lead_hear_why(
    office: Office,
) -> None:
    zhang, li, wang, chen = (office.player(name) for name in ("张三", "李四", "王强", "陈静"))
    await zhang.says("报修 3楼打印机卡纸")
    await office.does(li, "拒单", "拒单 1001")
    li.sees("原因")
    wang.sees_no("IT-1001")
    await li.says("在外面")
    chen.sees("李四 拒单 IT-1001：在外面")
    wang.sees("请您接单", "李四 拒单：在外面")

    await office.declines(wang, "不会修")
    office.room.sees("IT-1001", "还没有人接单")
    chen.sees("没有人接单", "已问过 李四、王强，都没有接", "李四 拒单：在外面", "王强 拒单：不会修", "2 次")
    office.room.sees_no("不会修")
    zhang.sees_no("不会修")
    await office.does(chen, "指派", "指派 1001 @李四")
    if office.by_buttons:
        await chen.presses("李四")
    zhang.sees("IT-1001 已指派给 李四")
    assert (await office.ticket()).assignee.name == "李四"


@one_way
async def test_whoever_goes_on_leave_or_is_disabled_while_asked_is_passed_over_at_once(
    office: Office,
) -> None:
    zhang, li, wang, chen, zhao = (office.player(name) for name in ("张三", "李四", "王强", "陈静", "赵敏"))
    await zhang.says("报修 3楼打印机卡纸")
    li.sees("请您接单")
    await li.says("请假 今天")
    await office.does(li, "确认", "确认请假")
    wang.sees("请您接单", "IT-1001")
    li.sees("这张单已转给下一位")
    await zhao.says("停用账号 王强")
    chen.sees("没有人接单", "已问过 李四、王强")
    assert (await office.ticket()).state is State.OPEN


@other_way
async def test_a_doubtful_draft_asks_one_question_and_the_answer_files_it(office: Office) -> None:
    zhang, li = office.player("张三"), office.player("李四")
    await zhang.says("打印机旁边的空调漏水")
    zhang.sees("待提交", "这件事该找谁？选一个就提交。")
    assert zhang.buttons()[:3] == ["打印", "行政服务台", "说不准"]
    await office.does(zhang, "行政服务台", "提交 D-1 行政服务台")
    zhang.sees("XZ-1001", "待接单")
    ticket = await office.ticket()
    assert (ticket.desk.key, ticket.category, ticket.state) == ("office", "", State.OPEN)
    li.sees_no("1001")

    await zhang.says("打印机旁边的空调还在漏水")
    await office.does(zhang, "打印", "提交 D-2 打印")
    li.sees("请您接单", "IT-1002")


@other_way
async def test_the_lead_hears_of_the_third_transfer(office: Office) -> None:
    zhang, li, wang, chen = (office.player(name) for name in ("张三", "李四", "王强", "陈静"))
    await zhang.says("报修 3楼打印机卡纸")
    await office.does(li, "接单", "接单 1001")
    for giver, taker in ((li, wang), (wang, li), (li, wang)):
        chen.sees_no("已被转派")
        if office.by_buttons:
            await giver.presses("转派")
            await giver.presses(taker.employee.name)
        else:
            await giver.says(f"转派 1001 @{taker.employee.name}")
        await office.does(taker, "接受", "接受 1001")
        await office.stage.later(minutes=1)
    chen.sees("IT-1001「3楼打印机卡纸」已被转派 3 次，请关注。")
