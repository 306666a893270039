"""Two applications of one company: who speaks to one is answered there, in words, cards and what follows later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.emulator.chats import Bubble
from adapters.emulator.wecom.server import WeComServer
from tests.stories.stage import Stage, on_stage, settings_for, shown, vendors

CREDENTIALS: dict[str, Any] = {
    "agent_id": 1000077,
    "secret": "s3cret-of-hr-application",
    "token": "TokenOfHr",
    "encoding_aes_key": "H" * 43,
}


@dataclass
class Both:
    stage: Stage
    hr: WeComServer

    def in_hr(self, *words: str) -> Bubble:
        found = [b for b in self.hr.chats.of("ZhangSan") if all(word in shown(b) for word in words)]
        assert found, f"{words} is not among {[shown(b) for b in self.hr.chats.of('ZhangSan')]}"
        return found[-1]

    async def says(self, text: str) -> None:
        await self.hr.says("ZhangSan", text)
        await self.stage.settle()

    def main_chat(self) -> list[str]:
        return [shown(bubble) for bubble in self.stage.chat("wecom", "ZhangSan")]


@pytest.fixture
async def both(database_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    async with vendors() as (emulator, port):
        hr = emulator.wecom.add_app(**CREDENTIALS)
        hr.callback_url = f"http://127.0.0.1:{port}/wecom/callback/hr"
        further = [{"name": "hr", **CREDENTIALS}]
        settings = settings_for(
            emulator, database_url, tmp_path, port, ["wecom-webhook:it-alerts"], further_apps=further
        )
        async with on_stage(emulator, settings) as stage:
            yield Both(stage, hr)
            stage.assert_clean()
            assert hr.defects == []


async def test_who_speaks_to_an_application_is_answered_there(both: Both) -> None:
    li = both.stage.player("李四", "wecom")
    assert (await both.hr.verify_url()).ok
    await both.says("报修 打印机卡纸")
    receipt = both.in_hr("IT-1001", "催办")
    await li.says("接单 1001")
    both.in_hr("李四 已接单 IT-1001")
    # a press there is answered there, and repaints the card there
    await both.hr.presses("ZhangSan", receipt.id, "urge:IT-1001")
    await both.stage.settle()
    li.sees("张三 催办 IT-1001")
    # and the sentence after a question is its answer
    await li.says("要信息 1001 什么型号？")
    both.in_hr("李四 想确认：什么型号？")
    await both.says("M203")
    li.sees("张三 回复了 IT-1001：M203")
    # a picture is fetched with the right that it was sent under
    await both.hr.sends_image("ZhangSan")
    await both.stage.settle()
    view = await both.stage.app.queries.view("IT-1001")
    assert [file.can_be_shown for file in view.files] == [True]
    assert both.main_chat() == []
    said_there = len(both.hr.chats.of("ZhangSan"))

    # who goes on in the other one is met in the other one
    await both.stage.player("张三", "wecom").says("查 1001")
    await li.says("解决 1001 换了硒鼓")
    both.stage.player("张三", "wecom").sees("处理结果：换了硒鼓")
    assert len(both.hr.chats.of("ZhangSan")) == said_there  # its cards are repainted, but nothing is said


async def test_who_left_one_application_is_met_in_the_other(both: Both) -> None:
    await both.says("报修 打印机卡纸")
    both.hr.switches.hidden_users.add("ZhangSan")
    await both.stage.player("李四", "wecom").says("接单 1001")
    both.stage.player("张三", "wecom").sees("李四 已接单 IT-1001")


async def test_each_has_its_own_door(both: Both) -> None:
    """What is sealed for one is refused at the other, exactly as at no application's."""
    url = both.hr.callback_url
    answers = []
    for path in ("/wecom/callback", "/wecom/callback/nobody"):
        both.hr.callback_url = url.replace("/wecom/callback/hr", path)
        delivery = await both.hr.says("ZhangSan", "报修 打印机卡纸")
        answers.append((delivery.status, delivery.reply))
    assert answers == [(404, None)] * 2
    await both.stage.settle()
    assert await both.stage.app.queries.by_number("IT-1001") is None
    both.hr.callback_url = url
    await both.says("报修 打印机卡纸")
    both.in_hr("IT-1001")
