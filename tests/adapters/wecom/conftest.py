"""WeCom's emulator on loopback, our adapter in front of it, and the bot's door behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.server import Emulator
from adapters.emulator.wecom.server import WeComServer
from adapters.wecom import WebhookTarget, WeCom, WeComApp, WeComClient, WeComWebhooks, callback_routes
from domain.base import Conversation
from tests.adapters.wecom.fakes import Inbox, KeptTokens, Pauses

CORP = "ww1436e0e65a779aee"
START = datetime(2026, 3, 2, 9, 0, 7, tzinfo=UTC)
LI = Conversation("wecom", "direct", "LiSi")
GROUP = Conversation("wecom-webhook", "group", "IT 告警群")
WEBHOOK_KEY = "693a91f6-7a2b-4c5d-9e0f-1a2b3c4d5e6f"


def company() -> Company:
    people = [
        Employee("张三", wecom="ZhangSan"),
        Employee("李四", wecom="LiSi"),
        Employee("王芳", wecom="WangFang"),
    ]
    group = Group("wrITalarms", "wecom", "IT 告警群", ["ZhangSan", "LiSi", "WangFang"])
    return Company(CORP, employees=people, groups={group.id: group})


class House:
    """The adapter as the program joins it, with fakes for what lies behind its ports."""

    def __init__(self, emulator: Emulator, session: ClientSession) -> None:
        made = emulator.credentials
        self.emulator = emulator
        self.clock = emulator.clock
        self.vendor: WeComServer = emulator.wecom
        self.session = session
        self.tokens = KeptTokens()
        self.pauses = Pauses(self.clock)
        self.inbox = Inbox()
        self.app = WeComApp(
            corp_id=CORP,
            agent_id=made.wecom_agent_id,
            secret=made.wecom_secret,
            token=made.wecom_token,
            encoding_aes_key=made.wecom_encoding_aes_key,
            api_base=emulator.base_url,
        )
        self.client = self.replica(self.app)
        self.wecom = WeCom(self.client, now=self.clock.now)
        self.webhooks = self.groups(WebhookTarget(GROUP.key, WEBHOOK_KEY, emulator.base_url))

    def replica(self, app: WeComApp) -> WeComClient:
        """One more process with the same token shelf."""
        return WeComClient(self.session, app, self.tokens, now=self.clock.now, sleep=self.pauses)

    def groups(self, *targets: WebhookTarget) -> WeComWebhooks:
        return WeComWebhooks(self.session, targets, now=self.clock.now, sleep=self.pauses)

    def calls(self, path: str) -> int:
        return len(self.bodies(path))

    def bodies(self, path: str) -> list[Any]:
        """What ``path`` was called with, in order."""
        wire = self.emulator.wire
        return [passed.body for passed in wire if f" /cgi-bin/{path}?" in passed.what]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    emulator = Emulator(company(), Clock(START))
    await emulator.start()
    emulator.wecom.add_webhook(WEBHOOK_KEY, "wrITalarms")
    async with ClientSession() as session:
        house = House(emulator, session)
        application = web.Application()
        application.add_routes(callback_routes(house.app, house.inbox.receive, now=house.clock.now))
        async with TestServer(application) as server:
            emulator.wecom.callback_url = str(server.make_url("/wecom/callback"))
            yield house
    await emulator.stop()


@pytest.fixture
def told() -> Iterator[Callable[[], list[str]]]:
    """The events that were logged so far."""
    with structlog.testing.capture_logs() as logs:
        yield lambda: [str(entry["event"]) for entry in logs]
