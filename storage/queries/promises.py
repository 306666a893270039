"""Open tickets with what is promised on them and what happened: for whoever counts all of them anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Event, TicketId
from domain.sla.deadline import Deadline
from domain.tickets.states import OVER, UNFINISHED
from storage import deadlines, past
from storage.database import Database
from storage.ticket_tables import tickets
from storage.timers import timers

BATCH = 200
_IS_OPEN = tickets.c.state.in_(UNFINISHED)


@dataclass(frozen=True)
class Promised:
    """``timers`` are the moments at which something is to happen, by key."""

    id: TicketId
    number: str
    desk: str
    deadlines: Sequence[Deadline]
    past: Sequence[Event]
    timers: Mapping[str, datetime]


class PromiseQueries:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def count(self) -> int:
        async with self._db.read() as connection:
            counted = select(func.count()).select_from(tickets).where(_IS_OPEN)
            return int((await connection.execute(counted)).scalar_one())

    async def open_tickets(self) -> AsyncIterator[Sequence[Promised]]:
        """A batch at a time, each of one moment; what is opened meanwhile comes at the end."""
        last = 0
        while True:
            async with self._db.read() as connection:
                batch = await _after(connection, last)
            if not batch:
                return
            last = batch[-1].id
            yield batch


async def count_during(connection: AsyncConnection, begin: datetime, end: datetime) -> int:
    counted = select(func.count()).select_from(tickets).where(_was_open(begin, end))
    return int((await connection.execute(counted)).scalar_one())


async def during(
    connection: AsyncConnection, begin: datetime, end: datetime
) -> AsyncIterator[Sequence[Promised]]:
    """Those that were open at some time from ``begin`` to ``end``, a batch at a time, all of one moment."""
    last = 0
    while batch := await _after(connection, last, _was_open(begin, end)):
        yield batch
        last = batch[-1].id


def _was_open(begin: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(tickets.c.opened_at < end, or_(tickets.c.state.not_in(OVER), tickets.c.since >= begin))


async def _after(
    connection: AsyncConnection, last: int, wanted_are: ColumnElement[bool] = _IS_OPEN
) -> Sequence[Promised]:
    wanted = select(tickets.c.id, tickets.c.number, tickets.c.desk).where(wanted_are, tickets.c.id > last)
    rows: list[Any] = list((await connection.execute(wanted.order_by(tickets.c.id).limit(BATCH))).all())
    ids = [TicketId(row.id) for row in rows]
    kept: dict[TicketId, list[Deadline]] = {}
    for deadline in await deadlines.load(connection, ids):
        kept.setdefault(deadline.ticket, []).append(deadline)
    pasts, ringing = await past.load(connection, ids), await _timers_of(connection, ids)
    return [_promised(row, kept, pasts, ringing) for row in rows]


def _promised(
    row: Row[Any],
    kept: Mapping[TicketId, Sequence[Deadline]],
    pasts: Mapping[TicketId, Sequence[Event]],
    ringing: Mapping[TicketId, Mapping[str, datetime]],
) -> Promised:
    id_ = TicketId(row.id)
    newest = deadlines.newest(kept.get(id_, ()))
    return Promised(id_, row.number, row.desk, newest, pasts.get(id_, ()), ringing.get(id_, {}))


async def _timers_of(
    connection: AsyncConnection, ids: Sequence[TicketId]
) -> Mapping[TicketId, Mapping[str, datetime]]:
    found: dict[TicketId, dict[str, datetime]] = {}
    for row in await connection.execute(select(timers).where(timers.c.ticket.in_(ids))):
        found.setdefault(TicketId(row.ticket), {})[row.key] = row.due_at
    return found
