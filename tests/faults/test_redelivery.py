"""Whatever the vendors deliver five times, in a row or at once, leaves the same screens and books as one delivery.

The yardstick is a second stage on which the same story is told, with nothing going wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapters.emulator.chats import ROBOT
from adapters.emulator.dingtalk.faults import Fault
from tests.faults.books import export
from tests.stories.stage import ALERTS, EMPLOYEES, GROUP, Player, Stage, staged

Act = Callable[[Stage], Awaitable[Any]]
Trouble = Callable[[Stage], None]
Screens = dict[str, Counter[tuple[str, str]]]


@dataclass(frozen=True)
class Seen:
    """What is left on all screens (without order, for chats run side by side) and in the books."""

    screens: Screens
    tickets: list[tuple[str, str, Counter[str]]]


async def told(database_url: str, folder: Path, trouble: Trouble) -> dict[str, Seen]:
    """The whole story, and what there was to see after each act."""
    folder.mkdir()
    seen: dict[str, Seen] = {}
    async with staged(database_url, folder) as stage:
        stage.emulator.dingtalk.switches.qps = 0  # time stands still, and with it the second that is counted
        trouble(stage)
        for name, act in STORY.items():
            await act(stage)
            await what_failed_is_tried_again(stage)
            seen[name] = Seen(screens(stage), await tickets(stage))
        stage.assert_clean()
    return seen


async def what_failed_is_tried_again(stage: Stage) -> None:
    while due := await stage.app.outbox.next_due():
        stage.emulator.clock.advance(due - stage.emulator.clock.now())
        await stage.settle()


def screens(stage: Stage) -> Screens:
    wecom, dingtalk = stage.emulator.wecom.chats, stage.emulator.dingtalk.chats
    chats = {who.wecom: wecom.of(who.wecom) for who in EMPLOYEES} | {ALERTS: wecom.of(ALERTS)}
    chats |= {who.dingtalk: dingtalk.of(who.dingtalk) for who in EMPLOYEES} | {GROUP: dingtalk.of(GROUP)}
    return {
        name: Counter(
            (bubble.kind, without_draft(bubble.text)) for bubble in bubbles if bubble.sender == ROBOT
        )
        for name, bubbles in chats.items()
    }


def without_draft(text: str) -> str:
    """A transaction that is run again leaves a gap in PostgreSQL's numbers of drafts."""
    return re.sub(r"D-\d+", "D-1", text)


async def tickets(stage: Stage) -> list[tuple[str, str, Counter[str]]]:
    return [
        (line["title"], line["state"], Counter(event["kind"] for event in line["events"]))
        for line in await export(stage.app)
    ]


# ── the story ────────────────────────────────────────────────────────────────────────────────────────


def zhang(stage: Stage) -> Player:
    return stage.player("张三", "wecom")


def li(stage: Stage) -> Player:
    return stage.player("李四", "dingtalk")


async def comes_in(stage: Stage) -> None:
    await stage.emulator.wecom.subscribes("ZhangSan")
    await stage.settle()


async def sends_a_picture(stage: Stage) -> None:
    await stage.emulator.wecom.sends_image("ZhangSan")
    await stage.settle()


STORY: dict[str, Act] = {
    "a newcomer on WeCom": comes_in,
    "a sentence on WeCom": lambda stage: zhang(stage).says("3楼打印机卡纸"),
    "a picture on WeCom": sends_a_picture,
    "the press of a draft on WeCom": lambda stage: zhang(stage).presses("提交"),
    "an order on WeCom": lambda stage: zhang(stage).says("报修 VPN 连不上"),
    "a question on WeCom": lambda stage: zhang(stage).says("我的"),
    "a press in a DingTalk group": lambda stage: li(stage).presses("接单", group=GROUP),
    "an order without its words on DingTalk": lambda stage: li(stage).says("解决 1002"),
    "the words for it": lambda stage: li(stage).says("重启了网关"),
    "a press without words on WeCom": lambda stage: zhang(stage).presses("没解决"),
    "an order with its words on DingTalk": lambda stage: li(stage).says("要信息 1002 在哪里？"),
    "an answer on WeCom": lambda stage: zhang(stage).says("在家里"),
    "a press on a DingTalk card": lambda stage: li(stage).presses("要信息"),
    "the words for that": lambda stage: li(stage).says("用的什么系统？"),
    "a press that says something": lambda stage: zhang(stage).presses("没有更多信息"),
    "an order in a DingTalk group": lambda stage: li(stage).says("空调不冷", GROUP),
    "a sentence on DingTalk": lambda stage: li(stage).says("工位上的灯坏了"),
}


# ── the troubles ─────────────────────────────────────────────────────────────────────────────────────


def none_at_all(_: Stage) -> None:
    pass


def five_in_a_row(stage: Stage) -> None:
    stage.emulator.wecom.switches.duplicates = 5
    stage.emulator.dingtalk.switches.deliver_times = 5


def five_at_once(stage: Stage) -> None:
    five_in_a_row(stage)
    stage.emulator.wecom.switches.duplicates_at_once = True
    stage.emulator.dingtalk.switches.deliver_together = True


def answers_are_lost(stage: Stage) -> None:
    """Everything is done, but we do not hear of it: the connection ends before the answer. On WeCom that
    befalls each request once, on DingTalk a request in two."""
    asked: set[tuple[str, bytes]] = set()
    wecom, dingtalk = stage.emulator.wecom, stage.emulator.dingtalk

    async def lose_the_first_answer(path: str, body: bytes) -> None:
        if (path, body) not in asked:
            asked.add((path, body))
            wecom.faults.reset_after(path)

    wecom.on_call = lose_the_first_answer
    # Else a card whose answer was lost can't be repainted, and one more follows it when the ticket changes.
    wecom.switches.duplicate_answer_repeats_codes = True
    dingtalk.faults.random = Random(1)
    dingtalk.faults.plan("/v1.0/", Fault.RESET_AFTER, times=10_000, chance=0.5)


@pytest.fixture(scope="module")
async def yardstick(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    folder = tmp_path_factory.mktemp("yardstick")
    return await told(f"sqlite:///{folder / 'paidan.db'}", folder / "stage", none_at_all)


@pytest.mark.parametrize("trouble", [five_in_a_row, five_at_once])
async def test_five_deliveries_are_one_message(
    database_url: str, tmp_path: Path, yardstick: dict[str, Seen], trouble: Trouble
) -> None:
    seen = await told(database_url, tmp_path / "stage", trouble)
    for act, expected in yardstick.items():
        assert seen[act] == expected, act


async def test_what_was_done_without_our_hearing_of_it_is_not_done_twice(
    database_url: str, tmp_path: Path, yardstick: dict[str, Seen]
) -> None:
    seen = await told(database_url, tmp_path / "stage", answers_are_lost)
    for act, expected in yardstick.items():
        assert seen[act].tickets == expected.tickets, act
        assert keyed(seen[act].screens) == keyed(expected.screens), act
        assert words(seen[act].screens) == words(expected.screens), act


def keyed(all_screens: Screens) -> Screens:
    """Where the vendor has a way to recognise a repetition: everything on WeCom, cards on DingTalk."""
    return {
        name: screen if name in WECOM_USERS else Counter({m: n for m, n in screen.items() if m[0] == "card"})
        for name, screen in all_screens.items()
    }


def words(all_screens: Screens) -> dict[str, set[tuple[str, str]]]:
    """Everything, however often it came."""
    return {name: set(screen) for name, screen in all_screens.items()}


WECOM_USERS = {who.wecom for who in EMPLOYEES}
