"""Two replicas and one AI bot: they never throw each other out, and a killed one is followed within thirty seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from storage.database import Database
from storage.leases import LeaseOf, Leases
from tests.adapters.wecom.aibot_house import Street, settle, street, until

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
