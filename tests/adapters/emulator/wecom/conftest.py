"""One company, one emulator on a clock that stands still, one tiny bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.emulator.wecom.server import WeComServer
from adapters.emulator.wire import Wire
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

WEBHOOK = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 1, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def company() -> Company:
    staff = [
        Employee("张三", wecom="ZhangSan", mobile="13800000001"),
        Employee("李四", wecom="LiSi", title="工程师", mobile="13800000002"),
        Employee("王五", wecom="WangWu"),
        Employee("钉子户", dingtalk="nails"),
    ]
    ops = Group("ops", "wecom", "运维群", ["LiSi", "WangWu"])
    return Company("ww0123456789abcdef", employees=staff, groups={"ops": ops})


@pytest.fixture
async def server(company: Company, clock: Clock) -> AsyncIterator[WeComServer]:
    made = WeComServer(
        company,
        clock,
        Wire(),
        corp_id=company.corp_id,
        agent_id=1000002,
        secret="s3cret-of-the-app",
        token="hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo",
        encoding_aes_key="6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
        bot_id="aibOfTheCompany",
        bot_secret="s3cret-of-the-bot",
    )
    made.add_webhook(WEBHOOK, "ops")
    app = web.Application(client_max_size=32 * 1024 * 1024)
    made.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await made.close()
    await runner.cleanup()


@pytest.fixture
async def bot(server: WeComServer) -> AsyncIterator[TinyBot]:
    made = TinyBot(server)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def aibot(server: WeComServer) -> BotMembers:
    """In the group of the people of "ops"."""
    server.aibot.groups.add("ops")
    return server.aibot
