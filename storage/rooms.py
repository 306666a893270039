"""Each ticket's war room: where it is, who belongs there and who is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Row, Table, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Conversation, PersonId, TicketId
from domain.rooms.room import Part, Room, Stage
from storage.database import Database
from storage.schema import Id, Payload, UTCDateTime, Words, insert_into, metadata, one_of, only

rooms = Table(
    "war_rooms",
    metadata,
    # One row a ticket: two rooms at once can't be written down.
    Column("ticket", ForeignKey("tickets.id"), primary_key=True, autoincrement=False),
    Column("nth", Integer, nullable=False),
    Column("platform", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("stage", one_of(Stage), nullable=False),
    Column("asked_by", Id, nullable=False),  # 0 is the clock, and no row of people
    Column("since", UTCDateTime, nullable=False),
    Column("people", Payload, nullable=False),  # [[id, part], …] in their order
    Column("inside", Payload, nullable=False),
    Column("lacking", Payload, nullable=False),
    UniqueConstraint("platform", "key"),
    only("stage", Stage),
)

_PLAIN = ("ticket", "nth", "name", "stage", "asked_by", "since")


class SqlRooms:
    """Within a unit; whoever changes a room has its ticket locked."""

    def __init__(self, connection: AsyncConnection, is_new: Callable[[TicketId], bool]) -> None:
        self._connection = connection
        self._is_new = is_new
        self._kept: dict[TicketId, Room | None] = {}
        self._stored: dict[TicketId, dict[str, Any]] = {}

    async def of(self, ticket: TicketId) -> Room | None:
        if ticket not in self._kept:
            found = None if self._is_new(ticket) else await _load(self._connection, ticket)
            self._kept[ticket] = found
            if found is not None:
                self._stored[ticket] = _values(found)
        return self._kept[ticket]

    async def add(self, room: Room) -> None:
        self._kept[room.ticket] = room

    async def flush(self) -> None:
        for ticket, room in self._kept.items():
            values = _values(room) if room else None
            if values is not None and values != self._stored.get(ticket):
                put = insert_into(self._connection, rooms).values(**values)
                changed = {name: put.excluded[name] for name in values if name != "ticket"}
                await self._connection.execute(
                    put.on_conflict_do_update(index_elements=["ticket"], set_=changed)
                )
                self._stored[ticket] = values


class RoomBook:
    """For whoever makes rooms, speaks in them or shows them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, ticket: TicketId) -> Room | None:
        async with self._db.read() as connection:
            return await _load(connection, ticket)


async def _load(connection: AsyncConnection, ticket: TicketId) -> Room | None:
    row = (await connection.execute(select(rooms).where(rooms.c.ticket == ticket))).one_or_none()
    return _room(row) if row else None


def _values(room: Room) -> dict[str, Any]:
    return {
        **{name: getattr(room, name) for name in _PLAIN},
        "platform": room.place.platform,
        "key": room.place.key,
        "people": [[person, part.value] for person, part in room.people.items()],
        "inside": sorted(room.inside),
        "lacking": sorted(room.lacking),
    }


def _room(row: Row[Any]) -> Room:
    return Room(
        **{name: getattr(row, name) for name in _PLAIN},
        place=Conversation(row.platform, "group", row.key),
        people={PersonId(person): Part(part) for person, part in row.people},
        inside=frozenset(map(PersonId, row.inside)),
        lacking=frozenset(map(PersonId, row.lacking)),
    )
