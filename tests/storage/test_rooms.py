"""War rooms as they are kept, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from domain.base import CLOCK, Conversation, TicketId
from domain.people.war_rooms import RoomPolicy
from domain.rooms.room import Part, Room, Stage, key_of
from domain.tickets.ticket import Ticket
from storage.database import Conflict, Database
from storage.joins import join, split
from storage.people import DeskSeed, Directory
from storage.rooms import RoomBook
from tests.storage.making import LI, T0, WANG, ZHANG, open_one, unit


def room(ticket: TicketId, key: str = "pd1") -> Room:
    place = Conversation("p-room", "group", key)
    return Room(ticket=ticket, nth=1, place=place, name="IT-1001 卡纸", asked_by=CLOCK.person, since=T0)


async def opened(db: Database) -> Ticket:
    number = await open_one(db)
    async with unit(db, CLOCK, T0) as work:
        return await work.tickets.find(number)


async def test_a_room_comes_back_as_it_was(db: Database) -> None:
    ticket = await opened(db)
    made = room(ticket.id)
    made.bring({WANG.person: Part.DESK, LI.person: Part.ASSIGNEE, ZHANG.person: Part.CALLED})
    made.inside, made.lacking = frozenset({LI.person, ZHANG.person}), frozenset({WANG.person})
    async with unit(db, CLOCK, T0) as work:
        assert await work.rooms.of(ticket.id) is None
        await work.rooms.add(made)
    found = await RoomBook(db).of(ticket.id)
    assert found is not None
    assert vars(found) == vars(made)
    assert list(found.people) == [WANG.person, LI.person, ZHANG.person]  # who comes first owns it

    async with unit(db, CLOCK, T0 + timedelta(minutes=1)) as work:
        again = await work.rooms.of(ticket.id)
        assert again is not None
        again.stage, again.inside = Stage.GONE, frozenset()
    gone = await RoomBook(db).of(ticket.id)
    assert gone is not None
    assert (gone.stage, set(gone.inside), set(gone.lacking)) == (Stage.GONE, set(), {WANG.person})


async def test_two_tickets_never_share_a_room(db: Database) -> None:
    first, second = await opened(db), await opened(db)
    async with unit(db, CLOCK, T0) as work:
        await work.rooms.add(room(first.id))
    with pytest.raises((Conflict, SQLAlchemyError)):
        async with unit(db, CLOCK, T0) as work:
            await work.rooms.add(room(second.id))


async def test_a_key_is_the_rooms_own(db: Database) -> None:
    first, second = await opened(db), await opened(db)
    keys = [key_of(ticket, nth) for ticket in (first, second) for nth in (1, 2)]
    assert len({*keys}) == 4
    assert key_of(first, 1) == keys[0]
    assert all(len(key) == 32 and key.isalnum() and key.isascii() for key in keys)


async def test_whoever_became_somebody_else_still_reads_along(db: Database) -> None:
    """A note must not be told in a room with the requester, under whichever number they are known by then."""
    ticket = await opened(db)
    made = room(ticket.id)
    made.bring({WANG.person: Part.DESK, ZHANG.person: Part.REQUESTER})
    made.inside, made.lacking = frozenset({ZHANG.person}), frozenset({WANG.person})
    async with unit(db, CLOCK, T0) as work:
        await work.rooms.add(made)

    async with db.write() as connection:
        await join(connection, LI.person, ZHANG.person, T0)
    found = await RoomBook(db).of(ticket.id)
    assert found is not None
    assert (list(found.people), set(found.inside)) == ([WANG.person, LI.person], {LI.person})

    async with db.write() as connection:
        await split(connection, LI.person, ZHANG.person, T0)
    found = await RoomBook(db).of(ticket.id)
    assert found is not None
    assert found.knows(ZHANG.person)
    assert found.knows(LI.person)


@pytest.mark.parametrize(
    "policy",
    [
        RoomPolicy(),
        RoomPolicy(is_on=True),
        RoomPolicy(is_on=True, priority="P2", level=3, with_requester=True),
    ],
)
async def test_a_desk_remembers_when_it_opens_rooms(db: Database, policy: RoomPolicy) -> None:
    directory = Directory(db)
    await directory.seed([], [DeskSeed("hr", "人事", "HR", members=("赵六",), war_room=policy)])
    desk = next(desk for desk in await directory.desks() if desk.key == "hr")
    assert desk.war_room == policy
