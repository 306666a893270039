"""What an ordinary ticket costs in calls that DingTalk bills, call by call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.emulator.dingtalk.tenant import Calls
from domain.quota.allowance import Account, account_of
from tests.stories.stage import GROUP, Platform, Stage, shown, staged

DELIVER = "POST /v1.0/card/instances/createAndDeliver"
UPDATE = "PUT /v1.0/card/instances"


class Meter:
    """What the played servers have billed, act by act."""

    def __init__(self, stage: Stage) -> None:
        self._calls = stage.emulator.dingtalk.calls
        self._before: dict[str, int] = {}
        self.acts: dict[str, list[str]] = {}

    def reads(self, act: str) -> None:
        now = {api: count for api, count in self._calls.by_api().items() if api != Calls.MESSAGES}
        new = {api: count - self._before.get(api, 0) for api, count in now.items()}
        self.acts[act] = [api for api, count in new.items() for _ in range(count)]
        self._before = now


THREE: dict[str, Any] = {"dingtalk_changes": {"calls_per_ticket": 3}}


async def ordinary_ticket(stage: Stage, requester: Platform) -> Meter:
    """Opened, accepted in the DingTalk group, asked about, answered, solved, confirmed."""
    zhang, li, meter = stage.player("张三", requester), stage.player("李四", "dingtalk"), Meter(stage)
    await zhang.says("报修 3楼打印机卡纸")
    zhang.sees("IT-1001", "待接单")
    meter.reads("opened")
    await stage.later(minutes=3)
    await li.presses("接单", group=GROUP)
    zhang.sees("李四 已接单 IT-1001")
    li.sees("IT-1001", "处理中", "解决")
    assert "接单" not in stage.player("王强", "dingtalk").buttons(GROUP)
    meter.reads("accepted")
    await stage.later(minutes=5)
    await li.presses("要信息")
    li.sees("请直接回复一句话")
    await li.says("哪一台？")
    zhang.sees("李四 想确认：哪一台？")
    meter.reads("asked")
    await stage.later(minutes=10)
    await zhang.says("靠窗那台")
    li.sees("张三 回复了 IT-1001：靠窗那台")
    meter.reads("answered")
    await stage.later(minutes=40)
    await li.presses("解决")
    await li.says("已取出卡纸")
    zhang.sees("处理结果：已取出卡纸")
    meter.reads("solved")
    await stage.later(minutes=5)
    await zhang.presses("已解决")
    li.sees("张三 已确认 IT-1001 解决")
    stage.group.sees("IT-1001", "已关闭")
    meter.reads("confirmed")
    return meter


@pytest.mark.parametrize(
    ("database_url", "requester"),
    [("sqlite", "wecom"), ("postgres", "dingtalk")],
    indirect=["database_url"],
    ids=["from-wecom", "from-dingtalk"],
)
async def test_an_ordinary_ticket_costs_three_calls(
    database_url: str, tmp_path: Path, requester: Platform
) -> None:
    async with staged(database_url, tmp_path, channels=[f"dingtalk:{GROUP}"], **THREE) as stage:
        counted_first = watch_counting(stage)
        meter = await ordinary_ticket(stage, requester)
        assert counted_first == [1, 1, 1], "a kill in the middle of a call hides none"
        assert meter.acts == {
            "opened": [DELIVER],  # the desk's card in its group; the receipt goes over the open session
            "accepted": [DELIVER],  # the card to work with; the press repaints the group's for nothing
            "asked": [],  # the prompt is on the pressed card, the question goes over the session
            "answered": [],
            "solved": [],
            "confirmed": [UPDATE],  # the group sees the end; in private chats words told it
        }
        made = await stage.app.thrift.by_api("dingtalk")
        calls = {api: count for api, count in made.items() if account_of(api) is Account.CALLS}
        assert calls == {"card.deliver": 2, "card.update": 1}, "the ledger has what the platform has"
        stage.assert_clean()


def watch_counting(stage: Stage) -> list[int]:
    """By how much the ledger is ahead of the platform's own count as each billed call comes in."""
    ahead: list[int] = []

    async def hear(path: str, _raw: bytes) -> None:
        if "/card/" in path or "Messages" in path:
            made = await stage.app.thrift.by_api("dingtalk")
            calls = sum(count for api, count in made.items() if account_of(api) is Account.CALLS)
            ahead.append(calls - stage.emulator.dingtalk.calls.total())

    stage.emulator.dingtalk.gate.on_call = hear
    return ahead


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_administrator_sees_what_is_used_and_is_told_once_a_stage(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path, channels=[f"dingtalk:{GROUP}"], **small(20)) as stage:
        zhao, li = stage.player("赵敏", "wecom"), stage.player("李四", "dingtalk")
        await zhao.says("待办")
        for n in range(7):
            await stage.player("张三", "wecom").says(f"报修 {n} 号打印机卡纸")
            await li.presses("接单", group=GROUP)
            await stage.later(minutes=2)
        zhao.sees("钉钉接口调用额度已用 14 / 20（70%）", "日用尽", "升级、审批和派单照常")
        await stage.later(minutes=5)
        assert len(news(stage)) == 1
        await zhao.says("额度")
        zhao.sees("钉钉本月额度", "14 / 20（70%）", "发卡片 14", "升级、审批和派单不会因额度减少")
        await li.says("额度")
        li.sees("只有管理员可以看额度")
        for n in range(3):
            await stage.player("张三", "wecom").says(f"报修 {n} 号投影仪不亮，打印机也是")
            await li.presses("接单", group=GROUP)
        await stage.later(minutes=2)
        assert len(news(stage)) == 3, "at 85 and at 95 once more, never twice"
        zhao.sees("额度已用 19 / 20（95%）", "早报只发一行字")
        await li.says("解决 IT-1001 好了")
        await stage.player("张三", "wecom").says("确认 IT-1001")
        stage.group.sees_no("IT-1001", "已关闭")
        await stage.later(hours=2)
        stage.group.sees("IT-1001", "已关闭")
        stage.assert_clean()


def news(stage: Stage) -> list[str]:
    found = [bubble.text for bubble in stage.chat("wecom", "ZhaoMin") if "额度已用" in shown(bubble)]
    return [text for text in found if "接口" in text]


def small(monthly_calls: int) -> dict[str, Any]:
    return {"dingtalk_changes": {"monthly_calls": monthly_calls, "calls_per_ticket": 3}}
