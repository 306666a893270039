"""Keys that were served, with the answer given then. A row is written in the transaction of its effects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import UTCDateTime, Words, metadata

once = Table(
    "once",
    metadata,
    Column("key", Words, primary_key=True),
    Column("answer", Words, nullable=False),
    Column("at", UTCDateTime, nullable=False, index=True),
)


async def served(connection: AsyncConnection, key: str) -> str | None:
    """The stored answer, or None for a key that is new."""
    answer: str | None = (await connection.execute(select(once.c.answer).where(once.c.key == key))).scalar()
    return answer


async def serve(connection: AsyncConnection, key: str, answer: str, now: datetime) -> None:
    """Of two who serve one key at once, the second gets a Conflict and finds the first one's answer."""
    await connection.execute(insert(once).values(key=key, answer=answer, at=now))


async def prune(connection: AsyncConnection, before: datetime) -> int:
    """Platforms redeliver for days, so keep them for weeks."""
    return (await connection.execute(delete(once).where(once.c.at < before))).rowcount
