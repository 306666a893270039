"""Who is being asked to take which ticket, and whose turn it is at each desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Row, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, TicketId, TicketRef
from domain.dispatch.round import Offer, Round
from domain.people.people import Strategy
from domain.tickets.states import State
from storage.people_tables import desks
from storage.schema import Payload, Span, UTCDateTime, Words, insert_into, metadata, one_of, only
from storage.ticket_tables import tickets

rounds = Table(
    "dispatch_rounds",
    metadata,
    # One row a ticket, and one offer a row: two at once can't be written down.
    Column("ticket", ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("desk", Words, nullable=False),
    Column("strategy", one_of(Strategy), nullable=False),
    Column("offer_for", Span, nullable=False),
    Column("rule", Words, nullable=False),
    Column("skill", Words, nullable=False, server_default=""),
    Column("asked", Payload, nullable=False),
    Column("exhausted", Boolean, nullable=False),
    Column("offered_to", ForeignKey("people.id"), index=True),
    Column("offered_at", UTCDateTime),
    Column("offered_until", UTCDateTime),
    only("strategy", Strategy),
)

turns = Table(
    "dispatch_turns",
    metadata,
    Column("desk", Words, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
)

_PLAIN = ("ticket", "desk", "strategy", "offer_for", "rule", "skill", "exhausted")


class SqlRounds:
    def __init__(self, connection: AsyncConnection, is_new: Callable[[TicketId], bool]) -> None:
        self._connection = connection
        self._is_new = is_new
        self._kept: dict[TicketId, Round | None] = {}
        self._stored: dict[TicketId, dict[str, Any]] = {}

    async def of(self, ticket: TicketId) -> Round | None:
        if ticket not in self._kept:
            found = None if self._is_new(ticket) else await load(self._connection, ticket)
            self._kept[ticket] = found
            if found is not None:
                self._stored[ticket] = values_of(found)
        return self._kept[ticket]

    async def add(self, round_: Round) -> None:
        self._kept[round_.ticket] = round_

    async def asked_of(self, person: PersonId) -> Sequence[TicketRef]:
        asked = select(rounds.c.ticket).where(rounds.c.offered_to == person).order_by(rounds.c.ticket)
        return [f"#{ticket}" for ticket in (await self._connection.execute(asked)).scalars()]

    async def last_asked(self, desk: str) -> PersonId | None:
        # Two tickets that come in at once do not both go to the same person. The desk is locked, not its turn:
        # before the first turn there is no row to lock.
        lock = select(desks.c.key).where(desks.c.key == desk).with_for_update(key_share=True)
        await self._connection.execute(lock)
        turn = select(turns.c.person).where(turns.c.desk == desk)
        person: PersonId | None = (await self._connection.execute(turn)).scalar()
        return person

    async def pass_turn(self, desk: str, to: PersonId) -> None:
        put = insert_into(self._connection, turns).values(desk=desk, person=to)
        await self._connection.execute(
            put.on_conflict_do_update(index_elements=["desk"], set_={"person": to})
        )

    async def loads(self, people: Sequence[PersonId]) -> Mapping[PersonId, int]:
        working = [tickets.c.assignee.in_(people), tickets.c.state.in_([State.IN_PROGRESS, State.WAITING])]
        has = select(tickets.c.assignee, func.count()).where(*working).group_by(tickets.c.assignee)
        asked = rounds.c.offered_to
        is_asked = select(asked, func.count()).where(asked.in_(people)).group_by(asked)
        loads = dict.fromkeys(people, 0)
        for statement in (has, is_asked):
            for person, count in await self._connection.execute(statement):
                loads[person] += count
        for person, more in self._not_yet_written():
            if person in loads:
                loads[person] += more
        return loads

    def _not_yet_written(self) -> Iterator[tuple[PersonId, int]]:
        """One leave may set many tickets free in one unit: whom it has asked so far counts as well."""
        for ticket, round_ in self._kept.items():
            before = self._stored.get(ticket, {}).get("offered_to")
            after = round_.offer.to if round_ and round_.offer else None
            if before != after:
                yield from [(before, -1)] if before is not None else []
                yield from [(after, 1)] if after is not None else []

    async def flush(self) -> None:
        for ticket, round_ in self._kept.items():
            values = values_of(round_) if round_ else None
            if values is not None and values != self._stored.get(ticket):
                put = insert_into(self._connection, rounds).values(**values)
                changed = {name: put.excluded[name] for name in values if name != "ticket"}
                await self._connection.execute(
                    put.on_conflict_do_update(index_elements=["ticket"], set_=changed)
                )
                self._stored[ticket] = values


async def load(connection: AsyncConnection, ticket: TicketId) -> Round | None:
    row = (await connection.execute(select(rounds).where(rounds.c.ticket == ticket))).one_or_none()
    return round_of(row) if row else None


def values_of(round_: Round) -> dict[str, Any]:
    offer = round_.offer
    return {
        **{name: getattr(round_, name) for name in _PLAIN},
        "asked": list(round_.asked),
        "offered_to": offer and offer.to,
        "offered_at": offer and offer.at,
        "offered_until": offer and offer.until,
    }


def round_of(row: Row[Any]) -> Round:
    offered = row.offered_to is not None
    return Round(
        asked=tuple(PersonId(person) for person in row.asked),
        offer=Offer(row.offered_to, row.offered_at, row.offered_until) if offered else None,
        **{name: getattr(row, name) for name in _PLAIN},
    )
