"""Promises: one row for each goal and cycle of a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import TicketId
from domain.sla.deadline import Deadline, Run
from domain.sla.policy import Goal
from storage.schema import Span, UTCDateTime, Words, metadata, one_of, only

_IS_TAKEN = text("taken_by IS NOT NULL")
_RINGS = text("rings_at IS NOT NULL")

deadlines = Table(
    "deadlines",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("goal", one_of(Goal), primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("run", one_of(Run), nullable=False),
    Column("allowed", Span, nullable=False),
    Column("spent", Span, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("running_since", UTCDateTime),
    Column("broken_at", UTCDateTime),
    Column("rung", Integer, nullable=False),
    Column("taken_by", ForeignKey("people.id")),
    Column("ended_at", UTCDateTime),
    Column("late", Boolean, nullable=False),
    Column("policy", Words, nullable=False, server_default=""),
    Column("rings_at", UTCDateTime),
    Column("extra", Span, nullable=False, server_default="0"),
    Column("paused_at", UTCDateTime),
    Column("paused", Span, nullable=False, server_default="0"),
    Column("asked", Span),
    Column("asked_by", BigInteger),
    Column("asked_at", UTCDateTime),
    Column("asked_why", Words, nullable=False, server_default=""),
    only("goal", Goal),
    only("run", Run),
    # Whoever stopped a ladder may go on leave; most deadlines nobody takes over.
    Index("ix_deadlines_taken_by", "taken_by", sqlite_where=_IS_TAKEN, postgresql_where=_IS_TAKEN),
    Index("ix_deadlines_rings_at", "rings_at", sqlite_where=_RINGS, postgresql_where=_RINGS),
)

_KEY = ("ticket", "goal", "cycle")
_FIELDS = tuple(field.name for field in fields(Deadline))
_INSERT = insert(deadlines)
_UPDATE = (
    update(deadlines)
    .where(*(deadlines.c[name] == bindparam(f"_{name}") for name in _KEY))
    .values({name: bindparam(name) for name in _FIELDS if name not in _KEY})
)

_Stored = dict[str, Any]


class SqlDeadlines:
    def __init__(self, connection: AsyncConnection, is_new: Callable[[TicketId], bool]) -> None:
        self._connection = connection
        self._is_new = is_new
        self._newest: dict[TicketId, dict[Goal, Deadline]] = {}
        # What the database has; None for what it has not yet.
        self._stored: list[tuple[Deadline, _Stored | None]] = []

    async def of(self, ticket: TicketId) -> Sequence[Deadline]:
        return tuple((await self._of(ticket)).values())

    async def get(self, ticket: TicketId, goal: Goal) -> Deadline | None:
        return (await self._of(ticket)).get(goal)

    async def add(self, deadline: Deadline) -> None:
        (await self._of(deadline.ticket))[deadline.goal] = deadline
        self._stored.append((deadline, None))

    async def flush(self) -> None:
        now = [(deadline, before, values_of(deadline)) for deadline, before in self._stored]
        if new := [after for _, before, after in now if before is None]:
            await self._connection.execute(_INSERT, new)
        if changed := [after for _, before, after in now if before is not None and before != after]:
            await self._connection.execute(_UPDATE, [_keyed(values) for values in changed])
        self._stored = [(deadline, after) for deadline, _, after in now]

    async def _of(self, ticket: TicketId) -> dict[Goal, Deadline]:
        if ticket not in self._newest:
            loaded = [] if self._is_new(ticket) else newest(await load(self._connection, [ticket]))
            self._newest[ticket] = {deadline.goal: deadline for deadline in loaded}
            self._stored += [(deadline, values_of(deadline)) for deadline in loaded]
        return self._newest[ticket]


async def load(connection: AsyncConnection, tickets: Iterable[TicketId]) -> list[Deadline]:
    """All cycles, older ones first."""
    wanted = select(deadlines).where(deadlines.c.ticket.in_(list(tickets)))
    return [deadline_of(row) for row in await connection.execute(wanted.order_by(deadlines.c.cycle))]


def newest(of_one_ticket: Iterable[Deadline]) -> list[Deadline]:
    by_goal = {deadline.goal: deadline for deadline in of_one_ticket}
    return [by_goal[goal] for goal in Goal if goal in by_goal]


def values_of(deadline: Deadline) -> _Stored:
    return {name: getattr(deadline, name) for name in _FIELDS}


def deadline_of(row: Row[Any]) -> Deadline:
    return Deadline(**{name: getattr(row, name) for name in _FIELDS})


def _keyed(values: _Stored) -> _Stored:
    return {(f"_{name}" if name in _KEY else name): value for name, value in values.items()}
