"""The vendors' SDKs as processes: with the Python one on our own event loop, both would wait for each other."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from bot.assets import node
from tests.adapters.emulator.dingtalk.bots import SECRET

HERE = Path(__file__).parent
NODE_SDK = HERE.parents[2] / "vendors" / "node_modules" / "dingtalk-stream"


@asynccontextmanager
async def python_bot(server: DingTalkServer) -> AsyncIterator[None]:
    # Read when the package is imported; it must not end in a slash, since paths are simply appended.
    environment = {"DINGTALK_OPENAPI_ENDPOINT": server.base_url}
    async with _process(environment, sys.executable, str(HERE / "python_sdk_bot.py"), "dingabc", SECRET):
        await server.connected()
        yield


@asynccontextmanager
async def node_bot(server: DingTalkServer) -> AsyncIterator[None]:
    if not NODE_SDK.exists():
        pytest.skip("node sdk not installed")
    environment = {"EMULATOR": server.base_url, "SDK_FOLDER": str(NODE_SDK)}
    preload = ("--import", str(HERE / "node_sdk_preload.mjs"))
    script = (str(HERE / "node_sdk_bot.mjs"), str(NODE_SDK), "dingabc", SECRET)
    async with _process(environment, str(node()), *preload, *script):
        await server.connected()
        yield


@asynccontextmanager
async def _process(environment: dict[str, str], *command: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()
