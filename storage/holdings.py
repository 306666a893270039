"""What is somebody's, and what is nobody's: the questions that the promise 「永不无主」 asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId, TicketRef
from domain.duty.leave import Phase
from domain.sla.deadline import Run
from domain.tickets.states import UNFINISHED, State
from storage.deadlines import deadlines
from storage.duty_tables import leaves, told_unowned
from storage.people_tables import people
from storage.rounds import rounds
from storage.ticket_tables import tickets

_WORKED_ON = tickets.c.state.in_([State.IN_PROGRESS, State.WAITING])
_UNFINISHED = tickets.c.state.in_(UNFINISHED)
_GOES_ON = deadlines.c.run.in_([Run.RUNNING, Run.PAUSED])
_WATCHED = deadlines.c.taken_by.is_not(None)
_AWAY = union(
    select(leaves.c.person).where(leaves.c.phase == Phase.ON), select(people.c.id).where(~people.c.active)
)


class SqlHoldings:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def held_by(self, person: PersonId) -> Sequence[TicketRef]:
        return await self._refs(tickets.c.assignee == person, _WORKED_ON)

    async def offered_to(self, person: PersonId) -> Sequence[TicketRef]:
        return await self._refs(tickets.c.transfer_to == person, _UNFINISHED)

    async def watched_by(self, person: PersonId) -> Sequence[TicketRef]:
        watched = select(deadlines.c.ticket).where(_WATCHED, deadlines.c.taken_by == person, _GOES_ON)
        return await self._refs(tickets.c.id.in_(watched), _UNFINISHED)

    async def orphaning(self) -> Sequence[PersonId]:
        """From the few who are away to what they have: each part goes by an index."""
        held = select(tickets.c.assignee).where(tickets.c.assignee.in_(_AWAY), _WORKED_ON)
        offered = select(tickets.c.transfer_to).where(tickets.c.transfer_to.in_(_AWAY), _UNFINISHED)
        watched = select(deadlines.c.taken_by).where(_WATCHED, deadlines.c.taken_by.in_(_AWAY), _GOES_ON)
        asked = select(rounds.c.offered_to).where(rounds.c.offered_to.in_(_AWAY))
        found: set[PersonId] = set()
        for part in (held, offered, watched, asked):
            found |= set((await self._connection.execute(part.distinct())).scalars())
        return sorted(found)

    async def open_at(self, desk: str) -> Sequence[TicketId]:
        wanted = select(tickets.c.id).where(tickets.c.desk == desk, tickets.c.state == State.OPEN)
        return await self._ids(wanted.order_by(tickets.c.id))

    async def told_of(self, ids: Sequence[TicketId]) -> frozenset[TicketId]:
        if not ids:
            return frozenset()
        return frozenset(await self._ids(select(told_unowned.c.ticket).where(told_unowned.c.ticket.in_(ids))))

    async def tell_of(self, ids: Sequence[TicketId]) -> None:
        await self._connection.execute(insert(told_unowned), [{"ticket": id_} for id_ in ids])

    async def forget_told(self, desk: str) -> None:
        at_desk = select(told_unowned.c.ticket).join(tickets, tickets.c.id == told_unowned.c.ticket)
        if ids := await self._ids(at_desk.where(tickets.c.desk == desk)):
            await self._connection.execute(delete(told_unowned).where(told_unowned.c.ticket.in_(ids)))

    async def _refs(self, *conditions: ColumnElement[bool]) -> Sequence[TicketRef]:
        return [
            f"#{id_}"
            for id_ in await self._ids(select(tickets.c.id).where(*conditions).order_by(tickets.c.id))
        ]

    async def _ids(self, wanted: Select[Any]) -> Sequence[TicketId]:
        return [TicketId(id_) for id_ in (await self._connection.execute(wanted)).scalars()]
