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
from domain.people.people import Desk
from domain.sla.calling import Around
from domain.sla.policy import Policy
from domain.sla.ports import Reach
from storage.database import Database
from storage.desks import SqlDesks
from storage.duty_tables import leaves
from storage.leaves import SqlLeaves, leave_of
from storage.queries.promises import Promised, count_during, during
from storage.unit import SqlUnit

BEGAN = (Phase.ON, Phase.BACK, Phase.OVER)


class BackThen(SqlUnit):
    """Never flushed."""

    def __init__(
        self, connection: AsyncConnection, moment: datetime, policies: Mapping[str, Policy], reach: Reach
    ) -> None:
        super().__init__(connection, actor=CLOCK, now=moment, policies=policies, reach=reach)
        self.leaves = _LeavesThen(connection, moment)


@dataclass(frozen=True)
class Reading:
    """What was between two moments, all of it as one transaction sees it."""

    connection: AsyncConnection
    desks: Mapping[str, Desk]
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
            return Around(assignee, self.desks[desk], BackThen(self.connection, moment, policies, self.reach))

        return look


@asynccontextmanager
async def reading(db: Database, reach: Reach, begin: datetime, end: datetime) -> AsyncIterator[Reading]:
    async with db.read() as connection:
        desks = {desk.key: desk for desk in await SqlDesks(connection).all()}
        yield Reading(connection, desks, reach, begin, end)


class _LeavesThen(SqlLeaves):
    """Those that went on at one moment, whatever has become of them since."""

    def __init__(self, connection: AsyncConnection, moment: datetime) -> None:
        super().__init__(connection)
        self._reading = connection
        self._moment = moment

    async def of(self, person: PersonId) -> Sequence[Leave]:
        then = (leaves.c.begins_at <= self._moment, leaves.c.ends_at > self._moment)
        wanted = select(leaves).where(leaves.c.person == person, leaves.c.phase.in_(BEGAN), *then)
        rows = await self._reading.execute(wanted.order_by(leaves.c.begins_at, leaves.c.id))
        return [replace(leave_of(row), phase=Phase.ON) for row in rows]
