"""How much of everything there is now, for whoever watches. Each number by an index, however much was done before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.tickets.states import UNFINISHED, State
from storage.database import Database
from storage.inbox import inbox
from storage.outbox_table import UNFINISHED as NOT_YET_SENT
from storage.outbox_table import Stage, outbox
from storage.people_tables import desks
from storage.ticket_tables import tickets


@dataclass(frozen=True)
class Stock:
    """``tickets`` by desk and state, of those that somebody has to work. ``oldest_due`` is since when an effect
    could have been sent, None where none waits."""

    tickets: Mapping[tuple[str, State], int]
    outbox: Mapping[Stage, int]
    oldest_due: datetime | None
    inbox: Mapping[str, int]


class StockQueries:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self) -> Stock:
        async with self._db.read() as connection:
            return Stock(
                tickets=await _tickets(connection),
                outbox=await _outbox(connection),
                oldest_due=await _oldest_due(connection),
                inbox=await _inbox(connection),
            )


async def _tickets(connection: AsyncConnection) -> dict[tuple[str, State], int]:
    wanted = (
        select(tickets.c.desk, tickets.c.state, func.count())
        .where(tickets.c.desk.in_(select(desks.c.key)), tickets.c.state.in_(UNFINISHED))
        .group_by(tickets.c.desk, tickets.c.state)
    )
    return {(desk, state): count for desk, state, count in await connection.execute(wanted)}


async def _outbox(connection: AsyncConnection) -> dict[Stage, int]:
    stages = (*NOT_YET_SENT, Stage.DEAD)
    wanted = select(outbox.c.state, func.count()).where(outbox.c.state.in_(stages)).group_by(outbox.c.state)
    return dict.fromkeys(stages, 0) | {row[0]: row[1] for row in await connection.execute(wanted)}


async def _oldest_due(connection: AsyncConnection) -> datetime | None:
    wanted = select(func.min(outbox.c.due_at)).where(outbox.c.state.in_(NOT_YET_SENT))
    oldest: datetime | None = (await connection.execute(wanted)).scalar()
    return oldest


async def _inbox(connection: AsyncConnection) -> dict[str, int]:
    found = await connection.execute(select(inbox.c.state, func.count()).group_by(inbox.c.state))
    return {"waiting": 0, "dead": 0} | {row[0]: row[1] for row in found}
