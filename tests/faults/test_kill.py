"""kill -9 between any two steps of the road, then a restart: nothing lost, nothing doubled.

The program runs as a process of its own; the emulated vendors kill it just before or just after they did what
it asked for, so that the answer never arrives. The vendors then behave as they do: they deliver again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from storage.database import Database
from storage.outbox import Outbox
from storage.queries.tickets import TicketQueries
from tests.stories.stage import ALERTS, GROUP, WEBHOOK_KEY, company, free_port

PATIENCE = 50.0  # seconds; a claim on PostgreSQL is another replica's for half a minute
# Which of the calls that one new ticket causes, and whether the vendor has done it when the program dies.
POINTS = [
    pytest.param(call, after, marks=[] if (call, after) == (2, True) else [pytest.mark.campaign])
    for call in range(1, 5)
    for after in (False, True)
]


@dataclass
class Victim:
    """The program, which can be killed and started again on the same database."""

    config: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = ("-m", "bot", "serve", "--config", str(self.config))
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        await until(self._serves)

    async def _serves(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self.port}/readyz") as answer,
            ):
                return answer.status == 200
        return False

    def kill(self) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)

    async def stop(self) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for the thing itself, on a real clock: the victim has its own."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)


def write_config(path: Path, emulator: Emulator, database_url: str, port: int) -> Path:
    made = emulator.credentials
    path.write_text(
        f"""
[server]
port = {port}
[storage]
url = "{database_url}"
spool = "{path.parent / "spool"}"
[wecom]
corp_id = "{emulator.wecom.corp_id}"
api_base = "{emulator.base_url}"
[wecom.app]
agent_id = {made.wecom_agent_id}
secret = "{made.wecom_secret}"
token = "{made.wecom_token}"
encoding_aes_key = "{made.wecom_encoding_aes_key}"
[dingtalk]
client_id = "{made.dingtalk_client_id}"
client_secret = "{made.dingtalk_client_secret}"
robot_code = "{made.dingtalk_robot_code}"
api_base = "{emulator.base_url}"
oapi_base = "{emulator.base_url}"
[[people]]
name = "张三"
wecom = "ZhangSan"
[[people]]
name = "李四"
dingtalk = "lisi01"
[[desks]]
key = "it"
name = "IT 服务台"
prefix = "IT"
members = ["李四"]
channels = ["dingtalk:{GROUP}"]
""",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(("call", "after"), POINTS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_killed_at_any_call_a_message_is_still_one_ticket_and_one_card_each(
    database_url: str, tmp_path: Path, call: int, *, after: bool
) -> None:
    await _campaign(database_url, tmp_path, call, after=after)


@pytest.mark.campaign
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_the_same_on_postgresql_where_claims_must_run_out(database_url: str, tmp_path: Path) -> None:
    await _campaign(database_url, tmp_path, 2, after=True)


async def _campaign(database_url: str, folder: Path, call: int, *, after: bool) -> None:
    emulator = Emulator(company(), Clock())
    emulator.wecom.add_webhook(WEBHOOK_KEY, ALERTS)
    await emulator.start()
    port = free_port()
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    victim = Victim(write_config(folder / "config.toml", emulator, database_url, port), port)
    database = Database(database_url)
    try:
        await victim.start()
        await emulator.dingtalk.connected()
        _kill_at(emulator, victim, call, after=after)
        await emulator.wecom.says("ZhangSan", "报修 VPN 连不上")
        assert victim.process is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(victim.process.wait(), 5)
        was_killed = victim.process.returncode is not None
        assert was_killed or call > 1
        if was_killed:
            await victim.start()
            # What Tencent got no good answer for, it delivers again; what it got one for, never.
            await emulator.wecom.redeliver()
        await until(lambda: _has_settled(database))
        await _assert_told_once(emulator, database)
        assert await victim.stop() == 0
    finally:
        if victim.process is not None and victim.process.returncode is None:
            victim.kill()
        await database.close()
        await emulator.stop()


def _kill_at(emulator: Emulator, victim: Victim, call: int, *, after: bool) -> None:
    seen = 0

    async def hook(path: str, _body: bytes) -> None:
        nonlocal seen
        if "token" in path or "connections/open" in path or "user/get" in path:
            return
        seen += 1
        if seen == call:
            victim.kill()

    for server in (emulator.wecom, emulator.dingtalk):
        setattr(server, "after_call" if after else "on_call", hook)


async def _has_settled(database: Database) -> bool:
    tickets = [line async for line in TicketQueries(database).export()]
    return bool(tickets) and await Outbox(database).pending() == 0


async def _assert_told_once(emulator: Emulator, database: Database) -> None:
    tickets = [line async for line in TicketQueries(database).export()]
    assert [ticket["number"] for ticket in tickets] == ["IT-1001"]
    assert [event["kind"] for event in tickets[0]["events"]].count("opened") == 1
    assert await Outbox(database).list("dead") == []
    cards = [b for b in emulator.dingtalk.chats.of(GROUP) if b.kind == "card"]
    assert len(cards) == 1, "the group has one card"
    receipts = [b for b in emulator.wecom.chats.of("ZhangSan") if b.kind == "card"]
    assert len(receipts) == 1, "the requester has one receipt"
    assert emulator.wecom.defects == []
    assert emulator.dingtalk.defects == []


async def test_a_terminated_program_ends_well_and_a_second_one_refuses(tmp_path: Path) -> None:
    emulator = Emulator(company(), Clock())
    await emulator.start()
    port = free_port()
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    url = f"sqlite:///{tmp_path / 'one.db'}"
    victim = Victim(write_config(tmp_path / "config.toml", emulator, url, port), port)
    try:
        await victim.start()
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "serve", "--config", str(victim.config)),
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await second.communicate()
        assert second.returncode == 1
        assert "正被另一个派单进程使用" in complaint.decode()
        async with asyncio.timeout(5):
            assert await victim.stop() == 0
    finally:
        victim.kill()
        await emulator.stop()
