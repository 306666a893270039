"""DING on top of an escalation: from the configured level on, and never in the way of the cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.tenant import Sent
from bot.settings.platforms import DingTalkSection, check_dingtalk
from tests.stories.stage import GROUP, Stage, staged


def rung(stage: Stage) -> list[Sent]:
    return [sent for sent in stage.emulator.dingtalk.sent if sent.api == "ding"]


async def late(stage: Stage) -> None:
    await stage.player("张三", "dingtalk").says("报修 打印机卡纸，回电 13800138000")
    await stage.later(hours=2, seconds=1)
    assert rung(stage) == []  # L1 is for the cards alone
    await stage.later(minutes=30, seconds=1)
    stage.group.sees("L2", "IT-1001")


async def test_from_the_second_level_on_people_are_rung_up(tmp_path: Path) -> None:
    url, changes = (
        f"sqlite:///{tmp_path / 'paidan.db'}",
        {"edition": "exclusive", "ding_at": "L2", "ding_by": "phone"},
    )
    async with staged(url, tmp_path, channels=[f"dingtalk:{GROUP}"], dingtalk_changes=changes) as stage:
        await late(stage)
        (ding,) = rung(stage)
        assert "chenjing01" in ding.chats
        assert ding.body["remindType"] == 3
        assert "IT-1001" in ding.body["content"]
        assert "L2" in ding.body["content"]
        assert "13800138000" not in ding.body["content"]
        assert (await stage.app.ledger.month("dingtalk", "2026-03"))["robot.ding"] == 1

        # somebody looks after it: nobody is rung up again
        await stage.player("陈静", "dingtalk").says("我来跟 1001")
        await stage.later(hours=2)
        assert len(rung(stage)) == 1
        stage.assert_clean()


@pytest.mark.parametrize("how", ["edition", "permission", "outage"])
async def test_a_refused_ding_stops_no_escalation(tmp_path: Path, how: str) -> None:
    url, changes = f"sqlite:///{tmp_path / 'paidan.db'}", {"edition": "professional", "ding_at": "L2"}
    async with staged(url, tmp_path, channels=[f"dingtalk:{GROUP}"], dingtalk_changes=changes) as stage:
        vendor = stage.emulator.dingtalk
        if how == "edition":
            vendor.switches.ding_allowed = False
        elif how == "permission":
            vendor.tenant.scopes = {"qyapi_robot_sendmsg", "Card.Instance.Write", "qyapi_get_member"}
        else:
            vendor.faults.plan("/v1.0/robot/ding/send", Fault.RESET_BEFORE, times=1)
        await late(stage)
        await stage.later(minutes=30, seconds=1)
        stage.group.sees("L3", "IT-1001")
        assert len(rung(stage)) == (2 if how == "outage" else 0)
        assert await stage.app.outbox.list("dead") == []


@pytest.mark.parametrize(
    ("edition", "by", "path"),
    [
        ("standard", "app", "dingtalk.ding_at"),
        ("professional", "sms", "dingtalk.ding_by"),
        ("professional", "app", ""),
        ("exclusive", "phone", ""),
    ],
)
def test_what_an_edition_has_not_is_said(edition: str, by: str, path: str) -> None:
    section = DingTalkSection.model_validate(
        {"client_id": "d", "client_secret": "s", "edition": edition, "ding_at": "L2", "ding_by": by}
    )
    assert [problem.path for problem in check_dingtalk(section)] == ([path] if path else [])
    silent = section.model_copy(update={"ding_at": ""})
    assert list(check_dingtalk(silent)) == []
