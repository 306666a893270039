"""Metered calls, counted per platform, API and calendar month in China, which is how they are billed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Integer, String, Table, select

from storage.database import Database
from storage.schema import Words, insert_into, metadata

SHANGHAI = ZoneInfo("Asia/Shanghai")

calls = Table(
    "metered_calls",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("month", String(7), primary_key=True),  # "2026-11"
    Column("api", Words, primary_key=True),
    Column("count", Integer, nullable=False),
)


class LedgerBook:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def count(self, platform: str, api: str, at: datetime) -> None:
        async with self._db.write() as connection:
            first = insert_into(connection, calls).values(
                platform=platform, month=month_of(at), api=api, count=1
            )
            one_more = first.on_conflict_do_update(
                index_elements=["platform", "month", "api"], set_={"count": calls.c.count + 1}
            )
            await connection.execute(one_more)

    async def month(self, platform: str, month: str) -> Mapping[str, int]:
        """Calls by API; ``month`` is written "2026-11"."""
        made = select(calls.c.api, calls.c.count.label("made")).where(
            calls.c.platform == platform, calls.c.month == month
        )
        async with self._db.read() as connection:
            return {row.api: row.made for row in await connection.execute(made)}


def month_of(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m")
