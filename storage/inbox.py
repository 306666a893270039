"""Messages that could not be worked at once: kept raw, worked later, or shown as dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, Table, and_, delete, func, select, update

from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata, only

inbox = Table(
    "inbox",
    metadata,
    Column("id", Words, primary_key=True),
    Column("body", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Words, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    only("state", ("waiting", "dead")),
    Index("ix_inbox_due", "state", "due_at"),
)

_WAITS = inbox.c.state == "waiting"
_IS_DEAD = inbox.c.state == "dead"


@dataclass(frozen=True)
class Kept:
    id: str
    body: str
    attempts: int
    error: str
    received_at: datetime


class PendingInbox:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def store(self, id_: str, body: str, now: datetime) -> None:
        """Durable when it returns. A redelivery of what is kept already changes nothing."""
        values = {"id": id_, "body": body, "received_at": now, "due_at": now}
        async with self._db.write() as connection:
            kept = insert_into(connection, inbox).values(**values, state="waiting", attempts=0, error="")
            await connection.execute(kept.on_conflict_do_nothing(index_elements=["id"]))

    async def pending(self, now: datetime, limit: int) -> Sequence[Kept]:
        """What may be tried now, in the order in which it came."""
        due = select(inbox).where(_WAITS, inbox.c.due_at <= now).order_by(inbox.c.received_at, inbox.c.id)
        async with self._db.read() as connection:
            return [_kept(row) for row in await connection.execute(due.limit(limit))]

    async def done(self, id_: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(inbox).where(inbox.c.id == id_))

    async def fail(self, kept: Kept, error: str, retry_at: datetime | None) -> None:
        """Again at ``retry_at``; None makes it a dead letter. Replicas that failed at once have failed once."""
        same = inbox.c.id == kept.id, inbox.c.attempts == kept.attempts
        failed = update(inbox).where(*same).values(error=error, attempts=kept.attempts + 1)
        failed = failed.values(state="dead") if retry_at is None else failed.values(due_at=retry_at)
        async with self._db.write() as connection:
            await connection.execute(failed)

    async def count(self) -> int:
        """How many wait, due or not."""
        async with self._db.read() as connection:
            return int((await connection.execute(select(func.count()).where(_WAITS))).scalar_one())

    async def dead(self) -> Sequence[Kept]:
        async with self._db.read() as connection:
            rows = await connection.execute(select(inbox).where(_IS_DEAD).order_by(inbox.c.received_at))
            return [_kept(row) for row in rows]

    async def replay(self, id_: str) -> None:
        """Its time to be tried is long past, so it is due at once."""
        again = update(inbox).where(inbox.c.id == id_, _IS_DEAD).values(state="waiting", attempts=0)
        async with self._db.write() as connection:
            await connection.execute(again)

    async def discard(self, id_: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(inbox).where(and_(inbox.c.id == id_, _IS_DEAD)))


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, row.body, row.attempts, row.error, row.received_at)
