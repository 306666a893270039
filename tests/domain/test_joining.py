"""我也遇到 +1: who may join which ticket, from where, and that a number alone opens no door."""

from __future__ import annotations

import pytest

from domain.base import Conversation
from domain.tickets.conversing import AddComment, add_comment
from domain.tickets.errors import AlreadyDone, NotAllowed, NotNow, TicketNotFound
from domain.tickets.joining import MeToo, me_too
from domain.tickets.opening import OpenTicket, open_ticket
from domain.tickets.resolving import CancelTicket, cancel_ticket
from domain.tickets.steering import FollowTicket, UnfollowTicket, follow_ticket, unfollow_ticket
from domain.tickets.ticket import Ticket
from tests.domain.people import LI, STRANGER, SUN, ZHANG, Memory

GROUP = Conversation("wecom-aibot", "group", "wrTeam")
ELSEWHERE = Conversation("wecom-aibot", "group", "wrOther")


async def opened() -> tuple[Memory, Ticket]:
    unit = Memory()
    number = await open_ticket(OpenTicket("VPN 连不上", GROUP), unit.by(ZHANG))
    return unit, await unit.tickets.find(number)


async def test_everybody_in_the_group_may_join_once() -> None:
    unit, ticket = await opened()
    assert await me_too(MeToo(ticket.number, GROUP), unit.by(STRANGER)) == ticket.number
    assert (ticket.affected, ticket.followers) == ({STRANGER.id}, set())
    with pytest.raises(AlreadyDone):
        await me_too(MeToo(ticket.number, GROUP), unit.by(STRANGER))
    with pytest.raises(AlreadyDone):
        await me_too(MeToo(ticket.number, GROUP), unit.by(ZHANG))
    await me_too(MeToo(ticket.number, GROUP), unit.by(LI))
    assert len(ticket.affected) == 2


@pytest.mark.parametrize("place", [None, ELSEWHERE, Conversation("wecom", "direct", "LuRen")])
async def test_a_number_alone_opens_no_door(place: Conversation | None) -> None:
    unit, ticket = await opened()
    with pytest.raises(TicketNotFound) as real:
        await me_too(MeToo(ticket.number, place), unit.by(STRANGER))
    with pytest.raises(TicketNotFound) as made_up:
        await me_too(MeToo("IT-9999", place), unit.by(STRANGER))
    assert type(real.value) is type(made_up.value)
    assert ticket.affected == set()


async def test_who_is_concerned_anyway_may_join_from_anywhere() -> None:
    unit, ticket = await opened()
    await me_too(MeToo(ticket.number), unit.by(LI))
    assert ticket.affected == {LI.id}


async def test_who_joined_may_speak_and_leave_but_not_read_along() -> None:
    unit, ticket = await opened()
    await me_too(MeToo(ticket.number, GROUP), unit.by(SUN))
    await add_comment(AddComment(ticket.number, "我这边也断"), unit)
    with pytest.raises(NotAllowed):
        await follow_ticket(FollowTicket(ticket.number), unit)
    await unfollow_ticket(UnfollowTicket(ticket.number), unit)
    assert ticket.affected == set()


async def test_without_a_number_it_is_the_groups_newest_of_the_last_hour() -> None:
    unit, _ = await opened()
    newer = await open_ticket(OpenTicket("打印机卡纸", GROUP), unit.later(minutes=5))
    assert await me_too(MeToo("", GROUP), unit.by(STRANGER)) == newer
    with pytest.raises(TicketNotFound):
        await me_too(MeToo("", ELSEWHERE), unit)
    with pytest.raises(TicketNotFound):
        await me_too(MeToo("", GROUP), unit.by(SUN).later(minutes=61))


async def test_what_is_over_is_joined_no_more() -> None:
    unit, ticket = await opened()
    await cancel_ticket(CancelTicket(ticket.number), unit)
    with pytest.raises(NotNow):
        await me_too(MeToo(ticket.number, GROUP), unit.by(STRANGER))
