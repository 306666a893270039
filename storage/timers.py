"""Timers: due dates as rows. Setting one again moves it; whoever deletes it has taken it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import TicketId
from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata

timers = Table(
    "timers",
    metadata,
    Column("key", Words, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False, index=True),
    Column("due_at", UTCDateTime, nullable=False, index=True),
)

_DELETE = delete(timers).where(timers.c.key == bindparam("_key"))


@dataclass(frozen=True)
class DueTimer:
    key: str
    ticket: TicketId
    due_at: datetime


class SqlTimers:
    """Collects what a unit sets and cancels; a key set thrice is written once."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._wanted: dict[str, DueTimer | None] = {}

    async def set(self, key: str, ticket: TicketId, at: datetime) -> None:
        self._wanted[key] = DueTimer(key, ticket, at)

    async def cancel(self, key: str) -> None:
        self._wanted[key] = None

    async def flush(self) -> None:
        # In one order everywhere, so that two units can't wait for each other.
        wanted, self._wanted = sorted(self._wanted.items()), {}
        if gone := [{"_key": key} for key, timer in wanted if timer is None]:
            await self._connection.execute(_DELETE, gone)
        if rows := [vars(timer) for _, timer in wanted if timer is not None]:
            put = insert_into(self._connection, timers)
            moved = {"ticket": put.excluded.ticket, "due_at": put.excluded.due_at}
            put = put.on_conflict_do_update(index_elements=["key"], set_=moved)
            await self._connection.execute(put, rows)


class Timers:
    """For the sweep, which has no unit open while it looks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def due(self, now: datetime, limit: int) -> Sequence[DueTimer]:
        async with self._db.read() as connection:
            return await due(connection, now, limit)

    async def next_due(self) -> datetime | None:
        async with self._db.read() as connection:
            return await next_due(connection)


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[DueTimer]:
    overdue = (
        select(timers).where(timers.c.due_at <= now).order_by(timers.c.due_at, timers.c.key).limit(limit)
    )
    return [DueTimer(row.key, TicketId(row.ticket), row.due_at) for row in await connection.execute(overdue)]


async def next_due(connection: AsyncConnection) -> datetime | None:
    earliest: datetime | None = (await connection.execute(select(func.min(timers.c.due_at)))).scalar()
    return earliest


async def take(connection: AsyncConnection, key: str, due_at: datetime) -> bool:
    """True for exactly one taker; nobody takes a timer that was moved meanwhile."""
    taken = delete(timers).where(timers.c.key == key, timers.c.due_at == due_at)
    return (await connection.execute(taken)).rowcount == 1


async def take_all(connection: AsyncConnection, wanted: Sequence[DueTimer]) -> frozenset[str]:
    """As ``take``, in one statement. Those that another sweep is about to take are not waited for."""
    due_at = {timer.key: timer.due_at for timer in wanted}
    free = (
        select(timers.c.key, timers.c.due_at)
        .where(timers.c.key.in_(due_at))
        .with_for_update(skip_locked=True)
    )
    ours = [row.key for row in await connection.execute(free) if row.due_at == due_at[row.key]]
    if ours:
        await connection.execute(delete(timers).where(timers.c.key.in_(ours)))
    return frozenset(ours)
