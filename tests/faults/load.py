"""Virtual users of both platforms, in a process of their own: ``python -m tests.faults.load USERS SECONDS``.

Each of them opens a ticket, waits until the bot shows it, takes it back, waits until that is shown too, thinks a
while and begins again. Three replicas serve them, one of which is killed -9 every minute. Prints how long the vendors
waited for a yes, how long people waited for what they see, and what went wrong.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.clock import Clock
from adapters.emulator.company import Employee
from adapters.emulator.server import Emulator
from storage.database import Database
from storage.inbox import PendingInbox
from storage.outbox import Outbox
from storage.queries.tickets import TicketQueries
from storage.verifying import verify
from tests.faults.replicas import Cluster, cluster
from tests.stories.stage import company, shown

PROGRAM = Path(__file__).resolve().parents[2]
SEEN_WITHIN = 90.0  # seconds; with a killed replica's lease in the middle
QUIET_WITHIN = 90.0
_NUMBER = re.compile(r"IT-\d+")


class NeverSeen(Exception):
    """What a user waited for did not come."""


@dataclass
class Figures:
    answered: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "answered": _spread(self.answered),
            "seen": _spread(self.seen),
            "errors": dict(self.errors),
            "kills": self.kills,
        }


def _spread(taken: list[float]) -> dict[str, float]:
    """Seconds."""
    if len(taken) < 2:
        return {"count": len(taken)}
    cuts = statistics.quantiles(taken, n=100)
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(taken)}
    return {"count": len(taken), **{name: round(value, 3) for name, value in found.items()}}


@dataclass
class Crowd:
    """``titles`` are all that was said and answered with yes: each must be one ticket at the end."""

    emulator: Emulator
    figures: Figures
    dice: Random
    think: tuple[float, float]
    titles: list[str] = field(default_factory=list)
    _changed: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for vendor in (self.emulator.wecom, self.emulator.dingtalk):
            vendor.chats.on_change(lambda chat: self._changed.setdefault(chat, asyncio.Event()).set())

    async def act(self, users: int, seconds: float) -> None:
        end = monotonic() + seconds
        everybody = [self._employee(number) for number in range(users)]
        self.emulator.company.employees.extend(everybody)
        async with asyncio.TaskGroup() as group:
            for number, who in enumerate(everybody):
                group.create_task(self._live(number, who, end))

    @staticmethod
    def _employee(number: int) -> Employee:
        if number % 2:
            return Employee(f"微{number:04}号", wecom=f"Wei{number:04}")
        return Employee(f"钉{number:04}号", dingtalk=f"ding{number:04}")

    async def _live(self, number: int, who: Employee, end: float) -> None:
        await asyncio.sleep(self.dice.uniform(0, self.think[1]))
        turn = 0
        while monotonic() < end:
            turn += 1
            try:
                await self._one_ticket(who, f"VPN 连不上 第{number:04}人第{turn:03}次")
            except NeverSeen as never:
                self.figures.errors[f"never seen: {never}"] += 1
            await asyncio.sleep(self.dice.uniform(*self.think))

    async def _one_ticket(self, who: Employee, title: str) -> None:
        if await self._says(who, f"报修 {title}"):
            self.titles.append(title)
        shows = await self._sees(who, "ticket", lambda text: title in text and _NUMBER.search(text))
        await self._says(who, f"撤销 {shows}")
        await self._sees(who, "end", lambda text: shows in text and "撤销" in text and _NUMBER.search(text))

    async def _says(self, who: Employee, text: str) -> bool:
        began = monotonic()
        if who.wecom:
            delivery = await self.emulator.wecom.says(who.wecom, text)
            heard = delivery.status == 200
        else:
            told = await self.emulator.dingtalk.says(who.dingtalk, text)
            heard = told.acked
        self.figures.answered.append(monotonic() - began)
        if not heard:
            self.figures.errors["no yes at the first attempts"] += 1  # the vendor comes again
        return True

    async def _sees(
        self, who: Employee, what: str, fits: Callable[[str], re.Match[str] | bool | None]
    ) -> str:
        began, chat = monotonic(), who.wecom or who.dingtalk
        vendor = self.emulator.wecom if who.wecom else self.emulator.dingtalk
        changed = self._changed.setdefault(chat, asyncio.Event())
        try:
            async with asyncio.timeout(SEEN_WITHIN):
                while True:
                    changed.clear()
                    for bubble in reversed(vendor.chats.of(chat)):
                        if bubble.sender == ROBOT and fits(shown(bubble)):
                            self.figures.seen.append(monotonic() - began)
                            return _number_in(bubble)
                    await changed.wait()
        except TimeoutError:
            raise NeverSeen(what) from None


def _number_in(bubble: Bubble) -> str:
    found = _NUMBER.search(shown(bubble))
    assert found is not None
    return found[0]


# ── what must be true afterwards ──


@dataclass(frozen=True)
class Books:
    tickets: Counter[str]
    dead: Counter[str]  # by what the platform said
    kept: int
    waiting: int
    chain_holds: bool


async def quiet_books(url: str) -> Books:
    """When nothing waits any more, or patience is over."""
    database = Database(url)
    outbox, pending = Outbox(database), PendingInbox(database)
    end = monotonic() + QUIET_WITHIN
    while (await outbox.pending() or await pending.count()) and monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    found = Books(
        Counter([line["title"] async for line in TicketQueries(database).export()]),
        Counter(f"{letter.kind}: {letter.error}" for letter in await outbox.list("dead")),
        len(await pending.dead()),
        await outbox.pending() + await pending.count(),
        (await verify(database, None, lambda _done, _total: None)).ok,
    )
    await database.close()
    return found


# ── the whole ──


@asynccontextmanager
async def vendors() -> AsyncIterator[Emulator]:
    emulator = Emulator(company(), Clock())
    await emulator.start(0)
    emulator.wecom.switches.retry_spacing = 0.5
    emulator.dingtalk.switches.redeliver_after_seconds = 3.0
    emulator.dingtalk.switches.qps = 0  # what we can do is measured, not what DingTalk lets us do
    try:
        yield emulator
    finally:
        await emulator.stop()


async def killing(made: Cluster, figures: Figures, every: float, dead_for: float = 5.0) -> None:
    """Until cancelled: one after the other dies, and comes back."""
    turn = 0
    while True:
        await asyncio.sleep(every)
        victim = made.replicas[turn % len(made.replicas)]
        turn += 1
        figures.kills += 1
        await victim.kill()
        await asyncio.sleep(dead_for)
        await victim.start()
        await victim.ready()


async def beside(trouble: Awaitable[None], work: Awaitable[None]) -> None:
    """``trouble`` goes on as long as ``work`` does; its failure is a failure."""
    loop = asyncio.get_running_loop()

    async def waited(one: Awaitable[None]) -> None:
        await one

    troubling, working = loop.create_task(waited(trouble)), loop.create_task(waited(work))
    await asyncio.wait({troubling, working}, return_when=asyncio.FIRST_COMPLETED)
    if troubling.done() and not working.done():
        working.cancel()
    troubling.cancel()
    outcomes = await asyncio.gather(troubling, working, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def run(
    url: str, folder: Path, users: int, seconds: float, kill_every: float
) -> tuple[Figures, Books, Crowd]:
    figures = Figures()
    async with vendors() as emulator, cluster(emulator, url, folder, PROGRAM) as made:
        crowd = Crowd(emulator, figures, Random(1), think=(3.0, 12.0))
        await beside(killing(made, figures, kill_every), crowd.act(users, seconds))
        for replica in made.replicas:
            if not replica.is_alive:
                await replica.start()
            await replica.ready()
        books = await quiet_books(url)
        assert emulator.wecom.defects == []
        assert emulator.dingtalk.defects == []
    return figures, books, crowd


def _by_hand(users: int, seconds: float) -> None:
    from tests.databases import postgres_server  # noqa: PLC0415 - pytest is not needed elsewhere here

    async def whole(url: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            figures, books, crowd = await run(url, Path(folder), users, seconds, kill_every=60.0)
        wanted = Counter(crowd.titles)
        lost, doubled = wanted - books.tickets, books.tickets - wanted
        told = {"tickets": len(wanted), "lost": sum(lost.values()), "doubled": sum(doubled.values())}
        told |= {"dead": sum(books.dead.values()), "kept": books.kept, "waiting": books.waiting}
        print(json.dumps(figures.as_json() | told, ensure_ascii=False, indent=1))  # noqa: T201

    with postgres_server() as server:
        asyncio.run(whole(asyncio.run(server.create())))


if __name__ == "__main__":
    _by_hand(int(sys.argv[1]), float(sys.argv[2]))
