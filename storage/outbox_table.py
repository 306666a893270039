"""The table of effects that wait, and the conditions that its partial indexes know."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, Table, exists, literal_column, text

from storage.schema import Id, UTCDateTime, Words, metadata, one_of, only


class Stage(Enum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"


UNFINISHED = (Stage.WAITING, Stage.CLAIMED)
# Literal, because databases recognise a partial index only by its own words.
WAITING: ColumnElement[str] = literal_column("'waiting'")
CLAIMED: ColumnElement[str] = literal_column("'claimed'")
_UNDER_WAY = text("state = 'claimed'")
UNTOUCHED = text("state = 'waiting' AND claimed_by IS NULL")
_OPEN = text("state IN ('waiting', 'claimed')")

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("lane", Words, nullable=False),
    Column("aside", Words),  # the lane into which it moves when it can't be delivered at once
    Column("merge_key", Words),
    Column("state", one_of(Stage), nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", Words),  # the last one to have it; stays, so that nothing merges into it any more
    Column("claimed_until", UTCDateTime),
    Column("frozen", Words),
    Column("error", Words),
    Column("created_at", UTCDateTime, nullable=False),
    Column("done_at", UTCDateTime),
    only("state", Stage),
    Index("uq_outbox_lane", "lane", unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
    Index(
        "uq_outbox_merge_key", "merge_key", unique=True, sqlite_where=UNTOUCHED, postgresql_where=UNTOUCHED
    ),
    Index("ix_outbox_open", "lane", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_outbox_state", "state", "id"),
    sqlite_autoincrement=True,  # platforms drop a repeated id as a repeated message
)

# A row while nothing may be sent, and none otherwise. ``last`` is the newest effect of before.
hold = Table(
    "outbox_hold",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("since", UTCDateTime, nullable=False),
    Column("reason", Words, nullable=False),
    Column("last", BigInteger, nullable=False),
)
NOT_HELD = ~exists().where(hold.c.id == 1)
