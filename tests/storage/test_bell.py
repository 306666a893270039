"""Replicas wake each other over a session of their own, and do without where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from storage.bell import Bell
from tests.databases import Postgres
from tests.pooler import pooled


@pytest.fixture
async def url(postgres_server: Postgres) -> AsyncIterator[str]:
    made = await postgres_server.create()
    yield made
    await postgres_server.drop(made)


@asynccontextmanager
async def hung(url: str, heard: Callable[[], None] = lambda: None, **changes: float) -> AsyncIterator[Bell]:
    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0.01)

    bell = Bell(url, heard, pause=at_once, **changes)
    running = asyncio.get_running_loop().create_task(bell.run())
    try:
        yield bell
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_ring_is_heard_by_all_others_and_not_by_oneself(url: str) -> None:
    heard: list[str] = []
    async with (
        hung(url, lambda: heard.append("a")) as a,
        hung(url, lambda: heard.append("b")) as b,
        hung(url, lambda: heard.append("c")) as c,
    ):
        await until(lambda: a.hears and b.hears and c.hears)
        for _ in range(50):
            a.ring()
        await until(lambda: len(heard) == 2)
        b.ring()
        await until(lambda: len(heard) == 4)
    assert sorted(heard) == ["a", "b", "c", "c"]


async def test_a_lost_session_is_opened_again(url: str) -> None:
    heard: list[str] = []
    async with hung(url) as a, hung(url, lambda: heard.append("b")) as b:
        await until(lambda: a.hears and b.hears)
        admin = await asyncpg.connect(url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'paidan bell'"
        )
        await admin.close()
        await until(lambda: not (a.hears and b.hears))
        await until(lambda: a.hears and b.hears)
        a.ring()
        await until(lambda: heard != [])


async def test_behind_a_pooler_it_notices_that_nothing_comes_through(url: str) -> None:
    async with pooled(url, size=2) as pooler, hung(pooler.url, echo=0.1) as bell:
        await until(lambda: sum("pg_notify" in asked for asked in pooler.asked) >= 2)
        assert not bell.hears
