"""Tickets through the unit: what is written is what is found, and nobody overwrites anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from domain.base import Actor, PersonId
from domain.files.attaching import AttachFiles, IncomingFile, attach_files
from domain.sla.events import DueTimeSet
from domain.sla.policy import Goal
from domain.tickets.assigning import AcceptTicket, accept_ticket
from domain.tickets.conversing import AddComment, add_comment
from domain.tickets.errors import AlreadyAccepted, AmbiguousNumber, TicketNotFound
from domain.tickets.opening import SubmitDraft, submit_draft
from domain.tickets.states import Priority, State
from domain.tickets.steering import FollowTicket, UnfollowTicket, follow_ticket, unfollow_ticket
from domain.tickets.ticket import PendingTransfer, Ticket
from domain.tickets.transferring import TransferTicket, transfer_ticket
from storage.database import Conflict, Database
from storage.events import payload_of, people_in, plain
from storage.ticket_tables import events, tickets
from storage.tickets import values_of
from tests.storage.making import DIRECT, LI, MINUTE, SUN, T0, WANG, ZHANG, ZHAO, draft_one, open_one, unit


async def found(db: Database, ref: str, by: Actor = WANG) -> Ticket:
    async with unit(db, by) as work:
        return await work.tickets.find(ref)


async def test_a_ticket_comes_back_as_it_was(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, LI, T0 + MINUTE) as work:
        ticket = await work.tickets.find(number)
        ticket.accept(LI, work.now)
        ticket.set_priority(LI, Priority.P1, work.now)
        ticket.offer(LI, WANG.person, "要换硬盘", work.now)
        ticket.follow(ZHAO, work.now)
    again = await found(db, number)
    assert again is not ticket
    assert {**values_of(again), "events": [], "followers": again.followers} == {
        **values_of(ticket),
        "events": [],
        "followers": {ZHAO.person},
    }
    assert again.transfer == ticket.transfer
    assert again.version == ticket.version == 2
    assert again.origin == DIRECT


@pytest.mark.parametrize("ref", ["IT-1001", "it-1001", "it1001", " IT-1001 ", "1001", "#1", "D-1", "d1"])
async def test_a_ticket_has_many_names(db: Database, ref: str) -> None:
    await open_one(db)
    assert (await found(db, ref)).number == "IT-1001"


@pytest.mark.parametrize(
    "ref", ["IT-1002", "HR-1001", "001", "100", "#2", "D-2", "", "IT", "#", "9" * 30, "②", "-1"]
)
async def test_a_name_that_nothing_has_finds_nothing(db: Database, ref: str) -> None:
    await open_one(db)
    with pytest.raises(TicketNotFound):
        await found(db, ref)


async def test_all_desks_count_together(db: Database) -> None:
    assert [await open_one(db), await open_one(db, desk="hr"), await open_one(db)] == [
        "IT-1001",
        "HR-1002",
        "IT-1003",
    ]


async def test_a_draft_keeps_its_number_after_it_was_submitted(db: Database) -> None:
    draft = await draft_one(db)
    assert draft == "D-1"
    async with unit(db, ZHANG) as work:
        number = await submit_draft(SubmitDraft(draft, desk="it"), work)
        # Not written yet, but known in this unit.
        assert await work.tickets.find(number) is await work.tickets.find(draft)
    ticket = await found(db, draft)
    assert (ticket.number, ticket.draft, ticket.state) == (number, "D-1", State.OPEN)


async def test_bare_digits_mean_a_draft_only_when_no_ticket_has_them(db: Database) -> None:
    await draft_one(db)
    assert (await found(db, "1", ZHANG)).state is State.DRAFT
    await _rename(db, await open_one(db), "IT-1")
    assert (await found(db, "1")).number == "IT-1"


async def test_of_several_tickets_with_the_same_digits_only_visible_ones_are_told(db: Database) -> None:
    for desk in ("it", "hr"):
        await _rename(db, await open_one(db, desk=desk), f"{desk.upper()}-7")
    with pytest.raises(AmbiguousNumber) as refusal:
        await found(db, "7", ZHAO)
    assert refusal.value.candidates == ("IT-7", "HR-7")
    assert (await found(db, "7", LI)).number == "IT-7"
    with pytest.raises(TicketNotFound):
        await found(db, "7", SUN)


async def test_one_ticket_is_one_object_in_a_unit(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, LI) as work:
        assert await work.tickets.find(number) is await work.tickets.find("#1")


async def test_events_are_numbered_without_gaps_and_read_once(db: Database) -> None:
    first, second = await open_one(db), await open_one(db)
    async with unit(db, LI) as work:
        one, two = await work.tickets.find(first), await work.tickets.find(second)
        two.accept(LI, work.now)
        one.accept(LI, work.now)
        two.comment(LI, "在路上", work.now, internal=False)
        told = [(ticket.number, event.kind) for ticket, event in work.fresh_events()]
        assert told == [(second, "accepted"), (first, "accepted"), (second, "commented")]
        assert work.fresh_events() == []
        await work.flush()
        one.comment(LI, "好了", work.now, internal=False)
        assert [event.kind for _, event in work.fresh_events()] == ["commented"]
    async with db.read() as connection:
        rows = (
            await connection.execute(
                select(events.c.ticket, events.c.seq, events.c.kind).order_by("ticket", "seq")
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, 1, "opened"), (1, 2, "accepted"), (1, 3, "commented"),
        (2, 1, "opened"), (2, 2, "accepted"), (2, 3, "commented"),
    ]  # fmt: skip


async def test_what_did_not_change_is_not_written(db: Database) -> None:
    number = await open_one(db)
    before = (await found(db, number)).version
    assert (await found(db, number)).version == before


async def test_the_newest_draft_is_the_person_s_own(db: Database) -> None:
    await draft_one(db, "旧的")
    await draft_one(db, "别人的", by=SUN)
    await draft_one(db, "新的", now=T0 + 5 * MINUTE)
    async with unit(db, ZHANG) as work:
        newest = await work.tickets.newest_draft(ZHANG.person)
        assert newest is not None
        assert newest.text == "新的"
        assert await work.tickets.newest_draft(LI.person) is None


async def test_followers_come_and_go(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, LI) as work:
        await follow_ticket(FollowTicket(number), work)
    async with unit(db, WANG) as work:
        await follow_ticket(FollowTicket(number), work)
    async with unit(db, LI) as work:
        await unfollow_ticket(UnfollowTicket(number), work)
    assert (await found(db, number)).followers == {WANG.person}


async def test_files_are_kept_with_the_ticket(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, ZHANG) as work:
        await attach_files(AttachFiles(number, (IncomingFile("wecom", "image", "media1", "照片.jpg"),)), work)
    assert (await found(db, number)).version == 2


async def test_a_stale_ticket_is_a_conflict(db: Database) -> None:
    number = await open_one(db)

    async def accept_what_is_gone() -> None:
        async with unit(db, LI) as work:
            ticket = await work.tickets.find(number)
            ticket.accept(LI, work.now)
            ticket.version -= 1

    with pytest.raises(Conflict):
        await accept_what_is_gone()
    assert (await found(db, number)).state is State.OPEN


async def test_of_twenty_who_accept_at_once_one_wins(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    number = await open_one(db)
    doors = [db] if db.is_sqlite else [db, await replica()]

    async def accept(turn: int) -> str:
        by = (LI, WANG)[turn % 2]
        for _ in range(5):
            try:
                async with unit(doors[turn % len(doors)], by) as work:
                    await accept_ticket(AcceptTicket(number), work)
            except Conflict:
                continue
            except AlreadyAccepted:
                return "refused"
            return "accepted"
        return "starved"

    answers = await asyncio.gather(*(accept(turn) for turn in range(20)))
    assert sorted(answers) == ["accepted", *["refused"] * 19]
    assert await _kinds(db) == ["opened", "accepted"]


async def test_comments_at_once_are_all_kept(db: Database) -> None:
    number = await open_one(db)

    async def comment(turn: int) -> None:
        async with unit(db, ZHANG) as work:
            await add_comment(AddComment(number, f"第 {turn} 条"), work)

    await asyncio.gather(*(comment(turn) for turn in range(20)))
    assert await _kinds(db) == ["opened", *["commented"] * 20]
    assert (await found(db, number)).version == 21


async def test_a_failed_handler_leaves_nothing(db: Database) -> None:
    number = await open_one(db)

    async def fail() -> None:
        async with unit(db, LI) as work:
            await transfer_ticket(TransferTicket(number, "赵六", "看看"), work)
            await work.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await found(db, number)).transfer is None
    assert await _kinds(db) == ["opened"]


async def test_a_requester_who_does_not_exist_is_a_bug(db: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await open_one(db, by=Actor(PersonId(99), "谁"))


async def _kinds(db: Database) -> list[str]:
    async with db.read() as connection:
        return list((await connection.execute(select(events.c.kind).order_by(events.c.seq))).scalars())


async def _rename(db: Database, number: str, to: str) -> None:
    """As an import brings numbers that our counter would never give twice."""
    async with db.write() as connection:
        values = {"number": to, "number_key": to.casefold(), "serial": int(to.partition("-")[2])}
        await connection.execute(tickets.update().where(tickets.c.number == number).values(**values))


def test_every_kind_of_fact_has_a_form_in_json() -> None:
    set_at = DueTimeSet(at=T0, by=LI.person, goal=Goal.RESPOND, due=T0 + MINUTE)
    assert payload_of(set_at)["due"] == "2026-11-25T02:01:00+00:00"
    assert payload_of(set_at)["goal"] == "respond"
    assert plain((MINUTE, [Priority.P1], None)) == [60.0, ["P1"], None]
    assert plain(PendingTransfer(LI.person, ZHAO.person, "忙", T0)) == {
        "to": LI.person,
        "by": ZHAO.person,
        "reason": "忙",
        "at": "2026-11-25T02:00:00+00:00",
    }
    assert people_in("transfer_offered") == {"to"}
    assert people_in("transfer_accepted") == {"previous"}
    assert people_in("commented") == frozenset()
