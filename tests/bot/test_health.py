"""``/metrics``: what an alarm can be hung on."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.stories.stage import staged


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_when_each_connection_last_spoke_can_be_watched(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage:
        await stage.player("李四", "dingtalk").says("我的")
        at = stage.app.now().timestamp()
        address = stage.app.settings.server
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{address.host}:{address.port}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
    told = dict(line.split() for line in lines if line.startswith("paidan_") and "{" not in line)
    assert float(told["paidan_stream_last_frame_seconds"]) == at
    assert float(told["paidan_aibot_last_frame_seconds"]) == at
