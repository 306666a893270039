"""DingTalk's emulator on loopback, and our adapter in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.dingtalk import DingTalk, DingTalkApp, DingTalkClient, Stream
from adapters.dingtalk.stream import Patience
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.dingtalk.connections import Connection
from adapters.emulator.dingtalk.server import DingTalkServer
from adapters.emulator.server import Emulator
from domain.base import Account, Conversation
from tests.adapters.dingtalk.fakes import CountedCalls, Inbox, KeptSessions, KeptTokens, Pauses

CORP = "dingcorp01"
GROUP = "cidITdesk01=="
ZHANG, LI, WANG = "manager01", "lisi01", "wangfang01"
IT_GROUP = Conversation("dingtalk", "group", GROUP)
TO_ZHANG = Conversation("dingtalk", "direct", ZHANG)
LI_ACCOUNT = Account("dingtalk", LI)


def company() -> Company:
    people = [
        Employee("张三", dingtalk=ZHANG),
        Employee("李四", dingtalk=LI),
        Employee("王芳", dingtalk=WANG),
    ]
    group = Group(GROUP, "dingtalk", "IT 支持群", [ZHANG, LI, WANG])
    return Company(CORP, employees=people, groups={GROUP: group})


async def until(happens: Callable[[], bool]) -> None:
    """For what announces itself to nobody."""
    async with asyncio.timeout(10):
        while not happens():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class House:
    """The adapter as the program joins it, with fakes for what lies behind its ports."""

    def __init__(self, emulator: Emulator, session: ClientSession, **app: str) -> None:
        made = emulator.credentials
        self.emulator = emulator
        self.vendor: DingTalkServer = emulator.dingtalk
        self.session = session
        self.app = replace(
            DingTalkApp(
                client_id=made.dingtalk_client_id,
                client_secret=made.dingtalk_client_secret,
                robot_code=made.dingtalk_robot_code,
                corp_id=CORP,
                api_base=emulator.base_url,
                oapi_base=emulator.base_url,
            ),
            **app,
        )
        self.now = emulator.clock.now
        self.tokens = KeptTokens()
        self.ledger = CountedCalls()
        self.sessions = KeptSessions(self.now)
        self.inbox = Inbox()
        self.pauses = Pauses()
        self.client = DingTalkClient(session, self.app, self.tokens, self.ledger, now=self.now)
        self.dingtalk = DingTalk(self.client, self.sessions)

    def stream(self, patience: Patience | None = None, **more: Any) -> Stream:
        return Stream(
            self.app,
            self.inbox.receive,
            self.session,
            platform=self.dingtalk,
            sessions=self.sessions,
            now=self.now,
            rng=Random(7),
            pause=self.pauses,
            patience=patience or Patience(),
            **more,
        )

    async def replaced(self, old: Connection) -> None:
        """Waits until ``old`` has been closed and a successor is there."""
        await until(lambda: old.socket.closed and bool(self.vendor.connections.served()))

    @asynccontextmanager
    async def streaming(self, patience: Patience | None = None, **more: Any) -> AsyncIterator[Stream]:
        stream = self.stream(patience, **more)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stream.run())
            await self.vendor.connected()
            yield stream
            await stream.stop()


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(company(), Clock(datetime(2026, 1, 1, 1, 0, tzinfo=UTC)))
    emulator.dingtalk.switches.ping_seconds = 0
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def house(emulator: Emulator, session: ClientSession) -> House:
    return House(emulator, session)
