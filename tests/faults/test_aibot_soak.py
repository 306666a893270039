"""The AI bot under a flood and on bad sockets: every message has one effect, the loop goes on, reopening stays rare.

The floods are small; the campaign has 20,000 frames in two seconds and 200 closes. `-s` shows the figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from time import thread_time

import pytest
from aiohttp import ClientSession

from adapters.chat import Incoming, Reply
from adapters.emulator.clock import Clock
from adapters.emulator.wecom.aibot.book import Asked
from adapters.emulator.wecom.aibot.bot import new_req_id
from adapters.emulator.wecom.aibot.connection import Health
from adapters.wecom.aibot import AiBot, AiBotApp, Desk, Line, Turns
from adapters.wecom.aibot.line import Patience
from adapters.wecom.aibot.link import Pulse
from tests.adapters.wecom.aibot_house import ROOM, BotHouse, Shelf, ShelfLease, Street, settle, street, until
from tests.stories.stage import TEAM, staged

LONGEST_STALL = 0.2  # seconds


class Heart:
    """Beats in the loop that everything runs in. ``worst`` is the longest that the loop worked between two beats.

    In seconds of its own processor time: on a machine that others share, a late beat alone says nothing.
    """

    def __init__(self) -> None:
        self.worst = self.latest = 0.0

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()  # what pytest has loaded is not ours to look through
        beats = asyncio.get_running_loop().create_task(self._beat())
        try:
            yield
        finally:
            beats.cancel()
            gc.unfreeze()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, worked = loop.time() + 0.01, thread_time()
            await asyncio.sleep(0.01)
            self.worst = max(self.worst, thread_time() - worked)
            self.latest = max(self.latest, loop.time() - due)


class Ledger:
    """An inbox with a memory: a repeated id has no second effect."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.held: asyncio.Event | None = None

    async def receive(self, incoming: Incoming) -> Reply:
        if self.held is not None:
            await self.held.wait()
        self.heard[incoming.id] += 1
        return Reply(text="好")

    @property
    def effects(self) -> int:
        return len(self.heard)


@dataclass
class Flooded:
    street: Street
    house: BotHouse
    ledger: Ledger
    heart: Heart

    async def flood(self, frames: int, seconds: float) -> None:
        """So many messages, evenly; each tenth comes twice, as after a lost answer."""
        bot, loop = self.street.vendor, asyncio.get_running_loop()
        began = loop.time()
        for number in range(frames):
            one = _message(self.street, number)
            bot.book.asked[one.req_id] = one
            bot._deliver(one)
            if number % 10 == 0:
                bot._deliver(replace(one, req_id=new_req_id()))
            if number % 20 == 0:
                await asyncio.sleep(max(0.0, began + seconds * number / frames - loop.time()))


@pytest.fixture
async def flooded() -> AsyncIterator[Flooded]:
    async with street() as made:
        limits = made.vendor.switches.limits
        limits.chat_per_minute = limits.chat_per_hour = 10**9
        limits.subscribes_per_minute = 10**9
        ledger, heart = Ledger(), Heart()
        pulse = Pulse(ack=2.0)
        house = await made.connected_house(patience=Patience(pulse=pulse))
        house.inbox.receive = ledger.receive  # type: ignore[method-assign]
        house.desk._receive = ledger.receive
        async with heart.beating():
            yield Flooded(made, house, ledger, heart)


@pytest.mark.parametrize(
    ("frames", "seconds"), [(600, 0.2), pytest.param(20_000, 2.0, marks=pytest.mark.campaign)]
)
async def test_a_flood_is_worked_once_each_and_the_loop_goes_on(frames: int, seconds: float) -> None:
    loop, ledger, heart = asyncio.get_running_loop(), Ledger(), Heart()
    command = [sys.executable, "-m", "tests.faults.flood", str(frames), str(seconds)]
    vendor = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert vendor.stdout is not None
    try:
        port = json.loads(await vendor.stdout.readline())["port"]
        async with _listening(f"ws://127.0.0.1:{port}/", ledger) as line, heart.beating():
            began = loop.time()
            poured = json.loads(await vendor.stdout.readline())["poured in"]
            await until(lambda: ledger.effects == frames, within=100)
            took = loop.time() - began
            await until(lambda: sum(ledger.heard.values()) == frames + len(range(0, frames, 10)), within=10)
            assert line.health().connected
            assert line.health().opens == 1
        stalls = f"stall {heart.worst:.3f} s (clock: {heart.latest:.3f} s)"
        told(f"{frames} frames in {poured:.1f} s: worked after {took:.1f} s, {stalls}")
        assert heart.worst < LONGEST_STALL
    finally:
        vendor.kill()
        await vendor.wait()


@asynccontextmanager
async def _listening(address: str, ledger: Ledger) -> AsyncIterator[Line]:
    """The adapter alone, in real time."""
    clock = Clock()
    app, turns = AiBotApp("aibFlood", "secret", "小单", address), Turns()
    async with ClientSession() as session:
        lease = ShelfLease(Shelf(clock), "a")
        line = Line(app, session, lease, now=clock.now, rng=Random(7))
        bot = AiBot(app, session, line, turns, now=clock.now)
        desk = Desk(app, ledger.receive, line, bot, turns)
        line.serve(desk.work)
        running = asyncio.get_running_loop().create_task(line.run())
        try:
            yield line
        finally:
            await desk.close()
            await line.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_handlers_that_outlive_their_connection_count_once(flooded: Flooded) -> None:
    flooded.street.vendor.switches.redelivers_after_gap = True
    flooded.ledger.held = asyncio.Event()
    await flooded.flood(100, 0.05)
    await settle()
    flooded.street.vendor.drop_all()
    await until(lambda: not flooded.house.line.health().connected)
    await flooded.flood(50, 0.02)  # the first fifty once more, in the gap
    flooded.ledger.held.set()
    await settle()
    await flooded.house.move(seconds=2)
    await until(lambda: flooded.house.line.health().connected)
    await until(lambda: flooded.ledger.effects == 100)
    await until(lambda: sum(flooded.ledger.heard.values()) >= 165)
    assert flooded.ledger.effects == 100


@pytest.mark.parametrize("health", [Health.SILENT, Health.ZOMBIE])
async def test_a_rotten_socket_is_replaced(flooded: Flooded, health: Health) -> None:
    """Silence is found out by pings; a zombie only by its age, in a quiet minute."""
    if health is Health.ZOMBIE:
        aged = replace(flooded.house.line._patience.pulse, most_age=0.0, quiet=0.0)
        assert flooded.house.line._link is not None
        flooded.house.line._link._pulse = aged
    flooded.street.vendor.rot(health)
    await flooded.flood(20, 0.01)
    for _ in range(3):
        await flooded.house.move(seconds=30)
    await until(lambda: flooded.street.vendor.subscribes == 2 or not flooded.house.line.health().connected)
    await flooded.house.move(seconds=2)
    await until(lambda: flooded.house.line.health().connected)
    await flooded.flood(20, 0.01)
    await until(lambda: flooded.ledger.effects == 20)


@pytest.mark.parametrize("closes", [30, pytest.param(200, marks=pytest.mark.campaign)])
async def test_clean_closes_under_load_lose_nothing_that_was_delivered(flooded: Flooded, closes: int) -> None:
    """At most twelve openings in any ten minutes, and what reached the bot has its effect."""
    clock, bot, line = flooded.street.emulator.clock, flooded.street.vendor, flooded.house.line
    opened, delivered = [clock.now()], 0
    for turn in range(closes):
        for number in range(5):
            asked = _message(flooded.street, turn * 5 + number)
            bot.book.asked[asked.req_id] = asked
            assert bot.live is not None
            await bot.live.write(bot._frame("aibot_msg_callback", asked.body, asked.req_id))
            delivered += 1
        before = line.health().opens
        await bot.close_all(code=1000)
        while line.health().opens == before:
            clock.advance(timedelta(seconds=30))
            await settle(2)
        opened.append(clock.now())
        await until(lambda: line.health().connected)
    ten = timedelta(minutes=10)
    most = max(sum(at <= other < at + ten for other in opened) for at in opened)
    await until(lambda: flooded.ledger.effects == delivered)
    assert most <= 12
    assert flooded.heart.worst < LONGEST_STALL
    told(f"{closes} closes: at most {most} openings in ten minutes, {delivered} effects of {delivered}")


async def test_the_whole_program_opens_one_ticket_a_message(tmp_path: Path) -> None:
    await _one_ticket_a_message(f"sqlite:///{tmp_path / 'paidan.db'}", tmp_path, messages=8)


@pytest.mark.campaign
async def test_the_whole_program_opens_hundreds(database_url: str, tmp_path: Path) -> None:
    await _one_ticket_a_message(database_url, tmp_path, messages=300)


async def _one_ticket_a_message(database_url: str, folder: Path, *, messages: int) -> None:
    """With every message delivered twice and the socket cut again and again."""
    async with staged(database_url, folder, channels=[]) as stage:
        bot = stage.emulator.wecom.aibot
        bot.switches.redelivers_after_gap = True
        limits = bot.switches.limits
        limits.chat_per_minute = limits.chat_per_hour = limits.subscribes_per_minute = 10**9
        limits.in_conversation = 10**9
        zhang = stage.player("张三", "wecom")
        for number in range(messages):
            await bot.says(zhang.id, f"报修 VPN 第 {number} 次连不上", TEAM, wait=0)
            await bot.redeliver(wait=0)
            stage.emulator.clock.advance(timedelta(minutes=3))
            if number % 30 == 3:
                bot.drop_all()
                await bot.connected(within=20)
        await until(lambda: not bot._missed, within=20)
        person = (await stage.app.directory.find("张三")).id
        lines = await stage.app.queries.mine(person, limit=2 * messages, offset=0)
        async with asyncio.timeout(60):
            while len(lines) < messages:
                await asyncio.sleep(0.1)
                lines = await stage.app.queries.mine(person, limit=2 * messages, offset=0)
        await settle()
        lines = await stage.app.queries.mine(person, limit=2 * messages, offset=0)
        assert sorted(line.title for line in lines) == sorted(
            f"VPN 第 {number} 次连不上" for number in range(messages)
        )


def told(figures: str) -> None:
    print(figures)  # noqa: T201 - to be read


def _message(street: Street, number: int) -> Asked:
    """From one of many people, so that none has too much to wait for."""
    bot = street.vendor
    sender = f"Member{number % 500:03}"
    body = {
        "msgid": f"m{number}",
        "create_time": int(bot.now().timestamp()),
        "aibotid": bot.bot_id,
        "from": {"userid": sender},
        "chattype": "group",
        "chatid": ROOM,
        "msgtype": "text",
        "text": {"content": f"@{bot.name} 第 {number} 条"},
    }
    return Asked(new_req_id(), "message", ROOM, sender, bot.now(), body)
