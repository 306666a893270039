"""Rosters, leaves and who is there, for whoever only looks: one consistent view of all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId
from domain.duty.attendance import Attendance
from domain.tickets.states import State
from storage.database import Database
from storage.desks import SqlDesks
from storage.holdings import SqlHoldings
from storage.leaves import SqlLeaves
from storage.people_rows import SqlPeople
from storage.rosters import SqlRosters
from storage.ticket_tables import tickets


@dataclass(frozen=True)
class HeldTicket:
    id: TicketId
    number: str
    title: str
    state: State
    assignee: PersonId | None
    desk: str


class DutyReader:
    """The same repositories that a unit has, over a connection that can't write."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self.people = SqlPeople(connection)
        self.desks = SqlDesks(connection)
        self.leaves = SqlLeaves(connection)
        self.rosters = SqlRosters(connection, now)
        self.holdings = SqlHoldings(connection)
        self.duty = Attendance(self)

    async def tickets(self, ids: Sequence[TicketId]) -> Sequence[HeldTicket]:
        return await self._held(tickets.c.id.in_(ids)) if ids else []

    async def going_on_at(self, desk: str) -> Sequence[HeldTicket]:
        """Unfinished tickets of a desk, the urgent ones first."""
        unfinished = tickets.c.state.in_([State.OPEN, State.IN_PROGRESS, State.WAITING])
        return await self._held(tickets.c.desk == desk, unfinished)

    async def _held(self, *conditions: object) -> Sequence[HeldTicket]:
        columns = (
            tickets.c.id,
            tickets.c.number,
            tickets.c.title,
            tickets.c.state,
            tickets.c.assignee,
            tickets.c.desk,
        )
        wanted = select(*columns).where(*conditions)  # type: ignore[arg-type]
        rows = await self._connection.execute(wanted.order_by(tickets.c.priority, tickets.c.id))
        return [
            HeldTicket(row.id, row.number or "", row.title, row.state, row.assignee, row.desk) for row in rows
        ]


class DutyQueries:
    def __init__(self, db: Database) -> None:
        self._db = db

    @asynccontextmanager
    async def reading(self, now: datetime) -> AsyncIterator[DutyReader]:
        async with self._db.read() as connection:
            yield DutyReader(connection, now)
