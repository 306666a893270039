"""The AI bot's adapter as the program joins it, on the emulator, with time moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from aiohttp import ClientSession

from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.ports import Lease
from adapters.wecom.aibot import AiBot, AiBotApp, Desk, Line, Turns, WayRound
from adapters.wecom.aibot.desk import Grace
from adapters.wecom.aibot.diagnosing import findings
from adapters.wecom.aibot.line import Patience
from tests.adapters.wecom.conftest import CORP, START, company
from tests.adapters.wecom.fakes import Inbox

ROOM = "wrITalarms"


class Pauses:
    """A pause lasts until the clock has been moved so far; ``asked`` are their lengths."""

    def __init__(self, clock: Clock) -> None:
        self.asked: list[float] = []
        self._clock = clock
        self._moved = asyncio.Event()
        clock.on_advance(self._moved.set)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        until = self._clock.now() + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        while self._clock.now() < until:
            self._moved.clear()
            await self._moved.wait()


@dataclass
class Shelf:
    """One lease that several replicas want. Time is the clock's."""

    clock: Clock
    holder: str = ""
    until: Any = None
    broken: bool = False


@dataclass
class ShelfLease:
    shelf: Shelf
    name: str
    lasting: timedelta = timedelta(seconds=20)

    async def take(self) -> bool:
        if self.shelf.broken:
            raise ConnectionError("database away")
        now = self.shelf.clock.now()
        free = self.shelf.until is None or self.shelf.until <= now
        if free or self.shelf.holder == self.name:
            self.shelf.holder, self.shelf.until = self.name, now + self.lasting
        return self.shelf.holder == self.name

    async def give_back(self) -> None:
        if self.shelf.holder == self.name:
            self.shelf.until = None


class BotHouse:
    def __init__(
        self,
        emulator: Emulator,
        session: ClientSession,
        shelf: Shelf,
        name: str = "a",
        *,
        patience: Patience | None = None,
        way_round: WayRound | None = None,
        lease: Lease | None = None,
        secret: str = "",
    ) -> None:
        made = emulator.credentials
        self.vendor: BotMembers = emulator.wecom.aibot
        self.clock = emulator.clock
        self.pauses = Pauses(emulator.clock)
        self.inbox = Inbox()
        self.app = AiBotApp(
            made.wecom_bot_id, secret or made.wecom_bot_secret, "小单", self.vendor.ws_url, CORP
        )
        self.line = Line(
            self.app,
            session,
            lease or ShelfLease(shelf, name),
            now=self.clock.now,
            rng=Random(7),
            pause=self.pauses,
            patience=patience or Patience(),
        )
        turns = Turns()
        self.bot = AiBot(
            self.app,
            session,
            self.line,
            turns,
            now=self.clock.now,
            way_round=way_round or WayRound(),
            findings=partial(findings, self.line),
        )
        self.desk = Desk(
            self.app, self.inbox.receive, self.line, self.bot, turns, grace=Grace(message=0.1, welcome=0.1)
        )
        self.line.serve(self.desk.work)
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.get_running_loop().create_task(self.line.run())

    async def stop(self) -> None:
        await self.desk.close()
        await self.line.stop()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def die(self) -> None:
        """As after kill -9: nothing is renewed, nothing given back."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def move(self, **span: float) -> None:
        """The clock; and whatever that wakes gets its turn."""
        self.clock.advance(timedelta(**span))
        await settle()


async def settle(turns: int = 20) -> None:
    for _ in range(turns):
        await asyncio.sleep(0.001)


async def until(holds: Callable[[], object], within: float = 3.0) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - some of it happens on the other side of a socket
            await asyncio.sleep(0.002)


@dataclass
class Street:
    """One emulator, and as many replicas as somebody builds on it."""

    emulator: Emulator
    session: ClientSession
    shelf: Shelf
    houses: list[BotHouse]

    @property
    def vendor(self) -> BotMembers:
        return self.emulator.wecom.aibot

    async def house(self, name: str = "a", **more: Any) -> BotHouse:
        made = BotHouse(self.emulator, self.session, self.shelf, name, **more)
        self.houses.append(made)
        made.start()
        return made

    async def connected_house(self, name: str = "a", **more: Any) -> BotHouse:
        made = await self.house(name, **more)
        await until(lambda: made.line.health().connected)
        return made


@asynccontextmanager
async def street() -> AsyncIterator[Street]:
    emulator = Emulator(company(), Clock(START))
    await emulator.start()
    emulator.wecom.aibot.groups.add(ROOM)
    async with ClientSession() as session:
        made = Street(emulator, session, Shelf(emulator.clock), [])
        try:
            yield made
        finally:
            for house in made.houses:
                await house.stop()
            await emulator.stop()
