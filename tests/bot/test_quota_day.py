"""A day of tickets through everything that decides and counts: bus, courier, ledger and a real database.

Only the vendors are played here, in memory and by what is billed: the wire is tried in ``tests/stories``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import cast

import pytest

from adapters.billing import billed_ticket
from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    ChatPlatform,
    Edits,
    EditSpent,
    FileRef,
    Finding,
    Parcel,
    Pressed,
    Profile,
    Rejected,
    Said,
    Sink,
)
from bot.app import App, build
from bot.settings import Settings
from domain.base import Account, Conversation
from domain.quota.allowance import Account as Purse
from domain.quota.allowance import account_of
from tests.sizes import TICKETS_IN_A_DAY

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 9:00 in Shanghai
GROUP = Conversation("dingtalk", "group", "cidIT==")
SESSION = timedelta(minutes=90)
AGENTS = 60
CARD = Capabilities(Edits.ANYTIME, buttons=4, fields=8, lead_chars=300, field_value_chars=40, text_bytes=5000)
WORDS = Capabilities(Edits.NEVER, buttons=6, fields=8, lead_chars=600, field_value_chars=80, text_bytes=5000)
TICK = timedelta(minutes=5)


class Day:
    """The clock, who spoke last when, and what has been sent where."""

    def __init__(self) -> None:
        self.now = MORNING
        self.spoke: dict[Conversation, datetime] = {}
        self.posted: list[tuple[Conversation, str, str]] = []  # place, handle, title
        self.billed: Counter[str] = Counter()


class Silent:
    """A platform that bills nothing and whose cards stay as they were."""

    def __init__(self, name: str, day: Day) -> None:
        self.name = name
        self.day = day

    def capabilities(self, place: Conversation) -> Capabilities:
        return WORDS

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        self.day.posted.append((place, key, card.title))
        return CardCopy(place, key)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        raise EditSpent(copy.handle)

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        return None

    async def profile(self, account: Account) -> Profile:
        return Profile(account, account.user_id)

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        raise Rejected("no", "no files here")

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        raise Rejected("no", "no files here")

    async def diagnose(self) -> list[Finding]:
        return []


class Billed(Silent):
    """Bills as DingTalk does: cards and messages, but no answers to presses and nothing over an open session."""

    def __init__(self, name: str, day: Day, count: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(name, day)
        self._count = count

    def capabilities(self, place: Conversation) -> Capabilities:
        return CARD

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        await self._bill("card.deliver")
        return await super().post(place, card, key=key)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        await self._bill("card.update")
        return copy

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        if await self.free_way(place):
            await self._bill("webhook.session")
        else:
            await self._bill("robot.group" if place.kind == "group" else "robot.direct")

    async def free_way(self, place: Conversation) -> Capabilities | None:
        spoke = self.day.spoke.get(place)
        return WORDS if spoke is not None and self.day.now - spoke < SESSION else None

    async def post_freely(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        await self._bill("webhook.session")
        return CardCopy(place, f"words-{key}")

    def is_fixed(self, handle: str) -> bool:
        return handle.startswith("words-")

    async def _bill(self, api: str) -> None:
        self.day.billed[api] += 1
        await self._count(api)


class Ticket:
    def __init__(self, index: int, rng: Random) -> None:
        self.index = index
        self.number = f"IT-{1001 + index}"
        self.platform = "dingtalk" if rng.random() < 0.45 else "wecom"
        self.agent = f"agent{rng.randrange(AGENTS)}"
        begin = TICK * rng.randrange(int(timedelta(hours=8) / TICK))
        accepted = begin + TICK * rng.randint(1, 4)
        # A fifth takes half a day: by then nobody's session is open who said nothing since.
        worked = TICK * (rng.randint(24, 48) if rng.random() < 0.2 else rng.randint(3, 12))
        self.plan = {"open": begin, "accept": accepted, "solve": accepted + worked}
        self.plan["confirm"] = self.plan["solve"] + TICK * rng.randint(1, 6)
        if rng.random() < 0.3:
            self.plan |= {"ask": accepted + TICK, "answer": accepted + TICK * 2}

    @property
    def requester(self) -> Conversation:
        return Conversation(self.platform, "direct", f"staff{self.index}")


@asynccontextmanager
async def office(database_url: str, folder: Path, day: Day) -> AsyncIterator[App]:
    agents = [f"处理人{n}" for n in range(AGENTS)]
    settings = Settings.model_validate(
        {
            "storage": {"url": database_url, "spool": str(folder / "spool"), "files": str(folder / "files")},
            "dingtalk": {
                "client_id": "ding",
                "client_secret": "x",
                "edition": "professional",
                "calls_per_ticket": 3,
            },
            "people": [
                {"name": name, "dingtalk": f"agent{n}", "roles": ["agent"]} for n, name in enumerate(agents)
            ],
            "desks": [
                {
                    "key": "it",
                    "name": "IT 服务台",
                    "prefix": "IT",
                    "members": agents,
                    "channels": [f"dingtalk:{GROUP.key}"],
                }
            ],
            "digest": {"to": []},
        }
    )
    app = build(settings, now=lambda: day.now)

    async def count(api: str) -> None:
        await app.ledger.count("dingtalk", api, day.now, billed_ticket())

    platforms = cast(dict[str, ChatPlatform], app.platforms)
    platforms |= {"dingtalk": Billed("dingtalk", day, count), "wecom": Silent("wecom", day)}
    await app.database.migrate()
    await app.apply_seeds()
    try:
        yield app
    finally:
        await app.stop()


async def replayed(app: App, day: Day, tickets: Sequence[Ticket]) -> None:
    steps: dict[timedelta, list[tuple[Ticket, str]]] = defaultdict(list)
    for ticket in sorted(tickets, key=lambda ticket: ticket.plan["open"]):
        for step, at in ticket.plan.items():
            steps[at].append((ticket, step))
    opened = 0
    for at in sorted(steps):
        day.now = MORNING + at
        for ticket, step in steps[at]:
            if step == "open":  # numbers are given in the order in which they are opened
                ticket.number, opened = f"IT-{1001 + opened}", opened + 1
            await done(app, day, ticket, step)
        await app.courier.drain()


async def done(app: App, day: Day, ticket: Ticket, step: str) -> None:
    agent = Conversation("dingtalk", "direct", ticket.agent)
    match step:
        case "accept":
            handle = next(h for p, h, title in day.posted if p == GROUP and title.startswith(ticket.number))
            id_, who = f"press:{ticket.index}", Account("dingtalk", ticket.agent)
            await app.inbox.receive(Pressed(id_, who, GROUP, handle, f"accept:{ticket.number}"))
        case "open":
            await say(
                app, day, ticket.requester, f"报修 {ticket.index} 号电脑连不上 VPN", f"{step}:{ticket.index}"
            )
        case "ask":
            await say(app, day, agent, f"要信息 {ticket.number} 什么时候开始的？", f"{step}:{ticket.index}")
        case "answer":
            await say(app, day, ticket.requester, f"回复 {ticket.number} 今天早上", f"{step}:{ticket.index}")
        case "solve":
            await say(app, day, agent, f"解决 {ticket.number} 重启了网关", f"{step}:{ticket.index}")
        case "confirm":
            await say(app, day, ticket.requester, f"确认 {ticket.number}", f"{step}:{ticket.index}")


async def say(app: App, day: Day, place: Conversation, text: str, id_: str) -> None:
    day.spoke[place] = day.now
    await app.inbox.receive(Said(id_, Account(place.platform, place.key), place, text))


async def replay(database_url: str, folder: Path, count: int) -> float:
    """Calls a ticket, after the ledger was held against what was billed."""
    day, rng = Day(), Random(20260302)
    async with office(database_url, folder, day) as app:
        await replayed(app, day, [Ticket(n, rng) for n in range(count)])
        assert not await app.outbox.list("dead")
        states = Counter([line["state"] async for line in app.queries.export()])
        assert states == {"closed": count}
        counted = await app.thrift.by_api("dingtalk")
        assert counted == day.billed, "the ledger has exactly what was billed"
        calls = sum(n for api, n in counted.items() if account_of(api) is Purse.CALLS)
        return calls / count


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_ticket_costs_three_calls_at_most_on_average(database_url: str, tmp_path: Path) -> None:
    assert await replay(database_url, tmp_path, 25) <= 3


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_day_of_thousands_of_tickets(database_url: str, tmp_path: Path) -> None:
    assert await replay(database_url, tmp_path, TICKETS_IN_A_DAY) <= 3
