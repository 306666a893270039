"""One moment of the past as a unit that only reads: who was on leave and on duty then. People and desks are today's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import CLOCK, PersonId
from domain.duty.leave import Leave, Phase
from domain.people.people import Desk, Person
from domain.sla.calling import Around
from domain.sla.policy import Policy
from domain.sla.ports import Reach
from storage.database import Database
from storage.desks import SqlDesks
from storage.duty_tables import leaves
from storage.leaves import SqlLeaves, leave_of
from storage.people_rows import SqlPeople
from storage.queries.promises import Promised, count_during, during
from storage.unit import SqlUnit

BEGAN = (Phase.ON, Phase.BACK, Phase.OVER)


class BackThen(SqlUnit):
    """Never flushed."""

    def __init__(self, reading: Reading, moment: datetime, policies: Mapping[str, Policy]) -> None:
        super().__init__(reading.connection, actor=CLOCK, now=moment, policies=policies, reach=reading.reach)
        self.people = reading.people
        self.leaves = _LeavesThen(reading.connection, moment, reading.leaves)


@dataclass(frozen=True)
class Reading:
    """What was between two moments, all of it as one transaction sees it."""

    connection: AsyncConnection
    desks: Mapping[str, Desk]
    people: SqlPeople
    leaves: Sequence[Leave]
    reach: Reach
    begin: datetime
    end: datetime

    async def count(self) -> int:
        return await count_during(self.connection, self.begin, self.end)

    def tickets(self) -> AsyncIterator[Sequence[Promised]]:
        return during(self.connection, self.begin, self.end)

    def around(self, policies: Mapping[str, Policy]) -> Callable[[datetime, str, PersonId | None], Around]:
        """The whereabouts of whoever is to be called: at a moment, at a desk, for somebody's ticket."""

        def look(moment: datetime, desk: str, assignee: PersonId | None) -> Around:
            return Around(assignee, self.desks[desk], BackThen(self, moment, policies))

        return look


@asynccontextmanager
async def reading(db: Database, reach: Reach, begin: datetime, end: datetime) -> AsyncIterator[Reading]:
    async with db.read() as connection:
        desks = {desk.key: desk for desk in await SqlDesks(connection).all()}
        rows = await connection.execute(select(leaves).where(leaves.c.phase.in_(BEGAN)).order_by(leaves.c.id))
        away = [leave_of(row) for row in rows]
        yield Reading(connection, desks, _PeopleOnce(connection), away, reach, begin, end)


class _PeopleOnce(SqlPeople):
    """Each level of each ticket asks for the same few people."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._known: dict[PersonId, Person] = {}

    async def get(self, person: PersonId) -> Person:
        if person not in self._known:
            self._known[person] = await super().get(person)
        return self._known[person]


class _LeavesThen(SqlLeaves):
    """Those that went on at one moment, whatever has become of them since."""

    def __init__(self, connection: AsyncConnection, moment: datetime, known: Sequence[Leave]) -> None:
        super().__init__(connection)
        self._moment = moment
        self._known = known

    async def of(self, person: PersonId) -> Sequence[Leave]:
        mine = [leave for leave in self._known if leave.person == person]
        return [replace(leave, phase=Phase.ON) for leave in mine if leave.begin <= self._moment < leave.end]
