"""Stand-ins with memory for what storage and the inbox provide."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from adapters.card import Button, Card, Field, Tone, Weight
from adapters.chat import Incoming, Reply
from adapters.ports import Token
from domain.base import Conversation, TicketId
from domain.tickets.assigning import AcceptTicket
from domain.tickets.transferring import TransferTicket


class KeptTokens:
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


class KeptSessions:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.kept: dict[Conversation, tuple[str, datetime]] = {}
        self.failure: Exception | None = None
        self.writes = 0

    async def remember(self, place: Conversation, url: str, until: datetime) -> None:
        if self.failure:
            raise self.failure
        self.writes += 1
        self.kept[place] = (url, until)

    async def lookup(self, place: Conversation) -> str | None:
        url, until = self.kept.get(place, ("", self._now()))
        return url if url and until > self._now() else None


class CountedCalls:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.tickets: Counter[TicketId | None] = Counter()

    async def count(
        self, platform: str, api: str, at: datetime, ticket: TicketId | None = None, times: int = 1
    ) -> None:
        assert at.tzinfo is not None
        self.counts[f"{platform} {api}"] += times
        self.tickets[ticket] += times
        self.counts += Counter()  # what was taken back is not there


class Inbox:
    """What the program behind the door does: keeps, answers, is slow, or fails."""

    def __init__(self) -> None:
        self.received: list[Incoming] = []
        self.reply: Callable[[Incoming], Reply] = lambda _: Reply()
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.finished = 0
        self._one_more = asyncio.Condition()

    async def begun(self, count: int = 1) -> None:
        """Waits until so many have come in."""
        async with self._one_more:
            await self._one_more.wait_for(lambda: len(self.received) >= count)

    async def receive(self, incoming: Incoming) -> Reply:
        async with self._one_more:
            self.received.append(incoming)
            self._one_more.notify_all()
        if self.gate:
            await self.gate.wait()
        if self.failure:
            raise self.failure
        self.finished += 1
        return self.reply(incoming)


class Pauses:
    """Waits no time, and remembers how long it was told to."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._one_more = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        async with self._one_more:
            self.asked.append(seconds)
            self._one_more.notify_all()
        await asyncio.sleep(0)

    async def until(self, count: int) -> None:
        async with self._one_more:
            await self._one_more.wait_for(lambda: len(self.asked) >= count)


class StillClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


def ticket_card(**changed: Any) -> Card:
    card: dict[str, Any] = {
        "title": "IT-1042 三楼打印机卡纸",
        "status": "待接单",
        "tone": Tone.WAITING,
        "lead": "打印机一直响，\n灯是红的",
        "fields": (Field("优先级", "P2"), Field("提单人", "张三")),
        "buttons": (
            Button("接单", AcceptTicket(ticket="IT-1042"), Weight.PRIMARY),
            Button("转派", TransferTicket(ticket="IT-1042")),
        ),
        "link": "https://paidan.example.com/t/IT-1042",
        "note": "15 分钟内响应",
        "source": "IT 服务台",
    }
    return Card(**(card | changed))
