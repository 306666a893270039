"""What `make test` sets up is really there."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import asyncpg

from bot.assets import COPIES, VENDOR
from tests.browser import OpenPage
from tests.databases import Postgres


async def test_each_test_has_an_empty_database(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite:///"):
        with closing(sqlite3.connect(empty_database_url.removeprefix("sqlite:///"))) as file:
            assert file.execute("SELECT * FROM sqlite_master").fetchall() == []
        return
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetch("SELECT * FROM pg_tables WHERE schemaname = 'public'") == []
    await connection.close()


async def test_a_database_can_be_copied(postgres_server: Postgres) -> None:
    first = await postgres_server.create()
    connection = await asyncpg.connect(first)
    await connection.execute("CREATE TABLE note AS SELECT '打印机卡纸' AS text")
    await connection.close()
    second = await postgres_server.create(like=first)
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT text FROM note") == "打印机卡纸"
    await connection.close()
    await postgres_server.drop(first)
    await postgres_server.drop(second)


async def test_the_browser_opens_a_page(page: OpenPage) -> None:
    phone = await page(width=390)
    await phone.set_content("<h1>派单</h1>")
    assert await phone.inner_text("h1") == "派单"


def test_the_web_assets_are_here() -> None:
    assert all((VENDOR / name).is_file() for name in COPIES.values())
