"""Copies of cards that are out in chats, and the rights to repaint them. Tickets know nothing of this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    UniqueConstraint,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Conversation, TicketId
from storage import outbox
from storage.database import Database
from storage.outbox import Queued
from storage.outbox_table import CLAIMED, WAITING
from storage.outbox_table import outbox as outboxes
from storage.schema import Id, UTCDateTime, Words, insert_into, metadata, only

_LANE = "copy:"
_UNUSED = text("used_at IS NULL")

copies = Table(
    "card_copies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("place_kind", Words, nullable=False),
    Column("place_key", Words, nullable=False),
    Column("handle", Words, nullable=False),
    Column("ticket", ForeignKey("tickets.id")),
    Column("face", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("drawn_version", Integer, nullable=False),
    Column("shown", Words),  # the ticket's state, as drawn; NULL where nobody knows
    Column("state", Words, nullable=False),
    Column("created_at", UTCDateTime),
    only("state", ("live", "superseded")),
    UniqueConstraint("platform", "handle"),
    Index("ix_card_copies_ticket", "ticket", "state"),
    sqlite_autoincrement=True,
)

grants = Table(
    "card_grants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("copy", ForeignKey("card_copies.id"), nullable=False),
    Column("code", Words, nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("kind", Words, nullable=False),
    Column("used_at", UTCDateTime),
    Column("digest", Words),  # of the card it was used for, until it is known that the copy shows it
    UniqueConstraint("copy", "code"),
    Index("ix_card_grants_unused", "copy", sqlite_where=_UNUSED, postgresql_where=_UNUSED),
)


@dataclass(frozen=True)
class Grant:
    """The right to repaint one copy once, until ``until``."""

    code: str
    until: datetime
    kind: str = "edit"


@dataclass(frozen=True)
class Doubt:
    """A repaint that was begun and of which nothing was heard: whether the copy shows ``digest`` is not known."""

    grant: Grant
    digest: str


@dataclass(frozen=True)
class Copy:
    id: int
    place: Conversation
    handle: str
    ticket: TicketId | None
    face: str
    digest: str
    version: int  # of the ticket, as drawn
    live: bool
    shown: str | None = None  # the state of the ticket, as drawn
    is_behind: bool = False  # it could not be repainted, and that will be tried again


def lane_of(copy_id: int) -> str:
    """Where a copy waits that could not be repainted together with the others."""
    return f"{_LANE}{copy_id}"


class Cards:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def remember(
        self,
        place: Conversation,
        handle: str,
        ticket: TicketId | None,
        face: str,
        digest: str,
        version: int,
        code: str | None = None,
        until: datetime | None = None,
        *,
        now: datetime | None = None,
        shown: str | None = None,
    ) -> Copy:
        """A copy was posted. Said again after a crash it is still one copy."""
        values = {
            "ticket": ticket,
            "face": face,
            "digest": digest,
            "drawn_version": version,
            "shown": shown,
            "state": "live",
        }
        where = {"platform": place.platform, "place_kind": place.kind, "place_key": place.key}
        async with self._db.write() as connection:
            posted = insert_into(connection, copies).values(handle=handle, created_at=now, **where, **values)
            again = posted.on_conflict_do_update(index_elements=["platform", "handle"], set_=values)
            copy = _copy((await connection.execute(again.returning(copies))).one())
            if code is not None and until is not None:
                await _grant(connection, copy.id, Grant(code, until))
        return copy

    async def by_handle(self, platform: str, handle: str) -> Copy | None:
        wanted = select(copies).where(copies.c.platform == platform, copies.c.handle == handle)
        async with self._db.read() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return _copy(row) if row else None

    async def copies_of(self, ticket: TicketId) -> Sequence[Copy]:
        """Those that are still looked at, older ones first."""
        lane = literal(_LANE) + cast(copies.c.id, Words)
        is_behind = exists().where(outboxes.c.lane == lane, outboxes.c.state.in_([WAITING, CLAIMED]))
        wanted = (
            select(copies, is_behind.label("is_behind"))
            .where(copies.c.ticket == ticket, copies.c.state == "live")
            .order_by(copies.c.id)
        )
        async with self._db.read() as connection:
            rows = await connection.execute(wanted)
            return [replace(_copy(row), is_behind=bool(row.is_behind)) for row in rows]

    async def is_followed(self, copy: Copy) -> bool:
        """Whether a newer copy of the same ticket stands in the same chat."""
        where = (copies.c.platform, copies.c.place_kind, copies.c.place_key)
        here = (copy.place.platform, copy.place.kind, copy.place.key)
        same = [
            copies.c.ticket == copy.ticket,
            *(column == value for column, value in zip(where, here, strict=True)),
        ]
        async with self._db.read() as connection:
            newer = select(copies.c.id).where(*same, copies.c.id > copy.id).limit(1)
            return (await connection.execute(newer)).one_or_none() is not None

    async def forget_look(self, copy: Copy, shown: str | None) -> None:
        """An answer has repainted it, perhaps: what exactly it shows is not known. From now on it is kept up to date,
        unless somebody has retired it since ``copy`` was read."""
        as_read = copies.c.state == ("live" if copy.live else "superseded")
        known = {"state": "live", "digest": "", "shown": shown}
        async with self._db.write() as connection:
            await connection.execute(update(copies).where(copies.c.id == copy.id, as_read).values(known))

    async def rights(self, copy_id: int, now: datetime) -> int:
        """How many repaints are left."""
        left = select(func.count()).where(
            grants.c.copy == copy_id, grants.c.used_at.is_(None), grants.c.until > now
        )
        async with self._db.read() as connection:
            return int((await connection.execute(left)).scalar_one())

    async def renew(self, copy_id: int, code: str, until: datetime, kind: str = "edit") -> None:
        """A press brought one more right. The same press delivered again brings nothing."""
        async with self._db.write() as connection:
            await _grant(connection, copy_id, Grant(code, until, kind))

    async def spend(self, copy_id: int, digest: str, now: datetime) -> Grant | None:
        """The newest right that still lives, for painting ``digest``. It is used from now on, whether that
        succeeds or not; until ``updated`` says that it did, it is a doubt."""
        newest = (
            select(grants.c.id)
            .where(grants.c.copy == copy_id, grants.c.used_at.is_(None), grants.c.until > now)
            .order_by(grants.c.id.desc())
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        spent = (
            update(grants)
            .where(grants.c.id == newest.scalar_subquery(), grants.c.used_at.is_(None))
            .values(used_at=now, digest=digest)
            .returning(grants.c.code, grants.c.until, grants.c.kind)
        )
        async with self._db.write() as connection:
            row = (await connection.execute(spent)).one_or_none()
        return Grant(row.code, row.until, row.kind) if row else None

    async def doubt(self, copy_id: int) -> Doubt | None:
        unheard = select(grants).where(grants.c.copy == copy_id, grants.c.digest.is_not(None))
        async with self._db.read() as connection:
            row = (await connection.execute(unheard.order_by(grants.c.id.desc()).limit(1))).one_or_none()
        return Doubt(Grant(row.code, row.until, row.kind), row.digest) if row else None

    async def updated(self, copy_id: int, digest: str, version: int, shown: str | None = None) -> None:
        """The copy shows ``version`` now. A slower painter of an older version does not turn it back."""
        painted = update(copies).where(copies.c.id == copy_id, copies.c.drawn_version <= version)
        known = update(grants).where(grants.c.copy == copy_id, grants.c.digest.is_not(None))
        async with self._db.write() as connection:
            await connection.execute(painted.values(digest=digest, drawn_version=version, shown=shown))
            await connection.execute(known.values(digest=None))

    async def supersede(self, copy_id: int) -> None:
        async with self._db.write() as connection:
            await _supersede(connection, copy_id)

    async def succeed(self, copy_id: int, successor: Queued, now: datetime) -> None:
        """Retires the copy and queues what takes its place; whoever comes second finds it done."""
        async with self._db.write() as connection:
            if await _supersede(connection, copy_id):
                await outbox.enqueue(connection, [successor], now)


async def _supersede(connection: AsyncConnection, copy_id: int) -> bool:
    retired = update(copies).where(copies.c.id == copy_id, copies.c.state == "live")
    return (await connection.execute(retired.values(state="superseded"))).rowcount == 1


async def _grant(connection: AsyncConnection, copy_id: int, grant: Grant) -> None:
    values = {"copy": copy_id, "code": grant.code, "until": grant.until, "kind": grant.kind}
    await connection.execute(
        insert_into(connection, grants)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["copy", "code"])
    )


def _copy(row: Row[Any]) -> Copy:
    return Copy(
        id=row.id,
        place=Conversation(row.platform, row.place_kind, row.place_key),
        handle=row.handle,
        ticket=row.ticket,
        face=row.face,
        digest=row.digest,
        version=row.drawn_version,
        live=row.state == "live",
        shown=row.shown,
    )
