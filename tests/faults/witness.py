"""What a company's people and books must show at every step of a road, whatever went wrong on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from adapters.emulator.chats import ROBOT, Bubble
from bot.app import App
from bot.spool import Spool
from bot.wording import state_word
from domain.tickets.states import State
from storage.cards import copies
from storage.database import Unavailable
from storage.inbox import PendingInbox
from tests.faults.books import export
from tests.stories.stage import EMPLOYEES, GROUP, Player, Stage, shown

PATIENCE = 30.0  # seconds; nothing here takes nearly as long on a machine that has time


# ── the road ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Act:
    """What somebody does with the newest ticket, what happens in the books, and how it stands then.

    ``cards`` is how many of it the requester has got so far; the group and the assignee get one each.
    """

    does: Callable[[Witness], Coroutine[Any, Any, Any]]
    happens: tuple[str, ...]
    state: State
    cards: int


def zhang(witness: Witness) -> Player:
    return witness.stage.player("张三", "wecom")


def li(witness: Witness) -> Player:
    return witness.stage.player("李四", "dingtalk")


ROAD = (
    Act(lambda w: zhang(w).says(f"报修 VPN 第{w.ticket}次连不上"), ("opened",), State.OPEN, 1),
    Act(lambda w: li(w).presses("接单", group=GROUP), ("accepted",), State.IN_PROGRESS, 1),
    Act(lambda w: li(w).says(f"要信息 {w.number} 在哪里？"), ("asked",), State.WAITING, 2),
    Act(lambda w: zhang(w).says("在家里"), ("answered",), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).presses("解决"), (), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).says("重启了网关"), ("resolved",), State.RESOLVED, 3),
    Act(lambda w: zhang(w).presses("已解决"), ("confirmed",), State.CLOSED, 3),
)


async def an_offer_ends(witness: Witness) -> None:
    """Nobody answers it for ten minutes."""
    witness.advance(timedelta(minutes=11))
    await witness.stage.settle()

    async def is_noted() -> bool:
        try:
            [line] = [line for line in await export(witness.app) if line["number"] == witness.number]
        except Unavailable:  # where any statement may fail, so may this one
            return False
        return any(event["kind"] == "transfer_returned" for event in line["events"])

    await until(is_noted, witness.story)


async def shows_a_picture(witness: Witness) -> Any:
    delivery = await witness.stage.emulator.wecom.sends_image("ZhangSan")
    await witness.stage.settle()
    return delivery


LONG_ROAD = (
    Act(lambda w: zhang(w).says(f"报修 VPN 第{w.ticket}次连不上"), ("opened",), State.OPEN, 1),
    Act(lambda w: li(w).presses("接单", group=GROUP), ("accepted",), State.IN_PROGRESS, 1),
    Act(lambda w: li(w).says(f"转派 {w.number} @王强 我在外面"), ("transfer_offered",), State.IN_PROGRESS, 2),
    Act(an_offer_ends, ("transfer_returned",), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).says(f"要信息 {w.number} 什么样？"), ("asked",), State.WAITING, 3),
    Act(shows_a_picture, ("answered", "files_added", "file_kept"), State.IN_PROGRESS, 3),
    Act(lambda w: li(w).presses("解决"), (), State.IN_PROGRESS, 3),
    Act(lambda w: li(w).says("重启了网关"), ("resolved",), State.RESOLVED, 4),
    Act(lambda w: zhang(w).presses("已解决"), ("confirmed",), State.CLOSED, 4),
)
# Kinds of events that the roads of all tests lead to.
TOLD = {
    *("opened", "accepted", "asked", "answered", "resolved", "confirmed"),
    *("transfer_offered", "transfer_returned", "files_added", "file_kept"),
}


@dataclass
class Witness:
    """Follows the newest ticket, and knows what happened to all of them."""

    stage: Stage
    app: App
    ticket: int = 0  # a number, counted from one
    books: list[Counter[str]] = field(default_factory=list)

    @property
    def number(self) -> str:
        return f"IT-{1000 + self.ticket}"

    def expect(self, act: Act) -> None:
        """``act`` is about to happen."""
        if "opened" in act.happens:
            self.ticket += 1
            self.books.append(Counter())
        self.books[-1].update(act.happens)

    def advance(self, by: timedelta) -> None:
        self.stage.emulator.clock.advance(by)

    def story(self) -> str:
        """For whoever reads of a failure."""
        return self.number

    # ── what must be true ──

    async def is_quiet(self) -> bool:
        """Nothing waits: no message, no effect, and nothing that a vendor has no answer for."""
        # In the order in which a message moves on, or it is overlooked on its way.
        if Spool(Path(self.app.settings.storage.spool)).waiting():
            return False
        return not await PendingInbox(self.app.database).count() and not await self.app.outbox.pending()

    async def check(self, act: Act) -> None:
        lines = await export(self.app)
        wanted = [self._happened(line) for line in lines]
        assert wanted == self.books, self.story()
        assert lines[-1]["state"] == act.state.value, self.story()
        assert not await self.app.outbox.list("dead"), self.story()
        assert not await PendingInbox(self.app.database).dead(), self.story()
        await self._check_cards(act)
        self._check_texts()
        self.stage.assert_clean()

    @staticmethod
    def _happened(line: dict[str, Any]) -> Counter[str]:
        return Counter(event["kind"] for event in line["events"] if event["kind"] in TOLD)

    async def _check_cards(self, act: Act) -> None:
        """Each card on a phone is one in the books and the other way round; live ones tell the present state."""
        live = {
            copy.handle for copy in await self.copies() if copy.state == "live" and copy.face != "handover"
        }
        on_phones = {self.handle_of(bubble): bubble for bubble in self.cards()}
        assert on_phones.keys() == {copy.handle for copy in await self.copies()}, self.story()
        seen = [len(self.cards(chat)) for chat in ("ZhangSan", GROUP)]
        assert seen == [act.cards, 1], f"{seen}: {self.story()}"
        assert len(self.cards("lisi01")) == (act.state is not State.OPEN), self.story()
        for handle in live:
            assert state_word(act.state) in shown(on_phones[handle]), f"{on_phones[handle]}\n{self.story()}"

    def handle_of(self, card: Bubble) -> str:
        sent = self.stage.emulator.wecom.cards.find(card.id)
        return sent.task_id if sent else str(card.body["outTrackId"])

    async def copies(self) -> list[Any]:
        """Of the present ticket, as far as they are cards and no texts."""
        ticket = (await self.app.queries.view(self.number)).id
        mine = select(copies).where(copies.c.ticket == ticket, copies.c.platform != "wecom-webhook")
        async with self.app.database.read() as connection:
            return list(await connection.execute(mine))

    def cards(self, chat: str = "") -> list[Bubble]:
        return [b for b in self._bubbles(chat) if b.kind == "card" and self.number in shown(b)]

    def _check_texts(self) -> None:
        """WeCom drops a repetition by its bytes. DingTalk can't, so a text may be there once more for a kill."""
        for chat, most in (("ZhangSan", 1), ("lisi01", 2), (GROUP, 2)):
            texts = Counter(b.text for b in self._bubbles(chat) if b.kind != "card" and self.number in b.text)
            assert all(count <= most for count in texts.values()), f"{texts}\n{self.story()}"

    def _bubbles(self, chat: str) -> list[Bubble]:
        vendors = (self.stage.emulator.wecom, self.stage.emulator.dingtalk)
        chats = (
            [chat] if chat else [GROUP, *(name for who in EMPLOYEES for name in (who.wecom, who.dingtalk))]
        )
        found = [bubble for vendor in vendors for name in chats for bubble in vendor.chats.of(name)]
        return [bubble for bubble in found if bubble.sender == ROBOT]


async def until(holds: Callable[[], Awaitable[bool]], story: Callable[[], str] = str) -> None:
    """Waits for the thing itself; another process has no event to wait for. ``story`` is told if it never comes."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it never came\n{story()}") from None
