"""What the digests of any number of people and desks are made of: a fixed number of statements, each by an index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId
from domain.digest.content import Away, Flow, Item, Part, Unfinished
from domain.duty.leave import Phase
from domain.people.people import Desk
from domain.sla.deadline import Deadline, Run
from domain.sla.policy import Goal
from domain.tickets.states import UNFINISHED, State
from storage.database import Database
from storage.deadlines import deadline_of, deadlines
from storage.desks import SqlDesks
from storage.duty_tables import leave_tickets, leaves
from storage.people_tables import people
from storage.ticket_tables import tickets

_UNFINISHED = tickets.c.state.in_(UNFINISHED)
_GOES_ON = deadlines.c.run.in_([Run.RUNNING, Run.PAUSED])
_deputy = people.alias("deputy")

Deadlines = Mapping[TicketId, tuple[Deadline, ...]]


class DigestQueries:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def desks(self) -> Sequence[Desk]:
        async with self._db.read() as connection:
            return await SqlDesks(connection).all()

    async def items(self, whose: Iterable[PersonId]) -> Sequence[Item]:
        """What waits for each of them; urgent and old first."""
        everybody = list(whose)
        parts = [
            _part(Part.HELD, tickets.c.assignee, everybody, State.IN_PROGRESS, State.WAITING),
            _part(Part.OFFERED, tickets.c.transfer_to, everybody, *UNFINISHED),
            _part(Part.ASKED, tickets.c.requester, everybody, State.WAITING),
            _part(Part.SOLVED, tickets.c.requester, everybody, State.RESOLVED),
        ]
        found = union_all(*parts).subquery()
        wanted = select(found).order_by(found.c.priority, found.c.id)
        async with self._db.read() as connection:
            rows = (await connection.execute(wanted)).all()
            open_ones = await _open_deadlines(connection, tickets.c.id.in_(select(found.c.id)))
        return [_item(row, open_ones) for row in rows]

    async def unfinished(self, desks: Iterable[str]) -> Sequence[Unfinished]:
        of_desks = and_(tickets.c.desk.in_(list(desks)), _UNFINISHED)
        wanted = select(tickets.c.id, tickets.c.desk, tickets.c.state).where(of_desks)
        async with self._db.read() as connection:
            rows = (await connection.execute(wanted)).all()
            open_ones = await _open_deadlines(connection, of_desks)
        return [
            Unfinished(row.desk, row.state is not State.OPEN, open_ones.get(TicketId(row.id), ()))
            for row in rows
        ]

    async def flow(self, desks: Iterable[str], since: datetime, until: datetime) -> Mapping[str, Flow]:
        """What each desk got and got done from ``since`` until before ``until``."""
        of_desks = tickets.c.desk.in_(list(desks))
        opened = select(tickets.c.desk, func.count().label("opened")).where(
            of_desks, tickets.c.opened_at >= since, tickets.c.opened_at < until
        )
        late = func.count(case((_was_late(), 1)))
        resolved = select(tickets.c.desk, func.count().label("resolved"), late.label("late")).where(
            of_desks, tickets.c.resolved_at >= since, tickets.c.resolved_at < until
        )
        async with self._db.read() as connection:
            came = {row.desk: row.opened for row in await connection.execute(opened.group_by(tickets.c.desk))}
            went = {row.desk: row for row in await connection.execute(resolved.group_by(tickets.c.desk))}
        return {
            desk: Flow(
                came.get(desk, 0),
                went[desk].resolved if desk in went else 0,
                went[desk].late if desk in went else 0,
            )
            for desk in came.keys() | went.keys()
        }

    async def away(self, begin: datetime, end: datetime) -> Sequence[Away]:
        """Who is on leave in that time, or has agreed to be."""
        during = and_(leaves.c.begins_at < end, leaves.c.ends_at > begin)
        wanted = (
            select(leaves.c.person, leaves.c.accepted, people.c.name, _deputy.c.name.label("deputy_name"))
            .join(people, people.c.id == leaves.c.person)
            .outerjoin(_deputy, _deputy.c.id == leaves.c.deputy)
            .where(leaves.c.phase.in_([Phase.ASKED, Phase.AGREED, Phase.ON]), during)
            .order_by(leaves.c.id)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(wanted)).all()
        return [Away(row.person, row.name, row.deputy_name if row.accepted else "") for row in rows]

    async def not_here(self) -> frozenset[PersonId]:
        """On leave at this moment, or gone for good: they get no digest."""
        on_leave = select(leaves.c.person.label("person")).where(leaves.c.phase == Phase.ON)
        gone = select(people.c.id).where(~people.c.active)
        async with self._db.read() as connection:
            return frozenset((await connection.execute(union_all(on_leave, gone))).scalars())


def _part(
    part: Part, whose: ColumnElement[Any], everybody: Sequence[PersonId], *states: State
) -> Select[Any]:
    handed = exists().where(leave_tickets.c.ticket == tickets.c.id, leave_tickets.c.to == whose)
    return select(
        tickets.c.id,
        tickets.c.number,
        tickets.c.title,
        tickets.c.desk,
        tickets.c.priority,
        whose.label("person"),
        literal(part.value).label("part"),
        case((handed, 1), else_=0).label("handed"),
    ).where(whose.in_(everybody), tickets.c.state.in_(states))


async def _open_deadlines(connection: AsyncConnection, of: ColumnElement[bool]) -> Deadlines:
    wanted = select(deadlines).join(tickets, tickets.c.id == deadlines.c.ticket).where(of, _GOES_ON)
    found: dict[TicketId, tuple[Deadline, ...]] = {}
    for row in await connection.execute(wanted):
        ticket = TicketId(row.ticket)
        found[ticket] = (*found.get(ticket, ()), deadline_of(row))
    return found


def _was_late() -> ColumnElement[bool]:
    """In the last of its cycles or an earlier one: the requester waited too long either way."""
    return exists().where(
        deadlines.c.ticket == tickets.c.id, deadlines.c.goal == Goal.RESOLVE, deadlines.c.late
    )


def _item(row: Row[Any], open_ones: Deadlines) -> Item:
    return Item(
        person=row.person,
        part=Part(row.part),
        number=row.number or "",
        title=row.title,
        desk=row.desk,
        handed=bool(row.handed),
        deadlines=open_ones.get(TicketId(row.id), ()),
    )
