"""Leaves of one unit, and the tickets that they moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId
from domain.duty.errors import NoSuchLeave
from domain.duty.leave import Leave, Phase
from domain.duty.ports import Handed
from storage.duty_tables import leave_choices, leave_tickets, leaves
from storage.kept import Kept
from storage.schema import insert_into

GONE = (Phase.OVER, Phase.CANCELLED)
LIVE = tuple(phase for phase in Phase if phase not in GONE)
MOST = 2**63  # ids beyond it can't even be asked for


class SqlLeaves:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._kept: Kept[Leave] = Kept(connection, leaves, leaves.c.id, _values_of)
        # Attendance asks about the same few people again and again.
        self._asked: set[tuple[str, PersonId]] = set()

    async def get(self, leave: int) -> Leave:
        found = await self._load(leaves.c.id == leave) if 0 < leave < MOST else []
        if not found:
            raise NoSuchLeave
        return found[0]

    async def of(self, person: PersonId) -> Sequence[Leave]:
        await self._know("person", person)
        return self._live(lambda leave: leave.person == person)

    async def deputized_to(self, person: PersonId) -> Sequence[Leave]:
        await self._know("deputy", person)
        return self._live(lambda leave: leave.deputy == person)

    async def add(self, leave: Leave) -> None:
        added = insert(leaves).values(version=0, **_values_of(leave)).returning(leaves.c.id)
        leave.id = (await self._connection.execute(added)).scalar_one()
        self._kept.same(leave.id, 0, lambda: leave)

    async def note_handed(self, handed: Handed) -> None:
        await self._put(leave_tickets, handed)

    async def handed(self, leave: int) -> Sequence[Handed]:
        return await self._all(leave_tickets, leave)

    async def choose(self, chosen: Handed) -> None:
        await self._put(leave_choices, chosen)

    async def chosen(self, leave: int) -> Sequence[Handed]:
        return await self._all(leave_choices, leave)

    async def flush(self) -> None:
        await self._kept.flush()

    async def _put(self, table: Table, handed: Handed) -> None:
        noted = insert_into(self._connection, table).values(**vars(handed))
        again = noted.on_conflict_do_update(index_elements=["leave", "ticket"], set_={"to": handed.to})
        await self._connection.execute(again)

    async def _all(self, table: Table, leave: int) -> Sequence[Handed]:
        wanted = select(table).where(table.c.leave == leave).order_by(table.c.ticket)
        rows = await self._connection.execute(wanted)
        return [Handed(row.leave, TicketId(row.ticket), row.to) for row in rows]

    async def _know(self, column: str, person: PersonId) -> None:
        if (column, person) not in self._asked:
            self._asked.add((column, person))
            await self._load(leaves.c[column] == person, leaves.c.phase.in_(LIVE))

    def _live(self, is_wanted: Any) -> Sequence[Leave]:
        live = [leave for leave in self._kept.all() if leave.phase not in GONE and is_wanted(leave)]
        return sorted(live, key=lambda leave: (leave.begin, leave.id))

    async def _load(self, *conditions: ColumnElement[bool]) -> list[Leave]:
        rows = await self._connection.execute(select(leaves).where(*conditions).order_by(leaves.c.id))
        return [self._same(row) for row in rows]

    def _same(self, row: Row[Any]) -> Leave:
        return self._kept.same(row.id, row.version, lambda: leave_of(row))


def leave_of(row: Row[Any]) -> Leave:
    return Leave(
        id=row.id,
        person=row.person,
        begin=row.begins_at,
        end=row.ends_at,
        deputy=row.deputy,
        accepted=row.accepted,
        phase=row.phase,
        asked_at=row.asked_at,
        warned=row.warned,
    )


def _values_of(leave: Leave) -> dict[str, Any]:
    return {
        "person": leave.person,
        "begins_at": leave.begin,
        "ends_at": leave.end,
        "deputy": leave.deputy,
        "accepted": leave.accepted,
        "phase": leave.phase,
        "asked_at": leave.asked_at,
        "warned": leave.warned,
        "due_at": leave.due_at,
    }
