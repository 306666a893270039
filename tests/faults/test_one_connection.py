"""Two replicas and one AI bot: they never throw each other out, and a killed one is followed within thirty seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import running
from bot.effects import Say
from domain.base import Conversation
from storage.database import Database
from storage.leases import LeaseOf, Leases
from tests.adapters.wecom.aibot_house import Street, settle, street, until
from tests.databases import Postgres
from tests.stories.stage import TEAM, free_port, settings_for, staged

LASTING = timedelta(seconds=20)


@pytest.fixture(name="street")
async def _street() -> AsyncIterator[Street]:
    async with street() as made:
        yield made


@asynccontextmanager
async def _replica(url: str, name: str, street: Street) -> AsyncIterator[LeaseOf]:
    database = Database(url)
    try:
        await database.migrate()
        yield LeaseOf(Leases(database), "wecom-aibot:x", name, LASTING, street.emulator.clock.now)
    finally:
        await database.close()


async def test_the_lease_moves_only_when_its_holder_is_gone(database_url: str, street: Street) -> None:
    async with (
        _replica(database_url, "a", street) as lease_a,
        _replica(database_url, "b", street) as lease_b,
    ):
        first = await street.connected_house("a", lease=lease_a)
        second = await street.house("b", lease=lease_b)
        for _ in range(12):
            street.emulator.clock.advance(timedelta(seconds=5))
            await settle(40)
        assert (street.vendor.subscribes, second.line.health().leading) == (1, False)
        await first.die()
        street.houses.remove(first)
        killed_at = street.emulator.clock.now()
        while not second.line.health().connected:
            street.emulator.clock.advance(timedelta(seconds=1))
            await settle(10)
        assert street.emulator.clock.now() - killed_at <= timedelta(seconds=30)
        assert not second.line.health().kicked
        await second.stop()
        assert await lease_a.take()


async def test_a_graceful_end_hands_over_at_the_next_look(database_url: str, street: Street) -> None:
    async with (
        _replica(database_url, "a", street) as lease_a,
        _replica(database_url, "b", street) as lease_b,
    ):
        first = await street.connected_house("a", lease=lease_a)
        second = await street.house("b", lease=lease_b)
        await settle(40)
        await first.stop()
        street.emulator.clock.advance(timedelta(seconds=5))
        await until(lambda: second.line.health().connected)
        await second.stop()


async def test_what_the_other_replica_claims_is_said_all_the_same(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    """Only one of two can speak in the group; the other gives back what it claimed, without counting an attempt."""
    url = await postgres_server.create()
    async with staged(url, tmp_path, channels=[]) as stage:
        clock, group = stage.emulator.clock, Conversation("wecom-aibot", "group", TEAM)
        await stage.player("张三", "wecom").says("谢谢", group=TEAM)
        settings = settings_for(stage.emulator, url, tmp_path / "b", free_port(), [])
        async with running(settings, now=clock.now) as other:
            by = (await other.directory.find("赵敏")).actor
            said = [Say(place=group, text=f"第 {number} 条") for number in range(3)]
            await other.bus.tell(said, by=by, once="test")
            async with asyncio.timeout(20):
                while stage.team.count("第 2 条") == 0:
                    await asyncio.sleep(0.05)
                    clock.advance(timedelta(seconds=1))
            assert [stage.team.count(f"第 {number} 条") for number in range(3)] == [1, 1, 1]
            assert await other.outbox.list("dead") == []
            assert stage.emulator.wecom.aibot.subscribes == 1
    await postgres_server.drop(url)
