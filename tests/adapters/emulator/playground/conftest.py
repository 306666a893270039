"""The page, the emulator behind it, and a bot that says what a test wants it to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from playwright.async_api import ConsoleMessage, Page, Response, expect

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.playground.pages import Link, Playground
from adapters.emulator.server import Emulator
from tests.adapters.emulator.playground.fake_bot import FakeBot
from tests.browser import OpenPage

DESK = "cidITdesk=="
ALERTS = "wecom-alerts"
WEBHOOK = "9f0c1c2e-demo"
_PATIENCE = 20_000  # milliseconds; a busy machine is no failure
expect.set_options(timeout=_PATIENCE)
START = datetime(2026, 1, 7, 2, 2, tzinfo=UTC)  # 10:02 in Shanghai, a Wednesday


def company() -> Company:
    people = [
        Employee("张三", "ZhangSan", "zhangsan01", "提单人"),
        Employee("李四", "LiSi", "lisi01", "处理人"),
        Employee("王强", "WangQiang", "wangqiang01", "处理人"),
        Employee("陈静", "ChenJing", "chenjing01", "组长"),
        Employee("赵总", "ZhaoYi", "zhaoyi01", "主管"),
    ]
    groups = [
        Group(DESK, "dingtalk", "IT 受理群", ["lisi01", "wangqiang01", "chenjing01"]),
        Group(ALERTS, "wecom", "IT 提醒群", ["LiSi", "WangQiang", "ChenJing", "ZhaoYi"]),
    ]
    return Company("ww0123456789abcdef", "示例公司", people, {group.id: group for group in groups})


@dataclass
class Host:
    """The program around the page, as far as the page knows it."""

    emulator: Emulator
    playground: Playground
    bot: FakeBot
    url: str
    advanced: list[timedelta] = field(default_factory=list)
    due: datetime | None = None
    resets: int = 0
    complaints: list[str] = field(default_factory=list)

    async def on_advance(self, by: timedelta) -> None:
        self.advanced.append(by)

    async def next_due(self) -> datetime | None:
        return self.due

    async def reset(self) -> None:
        self.resets += 1
        self.emulator.wecom.chats.clear()
        self.emulator.dingtalk.chats.clear()


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    emulator = Emulator(company(), Clock(START))
    emulator.wecom.add_webhook(WEBHOOK, ALERTS)
    await emulator.start()
    bot = FakeBot(emulator)
    await bot.start()
    made = Host(emulator, None, bot, "")  # type: ignore[arg-type] # the page wants the host's methods
    made.playground = Playground(
        emulator,
        on_advance=made.on_advance,
        next_due=made.next_due,
        reset=made.reset,
        links=[Link("控制台", "/console")],
    )
    app = web.Application()
    made.playground.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    listening = asyncio.get_running_loop().create_task(bot.listen())
    await _connected(emulator)
    yield made
    await runner.cleanup()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await bot.stop()
    await emulator.stop()
    assert not made.complaints


async def _connected(emulator: Emulator) -> None:
    async with asyncio.timeout(5):
        while not emulator.dingtalk.connections.served():  # noqa: ASYNC110 - another task's handshake
            await asyncio.sleep(0.005)


Opened = Callable[..., Awaitable[Page]]


@pytest.fixture
def opened(page: OpenPage, host: Host) -> Opened:
    """Opens the playground. Any complaint of the browser fails the test: errors, policy, missing files."""

    async def open_it(width: int = 1280, height: int = 800) -> Page:
        new = await page(width=width, height=height)
        new.on("console", lambda message: _note(host, message))
        new.on("response", lambda response: _note_response(host, response))
        new.set_default_timeout(_PATIENCE)
        await new.goto(host.url)
        await idle(new)
        return new

    return open_it


def _note(host: Host, message: ConsoleMessage) -> None:
    # An act that the client refuses is answered with 409, which is fine and shown to the person.
    if message.type in ("error", "warning") and "409" not in message.text:
        host.complaints.append(message.text)


def _note_response(host: Host, response: Response) -> None:
    if response.status >= 400 and response.status != 409:
        host.complaints.append(f"{response.status} {response.url}")


async def idle(page: Page) -> None:
    """Nothing is under way, and what came of it is drawn."""
    await expect(page.locator("body")).to_have_attribute("data-idle", "true")
