"""One company whose tickets go round the same road while the program dies in every act, and what must hold then."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from sqlalchemy import select

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.clock import Clock
from adapters.emulator.dingtalk.frames import CARD_TOPIC
from adapters.emulator.server import Emulator
from bot.app import App, build
from bot.spool import Spool
from bot.wording import state_word
from domain.tickets.states import State
from storage.cards import copies
from storage.inbox import PendingInbox
from storage.leases import Leases
from tests.faults.books import export
from tests.faults.victim import DOWNTIME, Victim
from tests.stories.stage import (
    ALERTS,
    EMPLOYEES,
    GROUP,
    WEBHOOK_KEY,
    NotSeen,
    Player,
    Stage,
    company,
    free_port,
    settings_for,
    shown,
)

PATIENCE = 30.0  # seconds; nothing here takes nearly as long on a machine that has time
BETWEEN = timedelta(minutes=1)  # acts; else the limits of messages a minute are what is measured
DOORS = ("gettoken", "accessToken", "connections/open")


# ── the road ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Act:
    """What somebody does with the newest ticket, what happens in the books, and how it stands then.

    ``cards`` is how many of it the requester has got so far; the group and the assignee get one each.
    """

    does: Callable[[Wreck], Coroutine[Any, Any, Any]]
    happens: tuple[str, ...]
    state: State
    cards: int


def zhang(wreck: Wreck) -> Player:
    return wreck.stage.player("张三", "wecom")


def li(wreck: Wreck) -> Player:
    return wreck.stage.player("李四", "dingtalk")


ROAD = (
    Act(lambda w: zhang(w).says(f"报修 VPN 第{w.ticket}次连不上"), ("opened",), State.OPEN, 1),
    Act(lambda w: li(w).presses("接单", group=GROUP), ("accepted",), State.IN_PROGRESS, 1),
    Act(lambda w: li(w).says(f"要信息 {w.number} 在哪里？"), ("asked",), State.WAITING, 2),
    Act(lambda w: zhang(w).says("在家里"), ("answered",), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).presses("解决"), (), State.IN_PROGRESS, 2),
    Act(lambda w: li(w).says("重启了网关"), ("resolved",), State.RESOLVED, 3),
    Act(lambda w: zhang(w).presses("已解决"), ("confirmed",), State.CLOSED, 3),
)


# Kinds of events that the roads of all tests lead to.
TOLD = {
    *("opened", "accepted", "asked", "answered", "resolved", "confirmed"),
    *("transfer_offered", "transfer_returned", "files_added", "file_kept"),
}


class Backstage(Stage):
    """Nobody to settle: the program is another process."""

    async def settle(self) -> None:
        pass


@dataclass
class Wreck:
    """The company, the program that keeps dying, and what must be true of both."""

    stage: Stage
    victim: Victim
    app: App  # built on the same database, for reading only
    dice: Random
    ticket: int = 0  # a number, counted from one
    kills: list[str] = field(default_factory=list)
    books: list[Counter[str]] = field(default_factory=list)

    @property
    def number(self) -> str:
        return f"IT-{1000 + self.ticket}"

    async def play(self, act: Act, trouble: Callable[[Act], Awaitable[None]]) -> None:
        if "opened" in act.happens:
            self.ticket += 1
            self.books.append(Counter())
        self.books[-1].update(act.happens)
        self.advance(BETWEEN)
        await trouble(act)
        await until(self.is_quiet, self.story)
        await self.check(act)

    # ── dying ──

    async def dying_once(self, act: Act) -> None:
        doing = asyncio.get_running_loop().create_task(act.does(self))
        killer = self.dice.choice((self._at_a_call, self._after_a_moment, self._after_the_answer))
        died = await killer(doing)
        self._watch_calls(None, None)
        if died:
            self.kills.append(died)
            await self.start_again()
        await self._delivered(doing, act)
        if self.dice.random() < 0.3:
            await self._answers_were_lost()

    async def live_on(self, doing: asyncio.Task[Any], act: Act) -> None:
        """After a death or none: a new life, and what the vendors have no answer for comes once more."""
        if not self.victim.is_alive:
            await self.start_again()
        await self._delivered(doing, act)
        if self.dice.random() < 0.3:
            await self._answers_were_lost()

    async def stopping_once(self, act: Act) -> None:
        doing = asyncio.get_running_loop().create_task(act.does(self))
        await asyncio.wait({doing}, timeout=self.dice.uniform(0.0, 0.06))
        await self.stop_in_time()
        await self.start_again()
        await self._delivered(doing, act)

    async def stop_in_time(self) -> None:
        started = monotonic()
        assert await self.victim.stop() == 0, self.story()
        assert monotonic() - started < 5, self.story()

    async def _delivered(self, doing: asyncio.Task[Any], act: Act) -> None:
        delivery = await doing
        if not getattr(delivery, "acked", True):
            await self._again(act)

    async def _answers_were_lost(self) -> None:
        """To the vendors it is as if we had said nothing: both deliver once more what came last."""
        await self.stage.emulator.wecom.redeliver()
        await self.stage.emulator.dingtalk.repeat()

    async def _again(self, act: Act) -> None:
        """DingTalk delivers again what had no answer; for a press it may not, but then the person presses again."""
        unacked = self.stage.emulator.dingtalk.stream.unacked
        presses = [entry for entry in unacked if entry.push.topic == CARD_TOPIC]
        for press in presses:
            unacked.remove(press)
        await self.stage.emulator.dingtalk.redeliver()
        await until(self.is_quiet, self.story)
        if presses:
            with suppress(NotSeen):  # it was worked: the button has gone
                await act.does(self)

    async def _at_a_call(self, doing: asyncio.Task[Any]) -> str:
        """Before or after one of the next four calls. Where there are fewer, nobody dies."""
        number, after = self.dice.randint(1, 4), self.dice.random() < 0.5
        calls, died = 0, ""

        async def hook(path: str, _: bytes) -> None:
            nonlocal calls, died
            calls += not any(door in path for door in DOORS)
            if calls == number and not died:
                self.victim.kill()
                died = f"{'after' if after else 'before'} {path}"

        async def over() -> bool:
            return bool(died) or (doing.done() and await self.is_quiet())

        self._watch_calls(*((None, hook) if after else (hook, None)))
        await until(over, self.story)
        return died

    async def _after_a_moment(self, doing: asyncio.Task[Any]) -> str:
        await asyncio.wait({doing}, timeout=self.dice.uniform(0.0, 0.06))
        self.victim.kill()
        return "after the answer" if doing.done() else "before the answer"

    async def _after_the_answer(self, doing: asyncio.Task[Any]) -> str:
        await asyncio.wait({doing})
        self.victim.kill()
        return "after the answer"

    async def start_again(self) -> None:
        await self.victim.ended()
        await self.stage.emulator.dingtalk.connected(0)
        self.advance(DOWNTIME)
        # Whoever fetches a token holds a lease on the wall clock, which no downtime of ours moves on.
        await Leases(self.app.database).clear()
        self.victim.start()
        await self.stage.emulator.dingtalk.connected()

    def advance(self, by: timedelta) -> None:
        self.victim.remote.advance(by)
        self.stage.emulator.clock.advance(by)

    def _watch_calls(self, before: Any, after: Any) -> None:
        for vendor in (self.stage.emulator.wecom, self.stage.emulator.dingtalk):
            vendor.on_call, vendor.after_call = before, after

    # ── what must be true ──

    async def is_quiet(self) -> bool:
        """Nothing waits: no message, no effect, and nothing that a vendor has no answer for."""
        kept = await PendingInbox(self.app.database).count()
        spooled = Spool(Path(self.app.settings.storage.spool)).waiting()
        return not kept and not spooled and not await self.app.outbox.pending()

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

    def story(self) -> str:
        log = self.victim.log.read_text(encoding="utf-8")[-4000:]
        return f"{self.number}, kills {self.kills}\n{log}"


async def until(holds: Callable[[], Awaitable[bool]], story: Callable[[], str] = str) -> None:
    """Waits for the thing itself; another process has no event to wait for. ``story`` is told if it never comes."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it never came\n{story()}") from None


@asynccontextmanager
async def wrecked(database_url: str, folder: Path, dice: Random) -> AsyncIterator[Wreck]:
    emulator = Emulator(company(), Clock())
    emulator.wecom.add_webhook(WEBHOOK_KEY, ALERTS)
    await emulator.start(0)
    port = free_port()
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    # Tencent is patient here, so that it is still there when the program has come back.
    emulator.wecom.switches.deliveries, emulator.wecom.switches.retry_spacing = 1000, 0.05
    # Else a card whose answer was lost has no code, and is followed by one more when the ticket changes.
    emulator.wecom.switches.duplicate_answer_repeats_codes = True
    settings = settings_for(
        emulator,
        database_url,
        folder,
        port,
        [f"dingtalk:{GROUP}", f"wecom-webhook:{ALERTS}"],
    )
    victim = Victim(settings, folder)
    app = build(settings)
    try:
        victim.start()
        await emulator.dingtalk.connected()
        yield Wreck(Backstage(emulator, app), victim, app, dice)
        assert await victim.stop() == 0
    finally:
        victim.kill()
        await app.stop()
        await emulator.stop()
