"""Effects that wait for the outside: in lanes, merged while they wait, leased while they are performed.

The lane's oldest row is its head. While it waits for a retry the lane waits with it, unless it can step aside. That
only one row of a lane is under way is a unique index, not a hope: two couriers on PostgreSQL do pick at the same
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Update,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Conflict, Database
from storage.outbox_table import CLAIMED, NOT_HELD, UNFINISHED, UNTOUCHED, WAITING, Stage, outbox
from storage.schema import insert_into

# Renewed all the time by whoever holds it, however long it takes; after a kill -9 somebody else has it this soon.
_ASIDE = {"state": Stage.WAITING, "lane": func.coalesce(outbox.c.aside, outbox.c.lane)}
LEASE = timedelta(seconds=20)


@dataclass(frozen=True)
class Queued:
    """``payload`` is the effect's JSON. ``due_at`` is None for at once, or for ``after`` a while.

    ``aside`` is the lane of what would have to wait behind it, were it held up: one of a ticket's chats, say. It
    moves there when it is tried again, and holds nothing else up.
    """

    kind: str
    payload: str
    lane: str
    merge_key: str | None = None
    due_at: datetime | None = None
    after: timedelta = timedelta()
    aside: str | None = None


@dataclass(frozen=True)
class Claimed:
    """``frozen`` is what the first attempt sent, or "" at the first attempt. ``attempts`` counts this one."""

    id: int
    kind: str
    payload: str
    lane: str
    attempts: int
    frozen: str
    created_at: datetime


@dataclass(frozen=True)
class Letter:
    """One row for people who look after the outbox."""

    id: int
    kind: str
    payload: str
    lane: str
    stage: Stage
    attempts: int
    error: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


async def enqueue(connection: AsyncConnection, queued: Sequence[Queued], now: datetime) -> None:
    """In this order. One with the ``merge_key`` of a row that still waits joins it.

    Joining locks that row: otherwise a courier could take it before this transaction commits, and draw what
    was true before. It is skipped until then.
    """
    joined = insert_into(connection, outbox).on_conflict_do_update(
        index_elements=["merge_key"], index_where=UNTOUCHED, set_={"attempts": outbox.c.attempts}
    )
    same = {"state": Stage.WAITING, "attempts": 0, "created_at": now}
    rows = [
        {
            "kind": one.kind,
            "payload": one.payload,
            "lane": one.lane,
            "aside": one.aside,
            "merge_key": one.merge_key,
            "due_at": one.due_at or now + one.after,
            **same,
        }
        for one in queued
    ]
    if rows:
        await connection.execute(joined, rows)


class Outbox:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, now: datetime, worker: str, limit: int, lease: timedelta = LEASE) -> list[Claimed]:
        """The heads of free lanes that are due, oldest first; each is this worker's until the lease ends."""
        try:
            async with self._db.write() as connection:
                rows = (await connection.execute(_claim(now, worker, limit, lease))).all()
        except Conflict:  # another courier was in one of the lanes first; the next look shows what is left
            return []
        return [_claimed(row) for row in sorted(rows, key=lambda row: int(row.id))]

    async def put(self, queued: Sequence[Queued], now: datetime) -> None:
        """What follows from a delivery, and from no command."""
        async with self._db.write() as connection:
            await enqueue(connection, queued, now)

    async def freeze(self, id_: int, frozen: str) -> str:
        """Keeps what is about to be sent. Answers what counts: the words of whoever froze it first."""
        kept = update(outbox).where(outbox.c.id == id_).values(frozen=func.coalesce(outbox.c.frozen, frozen))
        async with self._db.write() as connection:
            return str((await connection.execute(kept.returning(outbox.c.frozen))).scalar_one())

    async def done(self, id_: int, now: datetime) -> None:
        await self._move(id_, UNFINISHED, state=Stage.DONE, done_at=now, claimed_until=None)

    async def retry(self, id_: int, at: datetime, error: str) -> None:
        """Again at ``at``; until then it keeps its place at the head of its lane."""
        await self._move(
            id_, [Stage.CLAIMED], state=Stage.WAITING, due_at=at, error=error, claimed_until=None
        )

    async def step_aside(self, id_: int, at: datetime, error: str) -> None:
        """Again at ``at``; until then it holds up nothing but what is for the same chat."""
        await self._move(id_, [Stage.CLAIMED], **_ASIDE, due_at=at, error=error, claimed_until=None)

    async def put_off(self, id_: int, at: datetime) -> None:
        """Its turn comes at ``at``. Nothing was tried, so this was no attempt."""
        fewer = outbox.c.attempts - 1
        await self._move(id_, [Stage.CLAIMED], **_ASIDE, due_at=at, attempts=fewer, claimed_until=None)

    async def hand_back(self, id_: int, at: datetime) -> None:
        """For whoever can perform it: this was no attempt. To others it is due at once, to this worker at ``at``."""
        fewer = outbox.c.attempts - 1
        await self._move(id_, [Stage.CLAIMED], **_ASIDE, due_at=at, attempts=fewer, claimed_until=at)

    async def renew(
        self, ids: Iterable[int], worker: str, now: datetime, lease: timedelta = LEASE
    ) -> set[int]:
        """Those that are still this worker's, and go on to be."""
        mine = outbox.c.id.in_(list(ids)), outbox.c.state == CLAIMED, outbox.c.claimed_by == worker
        longer = update(outbox).where(*mine).values(claimed_until=now + lease).returning(outbox.c.id)
        async with self._db.write() as connection:
            return set((await connection.execute(longer)).scalars())

    async def let_go(self, worker: str) -> None:
        """All that this worker holds, at its end: others can have it at once."""
        mine = outbox.c.state == Stage.CLAIMED, outbox.c.claimed_by == worker
        freed = update(outbox).where(*mine).values(state=Stage.WAITING, claimed_until=None)
        async with self._db.write() as connection:
            await connection.execute(freed)

    async def bury(self, id_: int, error: str, now: datetime) -> None:
        """A dead letter: somebody must look at it. Its lane goes on."""
        await self._move(id_, UNFINISHED, state=Stage.DEAD, error=error, done_at=now, claimed_until=None)

    async def replay(self, id_: int) -> None:
        """A dead letter once more, drawn anew: what it said then may not be true any more."""
        fresh = {"state": Stage.WAITING, "attempts": 0, "frozen": None, "done_at": None}
        await self._move(id_, [Stage.DEAD], **fresh)

    async def discard(self, id_: int) -> None:
        await self._move(id_, [Stage.DEAD, Stage.WAITING], state=Stage.DISCARDED)

    async def list(self, stage: Stage | str, limit: int = 200) -> Sequence[Letter]:
        wanted = select(outbox).where(outbox.c.state == Stage(stage)).order_by(outbox.c.id).limit(limit)
        async with self._db.read() as connection:
            return [_letter(row) for row in await connection.execute(wanted)]

    async def release(self) -> None:
        """All claims, at the start of the only process there can be: whoever made them is dead."""
        freed = update(outbox).where(outbox.c.state == Stage.CLAIMED)
        async with self._db.write() as connection:
            await connection.execute(freed.values(state=Stage.WAITING, claimed_until=None))

    async def pending(self) -> int:
        """How many rows are neither delivered nor given up."""
        async with self._db.read() as connection:
            counted = select(func.count()).where(outbox.c.state.in_(UNFINISHED))
            return int((await connection.execute(counted)).scalar_one())

    async def next_due(self) -> datetime | None:
        """When ``claim`` will find something, as far as is known now."""
        moment = case((outbox.c.state == CLAIMED, outbox.c.claimed_until), else_=outbox.c.due_at)
        head = or_(outbox.c.state == CLAIMED, _is_waiting_head())
        async with self._db.read() as connection:
            due: datetime | None = (
                await connection.execute(select(func.min(moment)).where(head, NOT_HELD))
            ).scalar()
        return due

    async def prune(self, before: datetime) -> int:
        """Forgets what was delivered or discarded; dead letters stay until somebody decides."""
        over = outbox.c.state.in_([Stage.DONE, Stage.DISCARDED])
        async with self._db.write() as connection:
            return (
                await connection.execute(delete(outbox).where(over, outbox.c.created_at < before))
            ).rowcount

    async def _move(self, id_: int, stages: Sequence[Stage], **values: Any) -> None:
        moved = update(outbox).where(outbox.c.id == id_, outbox.c.state.in_(stages)).values(**values)
        async with self._db.write() as connection:
            await connection.execute(moved)


def _claim(now: datetime, worker: str, limit: int, lease: timedelta) -> Update:
    due = or_(
        and_(outbox.c.state == CLAIMED, outbox.c.claimed_until <= now),
        and_(or_(outbox.c.due_at <= now, _is_handed_back_to(worker)), _is_waiting_head()),
    )
    picked = (
        select(outbox.c.id)
        .where(outbox.c.state.in_([WAITING, CLAIMED]), due, NOT_HELD)
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (
        update(outbox)
        .where(outbox.c.id.in_(picked.scalar_subquery()))
        .values(
            state=Stage.CLAIMED,
            claimed_by=worker,
            claimed_until=now + lease,
            attempts=outbox.c.attempts + 1,
        )
        .returning(outbox)
    )


def _is_handed_back_to(worker: str) -> ColumnElement[bool]:
    return and_(outbox.c.claimed_until.is_not(None), outbox.c.claimed_by != worker)


def _is_waiting_head() -> ColumnElement[bool]:
    """Nothing of its lane is under way, and nothing older waits.

    Somebody under way counts whatever its id: ids are given at the start of a transaction and seen at its end,
    so an older row can turn up after a younger one was claimed.
    """
    other = outbox.alias("other")
    before = exists().where(
        other.c.state.in_([WAITING, CLAIMED]),
        other.c.lane == outbox.c.lane,
        other.c.id != outbox.c.id,
        or_(other.c.state == CLAIMED, and_(other.c.id < outbox.c.id, ~_is_held_up(other))),
    )
    return and_(outbox.c.state == WAITING, ~before, ~_is_held_up(outbox))


def _is_held_up(row: FromClause) -> ColumnElement[bool]:
    """Something older has stepped aside that must arrive before it. It waits, and lets the rest of its lane pass."""
    aside = outbox.alias()
    return exists().where(
        aside.c.state.in_([WAITING, CLAIMED]), aside.c.lane == row.c.aside, aside.c.id < row.c.id
    )


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(row.id, row.kind, row.payload, row.lane, row.attempts, row.frozen or "", row.created_at)


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        row.id,
        row.kind,
        row.payload,
        row.lane,
        row.state,
        row.attempts,
        row.error or "",
        row.created_at,
        row.due_at,
        row.done_at,
    )
