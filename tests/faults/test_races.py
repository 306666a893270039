"""Many people press at the same moment: one wins, everybody else is told who did, and no card stays behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.emulator.company import Employee
from tests.faults.books import export, kinds
from tests.faults.crowd import Told, crowd, crowded, everybody, press_at_once
from tests.stories.stage import ALERTS, GROUP, Platform, Stage, shown

DINGTALK_GROUP = [f"dingtalk:{GROUP}"]
ONLY_HEARS = [f"wecom-webhook:{ALERTS}"]  # nobody can press there, so each member gets a card in private
CROWDS = {
    "20 DingTalk people on one group card": (crowd(20, "dingtalk"), DINGTALK_GROUP),
    "20 WeCom people, each on their own card": (crowd(20, "wecom"), ONLY_HEARS),
    "64 people on both platforms": (crowd(54, "wecom") + crowd(10, "dingtalk"), ONLY_HEARS),
}


@pytest.mark.parametrize("employees_and_channels", CROWDS.values(), ids=CROWDS.keys())
async def test_one_of_many_wins_and_the_others_are_told_who(
    database_url: str, tmp_path: Path, employees_and_channels: tuple[tuple[Employee, ...], list[str]]
) -> None:
    employees, channels = employees_and_channels
    group = GROUP if channels == DINGTALK_GROUP else None
    async with crowded(database_url, tmp_path, employees, channels) as stage:
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        told = await press_at_once(everybody(stage, employees), "接单", group)
        await stage.settle()

        winner = await the_winner(stage)
        assert (await kinds(stage.app))[0]["accepted"] == 1
        assert_told_the_truth(told, winner)
        assert_no_card_still_offers(stage, told, winner, group)
        stage.player("张三", "wecom").sees(f"{winner} 已接单 IT-1001")


async def the_winner(stage: Stage) -> str:
    (line,) = await export(stage.app)
    assert line["state"] == "in_progress"
    return str(line["assignee"])


def assert_told_the_truth(told: list[Told], winner: str) -> None:
    for one in told:
        name = one.player.employee.name
        words = "您已接单 IT-1001" if name == winner else f"IT-1001 已由 {winner} 于"
        assert words in one.answer or was_late(one.answer), f"{name} heard {one.answer}"


def was_late(answer: str) -> bool:
    """On a busy machine the vendor's patience ends first; then it is the card alone that tells."""
    return answer in {"", "{}"} or "系统正忙" in answer


def assert_no_card_still_offers(stage: Stage, told: list[Told], winner: str, group: str | None) -> None:
    for one in told:
        chat = stage.chat(one.player.on, group or one.player.id)
        card = next(bubble for bubble in chat if bubble.kind == "card")
        assert winner in shown(card), one.player.employee.name
        assert "接单" not in [label for label, _ in stage.buttons_on(card, one.player)]


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
async def test_one_press_delivered_five_times_at_once_is_one_press(
    database_url: str, tmp_path: Path, platform: Platform
) -> None:
    employees = crowd(2, platform)
    async with crowded(database_url, tmp_path, employees, ONLY_HEARS) as stage:
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        five_times_at_once(stage)
        await press_at_once(everybody(stage, employees[:1]), "接单")
        await stage.settle()

        answers = answers_to_presses(stage, platform)
        assert len(answers) == 5
        assert all("您已接单 IT-1001" in answer or was_late(answer) for answer in answers), answers
        assert (await kinds(stage.app))[0]["accepted"] == 1
        (me,) = everybody(stage, employees[:1])
        cards = [bubble for bubble in stage.chat(platform, me.id) if bubble.kind == "card"]
        assert len(cards) == 2, "the offer and one work card"


def five_times_at_once(stage: Stage) -> None:
    stage.emulator.wecom.switches.duplicates = 5
    stage.emulator.wecom.switches.duplicates_at_once = True
    stage.emulator.dingtalk.switches.deliver_times = 5
    stage.emulator.dingtalk.switches.deliver_together = True


def answers_to_presses(stage: Stage, platform: Platform) -> list[str]:
    """Every answer that crossed the wire, also those that the vendor threw away."""
    if platform == "wecom":
        passed = [p.answer for p in stage.emulator.wire if p.what == "CALLBACK template_card_event"]
        return [answer.get("reply", "") for answer in passed]
    acks = [p.body for p in stage.emulator.wire if p.what == "ACK /v1.0/card/instances/callback"]
    return [json.dumps(ack["data"]["response"], ensure_ascii=False) for ack in acks]
