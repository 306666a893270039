"""Stand-ins with memory for what storage and the inbox provide, and a bot that listens on loopback."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from adapters.card import Button, Card, Choice, Field, Option, Tone, Weight
from adapters.chat import Incoming, Reply
from adapters.emulator.clock import Clock
from adapters.ports import Token
from domain.tickets.assigning import AcceptTicket, DeclineTicket
from domain.tickets.looking import LookAt


class KeptTokens:
    """One shelf for several replicas."""

    def __init__(self) -> None:
        self.kept: dict[str, Token] = {}
        self.saves = 0
        self._forced: dict[str, datetime] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def load(self, name: str) -> Token | None:
        return self.kept.get(name)

    @asynccontextmanager
    async def refreshing(self, name: str) -> AsyncIterator[None]:
        async with self._locks[name]:
            yield

    async def may_force(self, name: str, now: datetime) -> bool:
        last = self._forced.get(name)
        if last is not None and now - last < timedelta(minutes=1):
            return False
        self._forced[name] = now
        return True

    async def save(self, name: str, token: Token) -> None:
        self.saves += 1
        self.kept[name] = token


class Pauses:
    """Sleeping by hand: the clock moves instead, and everybody else gets a turn."""

    def __init__(self, clock: Clock) -> None:
        self.slept: list[float] = []
        self._clock = clock

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self._clock.advance(timedelta(seconds=seconds))


class Inbox:
    """Remembers what came in and answers as told."""

    def __init__(self) -> None:
        self.received: list[Incoming] = []
        self.reply = Reply()
        self.hold: Callable[[], Awaitable[None]] | None = None
        self.failure: Exception | None = None

    async def receive(self, incoming: Incoming) -> Reply:
        self.received.append(incoming)
        if self.hold is not None:
            await self.hold()
        if self.failure is not None:
            raise self.failure
        return self.reply

    @property
    def last(self) -> Incoming:
        return self.received[-1]


LINK = "https://tickets.example.com/t/IT-1042"


def offer(**changes: object) -> Card:
    """The card that offers a ticket, with all that a card can carry."""
    parts: dict[str, object] = {
        "title": "三楼打印机卡纸",
        "status": "待接单",
        "tone": Tone.WAITING,
        "lead": "一直报 E03，\n重启无效",
        "fields": (Field("单号", "IT-1042"), Field("提单人", "张三"), Field("优先级", "P2 高")),
        "choice": Choice(
            "priority",
            "优先级",
            (Option("P1", "紧急"), Option("P2", "高")),
            chosen="P2",
            hint="可回复：「优先级 IT-1042 P1」",
        ),
        "buttons": (
            Button("接单", AcceptTicket("IT-1042"), Weight.PRIMARY),
            Button("详情", LookAt("IT-1042")),
            Button("拒单", DeclineTicket("IT-1042"), Weight.DANGER),
        ),
        "link": LINK,
        "note": "请在 14:30 前响应",
        "source": "IT 服务台",
    }
    return Card(**{**parts, **changes})  # type: ignore[arg-type]


def closed(**changes: object) -> Card:
    """What is left of it when there is nothing to do."""
    return offer(
        **{"status": "已解决", "tone": Tone.DONE, "choice": None, "buttons": (), "note": "", **changes}
    )
