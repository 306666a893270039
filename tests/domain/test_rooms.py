"""Who belongs in a war room, and what becomes of it: once a ticket, whatever is repeated or comes too late."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from bot.catalog import HANDLERS, REACTIONS
from domain.base import CLOCK, Command, DomainError, PersonId
from domain.people.people import Desk, Person
from domain.people.war_rooms import RoomPolicy
from domain.rooms.errors import NowhereToMeet, RoomsOff, RoomThere
from domain.rooms.keeping import KeepRoom, LoseRoom
from domain.rooms.opening import OpenRoom
from domain.rooms.room import Part, Room, Stage, Trouble
from domain.tickets.assigning import AcceptTicket, AssignTicket, ReleaseTicket
from domain.tickets.errors import NotAllowed, TicketNotFound
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import ConfirmResolution, ReopenTicket, ResolveTicket
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from domain.tickets.ticket import Ticket
from tests.domain.people import CHAT, CHEN, IT, LI, OFFICE, STRANGER, WANG, ZHANG, ZHAO, Desks, Memory

P1 = RoomPolicy(is_on=True, priority="P1")
N = "IT-1001"


def company(policy: RoomPolicy = P1, **desk: object) -> Memory:
    it: Desk = replace(IT, war_room=policy, **desk)  # type: ignore[arg-type]
    return Memory(desks=Desks(it, OFFICE), room_door="p-room")


async def do(unit: Memory, command: Command[Any]) -> None:
    """The command, and what follows from it."""
    ticket = next(iter(unit.all_tickets()), None)
    told = len(ticket.events) if ticket else 0
    await HANDLERS[type(command)](command, unit)
    ticket = next(iter(unit.all_tickets()))
    while told < len(ticket.events):
        event, told = ticket.events[told], told + 1
        for react in REACTIONS.get(type(event), ()):
            await react(ticket, unit)


async def opened(unit: Memory) -> Ticket:
    await do(unit.by(ZHANG), OpenTicket(text="VPN 连不上", origin=CHAT, desk="it"))
    return next(iter(unit.all_tickets()))


async def urgent(unit: Memory) -> Room:
    ticket = await opened(unit)
    await do(unit.by(CHEN), SetPriority(N, Priority.P1))
    room = await unit.rooms.of(ticket.id)
    assert room is not None
    return room


async def test_the_lead_owns_it_and_without_a_roster_the_desk_is_there() -> None:
    room = await urgent(company())
    assert list(room.people) == [CHEN.id, LI.id, WANG.id]
    assert not room.knows(ZHANG.id)


async def test_who_is_on_duty_is_there_instead_and_never_alone() -> None:
    unit = company()
    unit.duty.now_on["it"] = WANG.id
    assert list((await urgent(unit)).people) == [CHEN.id, WANG.id]
    lonely = company()
    lonely.duty.now_on["it"] = CHEN.id
    assert set((await urgent(lonely)).people) == {CHEN.id, LI.id, WANG.id}


async def test_the_requester_only_where_the_desk_says_so() -> None:
    room = await urgent(company(replace(P1, with_requester=True)))
    assert room.people[ZHANG.id] is Part.REQUESTER


async def test_refusals_by_hand() -> None:
    for policy, door, refusal in ((RoomPolicy(), "p-room", RoomsOff), (P1, "", NowhereToMeet)):
        unit = company(policy)
        await opened(unit)
        unit.room_door = door
        with pytest.raises(refusal):
            await do(unit.by(LI), OpenRoom(N))
    unit = company()
    await urgent(unit)
    for who, why in ((ZHANG, NotAllowed), (STRANGER, TicketNotFound), (LI, RoomThere)):
        with pytest.raises(why):
            await do(unit.by(who), OpenRoom(N))


async def test_news_of_an_older_room_changes_nothing() -> None:
    unit = company()
    room = await urgent(unit)
    await do(unit.by(CLOCK), LoseRoom(N, 1, Trouble.TOO_FEW))
    await do(unit.by(LI), OpenRoom(N))
    second = await unit.rooms.of(room.ticket)
    assert second is not None
    assert (second.nth, second.stage, second.place == room.place) == (2, Stage.WANTED, False)
    told = len(next(iter(unit.all_tickets())).events)
    await do(unit.by(CLOCK), KeepRoom(N, 1, frozenset({CHEN.id})))
    await do(unit.by(CLOCK), LoseRoom(N, 1, Trouble.ENDED))
    assert (second.stage, second.inside) == (Stage.WANTED, frozenset())
    assert len(next(iter(unit.all_tickets())).events) == told


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_happens_there_is_one_room_and_everybody_is_accounted_for(seed: int) -> None:
    """A random life. The outside answers late, twice, or says that it is gone; the courier's part is played here."""
    rng, unit = random.Random(seed), company()
    unit.duty.now_on["it"] = rng.choice([LI.id, CHEN.id])
    ticket = await opened(unit)
    made: set[tuple[int, str]] = set()
    acts: list[tuple[Person, Command[Any]]] = [
        (CHEN, SetPriority(N, Priority.P1)), (CHEN, SetPriority(N, Priority.P3)), (LI, AcceptTicket(N)),
        (CHEN, AssignTicket(N, to="王强")), (LI, ReleaseTicket(N)), (CHEN, ResolveTicket(N, "好了")),
        (ZHANG, ConfirmResolution(N)), (ZHANG, ReopenTicket(N)), (LI, OpenRoom(N)), (ZHAO, OpenRoom(N)),
    ]  # fmt: skip
    for _ in range(60):
        who, command = rng.choice(acts)
        with suppress(DomainError):
            await do(unit.by(who), command)
        room = await unit.rooms.of(ticket.id)
        if room is None:
            continue
        made.add((room.nth, room.place.key))
        match rng.random():
            case dice if dice < 0.5:
                out = {PersonId(p) for p in room.people if rng.random() < 0.2}
                inside = frozenset(room.people) - out
                await do(unit.by(CLOCK), KeepRoom(N, room.nth, inside, frozenset(out)))
            case dice if dice < 0.55:
                await do(unit.by(CLOCK), LoseRoom(N, room.nth, Trouble.ENDED))
        if ticket.assignee is not None and room.is_there:
            assert ticket.assignee in room.people
        assert not room.inside & room.lacking
        assert room.stage is not Stage.GONE or not room.inside
        assert (room.stage is Stage.CLOSED) <= ticket.is_over
    assert len(made) == len({nth for nth, _ in made}) == len({key for _, key in made})
    kinds = [event.kind for event in ticket.events]
    assert kinds.count("room_asked") == len(made)
    assert kinds.count("room_opened") <= len(made)
