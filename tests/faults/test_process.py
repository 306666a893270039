"""``paidan serve`` as its operator sees it: one at a time on one file, and an end in time."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from tests.stories.stage import company, free_port

CONFIG = """
[server]
port = {port}
[storage]
url = "sqlite:///{folder}/paidan.db"
spool = "{folder}/spool"
backups = ""
[dingtalk]
client_id = "{app.dingtalk_client_id}"
client_secret = "{app.dingtalk_client_secret}"
api_base = "{emulator.base_url}"
oapi_base = "{emulator.base_url}"
[[people]]
name = "李四"
dingtalk = "lisi01"
[[desks]]
key = "it"
name = "IT 服务台"
prefix = "IT"
members = ["李四"]
"""


async def serve(config: Path) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDAN_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve", "--config", str(config)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )


async def test_a_second_one_on_the_same_file_refuses_and_the_first_ends_in_time(tmp_path: Path) -> None:
    emulator = Emulator(company(), Clock())
    await emulator.start()
    config = tmp_path / "config.toml"
    app = emulator.credentials
    config.write_text(CONFIG.format(port=free_port(), folder=tmp_path, app=app, emulator=emulator), "utf-8")
    first = await serve(config)
    try:
        await emulator.dingtalk.connected(timeout=30)
        second = await serve(config)
        _, complaint = await second.communicate()
        assert second.returncode == 1
        assert "正被另一个派单进程使用" in complaint.decode()
        assert "Traceback" not in complaint.decode()
        first.terminate()
        async with asyncio.timeout(5):
            assert await first.wait() == 0
    finally:
        if first.returncode is None:
            first.kill()
        await emulator.stop()
