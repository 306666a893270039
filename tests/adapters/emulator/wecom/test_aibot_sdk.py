"""Tencent's own Node SDK for AI bots, unmodified, takes the emulator for the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.emulator.wecom.members import PNG
from bot.assets import node

HERE = Path(__file__).parent
SDK = HERE.parents[2] / "vendors" / "node_modules" / "@wecom" / "aibot-node-sdk"


@asynccontextmanager
async def node_bot(aibot: BotMembers) -> AsyncIterator[asyncio.subprocess.Process]:
    if not SDK.exists():
        pytest.skip("node sdk not installed")
    process = await asyncio.create_subprocess_exec(
        str(node()),
        str(HERE / "node_aibot.mjs"),
        str(SDK),
        aibot.ws_url,
        aibot.bot_id,
        aibot.secret,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await aibot.connected(within=15)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_sdk_talks_shows_cards_uploads_and_comes_back(aibot: BotMembers) -> None:
    chats = aibot.state.chats
    async with node_bot(aibot):
        assert (await aibot.says("LiSi", "打印机坏了", "ops")).answered
        await _until(lambda: chats.of("ops")[-1].text == "**稍后**再说")
        assert chats.of("ops")[-2].text == "收到：@小单 打印机坏了"
        assert (await aibot.says("LiSi", "卡片", "ops")).answered
        assert (await aibot.presses("LiSi", "task-1", "accept")).answered
        assert chats.of("ops")[-1].text == "T-1 处理中"
        assert (await aibot.opens("LiSi")).answered
        assert (await aibot.sends("LiSi", "image")).answered
        assert chats.of("aibot:LiSi")[-1].text == f"image.png {len(PNG)}"
        assert (await aibot.says("LiSi", "文件")).answered
        assert {"file", "markdown"} <= {bubble.kind for bubble in chats.of("aibot:LiSi")}
        aibot.drop_all()
        await aibot.connected()
        assert (await aibot.says("LiSi", "还在吗", "ops")).answered
    assert aibot.state.defects == []


async def test_the_sdk_stays_away_after_a_kick(aibot: BotMembers) -> None:
    async with node_bot(aibot) as process:
        await aibot.kick()
        # Nothing is left for it to do, and so the process ends.
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert aibot.subscribes == 1


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(3):
        while not holds():  # noqa: ASYNC110 - nothing tells of a push
            await asyncio.sleep(0.01)
