"""What one chat can't take holds up that chat, and nothing that is meant for others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from adapters.card import Card
from adapters.chat import Capabilities, CardCopy, ChatPlatform, Paced, PlatformError, Unreachable
from bot.app import App
from bot.courier.failing import PATIENCE
from domain.base import Account, Conversation
from tests.bot.test_quota_day import CARD, GROUP, Day, Silent, office, say

ZHANG = Conversation("wecom", "direct", "zhangsan")
AGENT = Conversation("dingtalk", "direct", "agent1")
MINUTE = timedelta(minutes=1)


class Chats(Silent):
    """Cards that can be repainted. What is in ``broken`` can't be reached, and why."""

    def __init__(self, name: str, day: Day) -> None:
        super().__init__(name, day)
        self.broken: dict[Conversation, PlatformError] = {}
        self.shown: dict[Conversation, list[str]] = {}
        self.cards: dict[Conversation, str] = {}  # the newest

    def capabilities(self, place: Conversation) -> Capabilities:
        return CARD

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        self._show(place, card)
        return await super().post(place, card, key=key)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        self._show(copy.place, card)
        return copy

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        self._check(place)
        self.shown.setdefault(place, []).append(text)

    def _show(self, place: Conversation, card: Card) -> None:
        self._check(place)
        self.cards[place] = f"{card.title} {card.status}"
        self.shown.setdefault(place, []).append(self.cards[place])

    def _check(self, place: Conversation) -> None:
        if place in self.broken:
            raise self.broken[place]


class Office:
    def __init__(self, app: App, day: Day) -> None:
        self.app, self.day = app, day
        self.wecom, self.dingtalk = Chats("wecom", day), Chats("dingtalk", day)
        platforms = cast(dict[str, ChatPlatform], app.platforms)
        platforms |= {"wecom": self.wecom, "dingtalk": self.dingtalk}
        self._said = 0

    async def says(self, place: Conversation, text: str) -> None:
        self._said += 1
        await say(self.app, self.day, place, text, f"m{self._said}")
        await self.app.courier.drain()

    async def passes(self, time: timedelta) -> None:
        self.day.now += time
        await self.app.courier.drain()

    def card(self, place: Conversation) -> str:
        return (self.wecom if place.platform == "wecom" else self.dingtalk).cards.get(place, "")


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    day = Day()
    async with office(database_url, tmp_path, day) as app:
        yield Office(app, day)


async def test_a_chat_that_can_t_be_reached_keeps_no_card_from_the_others(desk: Office) -> None:
    desk.wecom.broken[ZHANG] = Unreachable("down")
    await desk.says(ZHANG, "报修 打印机卡纸")
    for _ in range(PATIENCE):
        await desk.passes(MINUTE)
    assert "IT-1001" in desk.card(GROUP), "the desk hears of it, though the requester can't be told"
    await desk.says(AGENT, "接单 IT-1001")
    assert "处理中" in desk.card(GROUP)
    assert "处理中" in desk.card(AGENT)
    await desk.says(AGENT, "解决 IT-1001 换了硒鼓")
    assert "已解决" in desk.card(GROUP)
    assert ZHANG not in desk.wecom.shown

    desk.wecom.broken.clear()
    await desk.passes(20 * MINUTE)
    assert "已解决" in desk.card(ZHANG), "what waited is true when it comes"
    assert await desk.app.outbox.pending() == 0


async def test_what_is_for_one_chat_comes_there_in_order(desk: Office) -> None:
    desk.wecom.broken[ZHANG] = Unreachable("down")
    await desk.says(ZHANG, "报修 打印机卡纸")
    for words in ("要信息 IT-1001 哪一台？", "回复 IT-1001 马上到", "回复 IT-1001 到了"):
        await desk.says(AGENT, "接单 IT-1001") if words.startswith("要信息") else None
        await desk.says(AGENT, words)
    desk.wecom.broken.clear()
    await desk.passes(20 * MINUTE)
    told = [text for text in desk.wecom.shown[ZHANG] if "马上到" in text or "到了" in text]
    assert ["马上到" in text for text in told] == [True, False]


async def test_a_copy_that_can_t_be_repainted_keeps_the_news_from_no_other(desk: Office) -> None:
    await desk.says(ZHANG, "报修 打印机卡纸")
    desk.dingtalk.broken[GROUP] = Unreachable("down")
    await desk.says(AGENT, "接单 IT-1001")
    await desk.says(ZHANG, "回复 IT-1001 在三楼")
    assert "处理中" in desk.card(ZHANG)
    await desk.says(AGENT, "解决 IT-1001 换了硒鼓")
    assert "已解决" in desk.card(AGENT)
    assert "处理中" not in desk.card(GROUP)

    desk.dingtalk.broken.clear()
    await desk.passes(20 * MINUTE)
    assert "已解决" in desk.card(GROUP)
    assert await desk.app.outbox.pending() == 0


async def test_our_own_pace_is_no_attempt(desk: Office) -> None:
    desk.wecom.broken[ZHANG] = Paced(60, "pace")
    await desk.says(ZHANG, "报修 打印机卡纸")
    for _ in range(30):
        await desk.passes(MINUTE)
    assert await desk.app.outbox.list("dead") == []
    assert {letter.attempts for letter in await desk.app.outbox.list("waiting")} == {0}
    desk.wecom.broken.clear()
    await desk.passes(MINUTE)
    assert "IT-1001" in "".join(desk.wecom.shown[ZHANG])
