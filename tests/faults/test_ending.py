"""The end of the program: readiness off at once, nothing new begun, what is under way finished, the rest let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from bot.app import App
from bot.ending import Ending
from storage.database import Database
from storage.outbox_table import outbox
from tests.stories.stage import Stage, staged

NOBODY_WAITS_SO_LONG = 600.0


@asynccontextmanager
async def a_vendor_that_hangs(stage: Stage) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """WeCom takes a message and answers only when told to. Yields "it has one" and "it may answer"."""
    has_one, may_answer = asyncio.Event(), asyncio.Event()

    async def hang(path: str, _body: bytes) -> None:
        if "message/send" in path:
            has_one.set()
            await may_answer.wait()

    stage.emulator.wecom.on_call = hang
    try:
        yield has_one, may_answer
    finally:
        may_answer.set()
        stage.emulator.wecom.on_call = None


async def asked(app: App, path: str) -> tuple[int, Any]:
    url = f"http://127.0.0.1:{app.settings.server.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def states(url: str) -> list[str]:
    database = Database(url)
    async with database.read() as connection:
        rows = await connection.execute(select(outbox.c.state).order_by(outbox.c.id))
        found = [state.value for state in rows.scalars()]
    await database.close()
    return found


async def test_what_is_under_way_is_finished_and_nothing_new_begun(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage:
        app, wecom = stage.app, stage.emulator.wecom
        async with a_vendor_that_hangs(stage) as (has_one, may_answer):
            await wecom.says("ZhangSan", "帮助")
            await has_one.wait()
            assert (await asked(app, "/readyz?part=server"))[1] == {
                "status": "ok",
                "reasons": {},
                "notices": {},
            }
            app.ending.signal()
            finishing = asyncio.get_running_loop().create_task(app.finish())
            status, told = await asked(app, "/readyz")
            assert (status, told["reasons"]["server"]) == (503, "正在停止")
            assert (await asked(app, "/readyz?part=server"))[0] == 503
            assert (await asked(app, "/healthz"))[0] == 200
            late = await wecom.says("LiSi", "报修 VPN 连不上")  # whom nobody has told yet that we end
            assert late.status == 200
            assert not finishing.done()
            may_answer.set()
            await finishing
        stage.player("张三", "wecom").sees("提单")
        stage.player("李四", "wecom").sees_no("IT-1001")
    kept = await states(database_url)
    assert kept[0] == "done"
    assert set(kept[1:]) == {"waiting"}, "what came late is everybody else's"


async def test_a_second_signal_ends_it_at_once_and_leaves_no_claim(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage, a_vendor_that_hangs(stage) as (has_one, _):
        await stage.emulator.wecom.says("ZhangSan", "帮助")
        await has_one.wait()
        ending = stage.app.ending
        ending.signal()
        allowed = asyncio.get_running_loop().create_task(
            ending.allow(NOBODY_WAITS_SO_LONG, stage.app.finish())
        )
        await asyncio.sleep(0)
        ending.signal()
        assert not await allowed
        await stage.app.stop()
        assert await states(database_url) == ["waiting"]


async def test_time_is_over_when_it_is_over() -> None:
    ending = Ending()
    assert not await ending.allow(0, asyncio.Event().wait())
    assert await ending.allow(NOBODY_WAITS_SO_LONG, asyncio.sleep(0))


async def test_a_failure_at_the_end_does_not_keep_the_program_from_ending() -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    assert await Ending().allow(NOBODY_WAITS_SO_LONG, fails())
