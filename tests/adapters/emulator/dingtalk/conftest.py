from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import Caller, StreamBot, running_server, stream_bot


@pytest.fixture
async def server() -> AsyncIterator[DingTalkServer]:
    async with running_server() as server:
        yield server


@pytest.fixture
async def caller(server: DingTalkServer) -> AsyncIterator[Caller]:
    async with ClientSession() as http:
        caller = Caller(server, http)
        await caller.sign_in()
        yield caller


@pytest.fixture
async def bot(caller: Caller) -> AsyncIterator[StreamBot]:
    async with stream_bot(caller) as bot:
        yield bot
