"""What should have rung and did not, looked for in the promises themselves and not by the sweep's own query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.base import TicketId
from domain.sla.policy import Goal
from storage.database import Database
from storage.deadlines import deadlines
from storage.ticket_tables import tickets
from storage.timers import DueTimer, timers

ALARMS = "alarm:"


@dataclass(frozen=True)
class Unrung:
    """A promise whose alarm was to ring at ``rings_at``."""

    ticket: TicketId
    number: str
    goal: Goal
    rings_at: datetime


@dataclass(frozen=True)
class Overdue:
    promises: Sequence[Unrung]
    timers: Sequence[DueTimer]  # of everything else


class OverdueBook:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def before(self, moment: datetime, limit: int) -> Overdue:
        """The oldest of each, from the indexes on their moments."""
        promised = (
            select(deadlines.c.ticket, tickets.c.number, deadlines.c.goal, deadlines.c.rings_at)
            .join(tickets, tickets.c.id == deadlines.c.ticket)
            .where(deadlines.c.rings_at < moment)
            .order_by(deadlines.c.rings_at)
            .limit(limit)
        )
        others = (
            select(timers)
            .where(timers.c.due_at < moment, timers.c.key.not_like(f"{ALARMS}%"))
            .order_by(timers.c.due_at)
            .limit(limit)
        )
        async with self._db.read() as connection:
            unrung = [
                Unrung(TicketId(row.ticket), row.number or "", row.goal, row.rings_at)
                for row in await connection.execute(promised)
            ]
            late = [
                DueTimer(row.key, TicketId(row.ticket), row.due_at)
                for row in await connection.execute(others)
            ]
        return Overdue(unrung, late)
