"""Metered calls, counted per platform, API, day in China and ticket. What is billed is the month of such days."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Column, Integer, String, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import TicketId
from storage.database import Conflict, Database, Unavailable
from storage.schema import Id, Words, insert_into, metadata

SHANGHAI = ZoneInfo("Asia/Shanghai")

log = structlog.get_logger()

by_day = Table(
    "calls_by_day",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("day", String(10), primary_key=True),  # "2026-11-25"
    Column("api", Words, primary_key=True),
    Column("count", Integer, nullable=False),
)

# Of its own, so that a month of a large company is read from some hundred rows.
by_ticket = Table(
    "calls_by_ticket",
    metadata,
    Column("ticket", Id, primary_key=True, autoincrement=False),
    Column("platform", Words, primary_key=True),
    Column("month", String(7), primary_key=True),  # "2026-11"
    Column("api", Words, primary_key=True),
    Column("count", Integer, nullable=False),
)

Batch = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Spent:
    """What one API cost on one day."""

    platform: str
    day: date
    api: str
    count: int


class LedgerBook:
    """Whoever counts while another's count is being written is written with the next one, all in one
    transaction: sixteen calls at once cost about two."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._days: Batch = Counter()
        self._tickets: Batch = Counter()
        self._turn = asyncio.Lock()
        self.transactions = 0

    async def count(
        self, platform: str, api: str, at: datetime, ticket: TicketId | None = None, times: int = 1
    ) -> None:
        """Durable when it returns, so that a kill in the middle of a call loses nothing; a database that is
        away keeps no call waiting, and what it missed goes in with the next count."""
        day = day_of(at).isoformat()
        self._days[platform, day, api] += times
        if ticket is not None:
            self._tickets[str(ticket), platform, day[:7], api] += times
        await self.flush()

    async def flush(self) -> None:
        async with self._turn:
            if not self._days:
                return
            days, self._days = self._days, Counter()
            tickets, self._tickets = self._tickets, Counter()
            written = False
            try:
                async with self._db.write() as connection:
                    await _add(connection, by_day, days)
                    await _add(connection, by_ticket, tickets)
                written = True
                self.transactions += 1
            except (Conflict, Unavailable) as error:
                log.warning("calls not counted yet", calls=days.total(), error=str(error))
            finally:
                if not written:
                    self._days.update(days)
                    self._tickets.update(tickets)

    async def month(self, platform: str, month: str) -> Mapping[str, int]:
        """Calls by API; ``month`` is written "2026-11"."""
        made = Counter[str]()
        for spent in await self.days(month):
            if spent.platform == platform:
                made[spent.api] += spent.count
        return {api: count for api, count in made.items() if count}

    async def days(self, month: str) -> Sequence[Spent]:
        wanted = select(by_day.c.platform, by_day.c.day, by_day.c.api, by_day.c.count.label("made")).where(
            by_day.c.day.between(f"{month}-01", f"{month}-31")
        )
        async with self._db.read() as connection:
            rows = await connection.execute(wanted.order_by(by_day.c.day, by_day.c.api))
            return [Spent(row.platform, date.fromisoformat(row.day), row.api, row.made) for row in rows]

    async def spent_on(self, ticket: TicketId, platform: str) -> Mapping[str, int]:
        """Calls by API that were made about one ticket, in all months."""
        wanted = select(by_ticket.c.api, by_ticket.c.count.label("made")).where(
            by_ticket.c.ticket == ticket, by_ticket.c.platform == platform
        )
        made = Counter[str]()
        async with self._db.read() as connection:
            for row in await connection.execute(wanted):
                made[row.api] += row.made
        return made

    async def dearest(self, month: str, limit: int) -> Sequence[tuple[TicketId, int]]:
        """The tickets that cost most calls this month, with how many; messages are another account."""
        made = func.sum(by_ticket.c.count)
        wanted = (
            select(by_ticket.c.ticket, made.label("made"))
            .where(by_ticket.c.month == month, by_ticket.c.api.not_like("webhook.%"))
            .group_by(by_ticket.c.ticket)
            .order_by(made.desc(), by_ticket.c.ticket)
            .limit(limit)
        )
        async with self._db.read() as connection:
            return [(TicketId(row.ticket), int(row.made)) for row in await connection.execute(wanted)]


async def _add(connection: AsyncConnection, table: Table, batch: Batch) -> None:
    """In order, so that two replicas never wait for each other in a circle."""
    names = [column.name for column in table.primary_key]
    kinds = {name: int if name == "ticket" else str for name in names}
    rows = [
        {**{name: kinds[name](part) for name, part in zip(names, key, strict=True)}, "count": batch[key]}
        for key in sorted(batch)
    ]
    new = insert_into(connection, table)
    more = new.on_conflict_do_update(index_elements=names, set_={"count": table.c.count + new.excluded.count})
    if rows:
        await connection.execute(more, rows)


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def month_of(at: datetime) -> str:
    return day_of(at).isoformat()[:7]
