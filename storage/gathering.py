"""Calls that wait to be told together: one row for each ticket, level and place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, Row, Table, delete, exists, insert, select, update
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Conversation, PersonId, TicketId
from domain.sla.gathering import Posting, Waiting
from domain.sla.policy import Goal
from storage.database import Database
from storage.schema import Id, Payload, UTCDateTime, Words, metadata, one_of, only

PERSON = "person"
MOST = 500  # rows of one look; the rest follows with the next

_WAITS = sql("told_at IS NULL")

calls = Table(
    "gathered_calls",
    metadata,
    Column("id", Id, primary_key=True),
    # A conversation, or "person", "direct" and an id.
    Column("platform", Words, nullable=False),
    Column("place_kind", Words, nullable=False),
    Column("place_key", Words, nullable=False),
    Column("ticket", ForeignKey("tickets.id"), nullable=False, index=True),
    Column("goal", one_of(Goal), nullable=False),
    Column("stage", Integer, nullable=False),
    Column("late", UTCDateTime),
    Column("called", Payload, nullable=False),
    Column("lost", Payload, nullable=False),
    Column("told", Payload, nullable=False, server_default="[]"),
    Column("added_at", UTCDateTime, nullable=False),
    # Both are NULL until the place was told.
    Column("posting", Id, index=True),
    Column("told_at", UTCDateTime),
    only("goal", Goal),
    Index("ix_gathered_calls_waits", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    Index("ix_gathered_calls_told", "platform", "place_kind", "place_key", "told_at"),
)


class SqlGathering:
    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._added: list[Waiting] = []

    async def add(self, waiting: Waiting) -> None:
        self._added.append(waiting)

    async def take(self, quiet_since: datetime) -> Sequence[Posting]:
        told = calls.alias("told")
        lately = exists().where(
            *(told.c[name] == calls.c[name] for name in ("platform", "place_kind", "place_key")),
            told.c.told_at > quiet_since,
            told.c.told_at <= self._now,  # or a clock that was set back would silence the place
        )
        waiting = (
            select(calls.c.id)
            .where(calls.c.told_at.is_(None), ~lately)
            .order_by(calls.c.id)
            .limit(MOST)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(calls)
            .where(calls.c.id.in_(waiting.scalar_subquery()), calls.c.told_at.is_(None))
            .values(told_at=self._now)
            .returning(calls)
        )
        rows = sorted((await self._connection.execute(taken)).all(), key=lambda row: int(row.id))
        postings = _postings(rows)
        for posting, ids in postings:
            await self._connection.execute(
                update(calls).where(calls.c.id.in_(ids)).values(posting=posting.id)
            )
        return [posting for posting, _ in postings]

    async def flush(self) -> None:
        added, self._added = self._added, []
        if added:
            await self._connection.execute(insert(calls), [_row_of(one, self._now) for one in added])


class Postings:
    """For screens: what a combined card is about."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, posting: int) -> Posting:
        wanted = select(calls).where(calls.c.posting == posting).order_by(calls.c.id)
        async with self._db.read() as connection:
            rows = (await connection.execute(wanted)).all()
        return Posting(posting, tuple(_waiting(row) for row in rows))

    async def is_anything_waiting(self) -> bool:
        async with self._db.read() as connection:
            first = select(calls.c.id).where(calls.c.told_at.is_(None)).limit(1)
            return (await connection.execute(first)).first() is not None

    async def about(self, ticket: TicketId) -> Sequence[int]:
        """Those that mention ``ticket``."""
        wanted = select(calls.c.posting).where(calls.c.ticket == ticket, calls.c.posting.is_not(None))
        async with self._db.read() as connection:
            return sorted({int(row.posting) for row in await connection.execute(wanted)})


async def prune(connection: AsyncConnection, before: datetime) -> int:
    return (await connection.execute(delete(calls).where(calls.c.told_at < before))).rowcount


def _postings(rows: Sequence[Row[Any]]) -> list[tuple[Posting, list[int]]]:
    """One for each place, numbered as its first row."""
    places: dict[Conversation | PersonId, list[Row[Any]]] = {}
    for row in rows:
        places.setdefault(_place(row), []).append(row)
    return [
        (Posting(of_one[0].id, tuple(_waiting(row) for row in of_one)), [row.id for row in of_one])
        for of_one in places.values()
    ]


def _row_of(waiting: Waiting, now: datetime) -> dict[str, Any]:
    platform, kind, key = _written(waiting.place)
    return {
        "platform": platform,
        "place_kind": kind,
        "place_key": key,
        "ticket": waiting.ticket,
        "goal": waiting.goal,
        "stage": waiting.stage,
        "late": waiting.late,
        "called": list(waiting.called),
        "lost": [_written(one) for one in waiting.lost],
        "told": [_written(one) for one in waiting.told],
        "added_at": now,
    }


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        place=_place(row),
        ticket=TicketId(row.ticket),
        goal=row.goal,
        stage=row.stage,
        late=row.late,
        called=tuple(PersonId(person) for person in row.called),
        lost=tuple(_read(*written) for written in row.lost),
        told=tuple(_read(*written) for written in row.told),
    )


def _place(row: Row[Any]) -> Conversation | PersonId:
    return _read(row.platform, row.place_kind, row.place_key)


def _written(place: Conversation | PersonId) -> tuple[str, str, str]:
    if isinstance(place, Conversation):
        return place.platform, place.kind, place.key
    return PERSON, "direct", str(place)


def _read(platform: str, kind: Any, key: str) -> Conversation | PersonId:
    return PersonId(int(key)) if platform == PERSON else Conversation(platform, kind, key)
