"""One company whose tickets go round the same road while the program dies in every act, and what must hold then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from adapters.emulator.clock import Clock
from adapters.emulator.dingtalk.frames import CARD_TOPIC
from adapters.emulator.server import Emulator
from bot.app import build
from storage.leases import Leases
from tests.faults.victim import DOWNTIME, Victim
from tests.faults.witness import Act, Witness, until
from tests.stories.stage import (
    ALERTS,
    GROUP,
    WEBHOOK_KEY,
    NotSeen,
    Stage,
    company,
    free_port,
    settings_for,
)

BETWEEN = timedelta(minutes=1)  # acts; else the limits of messages a minute are what is measured
LOOKS, AWHILE = 25, timedelta(seconds=15)  # half a second of nothing new, and what it is good for
DOORS = ("gettoken", "accessToken", "connections/open")


class Backstage(Stage):
    """Nobody to settle: the program is another process."""

    async def settle(self) -> None:
        pass


@dataclass(kw_only=True)
class Wreck(Witness):
    """The company, and the program that keeps dying. ``app`` is built on the same database, for reading only."""

    victim: Victim
    dice: Random
    kills: list[str] = field(default_factory=list)
    _looks: int = 0

    async def play(self, act: Act, trouble: Callable[[Act], Awaitable[None]]) -> None:
        self.expect(act)
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

    async def is_quiet(self) -> bool:
        """What was put off for a while is not waited for: its time comes when nothing else is left to do."""
        if await super().is_quiet():
            return True
        self._looks += 1
        if self._looks % LOOKS == 0:
            self.advance(AWHILE)
        return False

    def _watch_calls(self, before: Any, after: Any) -> None:
        for vendor in (self.stage.emulator.wecom, self.stage.emulator.dingtalk):
            vendor.on_call, vendor.after_call = before, after

    def story(self) -> str:
        log = self.victim.log.read_text(encoding="utf-8")[-4000:]
        return f"{self.number}, kills {self.kills}\n{log}"


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
        yield Wreck(Backstage(emulator, app), app, victim=victim, dice=dice)
        assert await victim.stop() == 0
    finally:
        victim.kill()
        await app.stop()
        await emulator.stop()
