"""What waits for a moment: timers, promises, keys already served."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from domain.base import TicketId
from domain.sla.deadline import Run
from domain.sla.escalating import TakeOver, take_over
from domain.sla.keeping import meet_response, pause_clock, resume_clock, start_clock
from domain.sla.policy import Goal
from domain.tickets.resolving import CancelTicket, cancel_ticket
from storage import deadlines as stored
from storage import once
from storage.database import Conflict, Database
from storage.timers import DueTimer, Timers
from tests.storage.making import LI, MINUTE, T0, ZHANG, draft_one, open_one, unit

# ── timers ──


async def test_due_timers_come_in_order_and_not_before_their_time(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, ZHANG) as work:
        ticket = await work.tickets.find(number)
        for minutes in (3, 1, 2):
            await work.timers.set(f"t{minutes}", ticket.id, T0 + minutes * MINUTE)
    timers = Timers(db)
    assert [timer.key for timer in await timers.due(T0 + 2 * MINUTE, 10)] == ["t1", "t2"]
    assert await timers.due(T0 + 5 * MINUTE, 1) == [DueTimer("t1", ticket.id, T0 + MINUTE)]
    assert await timers.next_due() == T0 + MINUTE


async def test_setting_a_timer_again_moves_it_and_cancelling_ends_it(db: Database) -> None:
    draft = await draft_one(db)
    assert await Timers(db).next_due() == T0 + timedelta(hours=24)
    async with unit(db, ZHANG) as work:
        ticket = await work.tickets.find(draft)
        await work.timers.set("draft:1", ticket.id, T0 + 2 * MINUTE)
        await work.timers.set("draft:1", ticket.id, T0 + MINUTE)
    assert await Timers(db).next_due() == T0 + MINUTE
    async with unit(db, ZHANG) as work:
        await cancel_ticket(CancelTicket(draft), work)
        await work.timers.cancel("nothing of this name")
    assert await Timers(db).next_due() is None


async def test_a_timer_has_exactly_one_taker(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    await draft_one(db)
    (timer,) = await Timers(db).due(T0 + timedelta(days=2), 10)
    doors = [db, await replica()]

    async def take(turn: int) -> bool:
        async with unit(doors[turn % 2], ZHANG) as work:
            return await work.take_timer(timer.key, timer.due_at)

    assert sorted(await asyncio.gather(*(take(turn) for turn in range(8)))) == [False] * 7 + [True]


async def test_a_timer_that_was_moved_is_not_taken(db: Database) -> None:
    draft = await draft_one(db)
    async with unit(db, ZHANG) as work:
        ticket = await work.tickets.find(draft)
        await work.timers.set("draft:1", ticket.id, T0 + MINUTE)
    async with unit(db, ZHANG) as work:
        assert not await work.take_timer("draft:1", T0 + timedelta(hours=24))
        assert await work.take_timer("draft:1", T0 + MINUTE)


async def test_a_taker_may_set_its_timer_anew(db: Database) -> None:
    draft = await draft_one(db)
    async with unit(db, ZHANG) as work:
        ticket = await work.tickets.find(draft)
        assert await work.take_timer("draft:1", T0 + timedelta(hours=24))
        await work.timers.set("draft:1", ticket.id, T0 + timedelta(days=3))
    assert await Timers(db).next_due() == T0 + timedelta(days=3)


async def test_a_taker_that_dies_has_taken_nothing(db: Database) -> None:
    await draft_one(db)

    async def die() -> None:
        async with unit(db, ZHANG) as work:
            assert await work.take_timer("draft:1", T0 + timedelta(hours=24))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await die()
    assert await Timers(db).next_due() == T0 + timedelta(hours=24)


# ── promises ──


async def test_promises_are_kept_as_they_were_made(db: Database) -> None:
    number = await open_one(db)
    async with unit(db, ZHANG) as work:
        ticket = await work.tickets.find(number)
        await start_clock(ticket, work)
    async with unit(db, LI, T0 + 10 * MINUTE) as work:
        ticket = await work.tickets.find(number)
        ticket.accept(LI, work.now)
        await meet_response(ticket, work)
        await pause_clock(ticket, work)
    async with unit(db, LI, T0 + 20 * MINUTE) as work:
        ticket = await work.tickets.find(number)
        respond, resolve = await work.deadlines.of(ticket.id)
        assert (respond.goal, respond.run, respond.spent, respond.late) == (
            Goal.RESPOND,
            Run.MET,
            10 * MINUTE,
            False,
        )
        assert (resolve.run, resolve.running_since, resolve.spent) == (Run.PAUSED, None, 10 * MINUTE)
        assert resolve.allowed == timedelta(hours=4)
        await resume_clock(ticket, work)
        assert await work.deadlines.get(ticket.id, Goal.RESOLVE) is resolve
    async with unit(db, LI, T0 + 20 * MINUTE) as work:
        await take_over(TakeOver(number), work)
    async with db.read() as connection:
        loaded = stored.newest(await stored.load(connection, [ticket.id]))
    assert [(d.run, d.taken_by) for d in loaded] == [(Run.MET, None), (Run.RUNNING, LI.person)]


async def test_only_the_newest_cycle_of_a_promise_counts(db: Database) -> None:
    number = await open_one(db)
    for minutes in (0, 10):
        async with unit(db, ZHANG, T0 + minutes * MINUTE) as work:
            ticket = await work.tickets.find(number)
            await start_clock(ticket, work)
            for deadline in await work.deadlines.of(ticket.id):
                deadline.cancel(work.now, (await work.policies.named("标准")) or pytest.fail("no policy"))
    async with unit(db, ZHANG) as work:
        assert [deadline.cycle for deadline in await work.deadlines.of(TicketId(1))] == [2, 2]
    async with db.read() as connection:
        assert len(await stored.load(connection, [TicketId(1)])) == 4


# ── once ──


async def test_a_served_key_answers_as_the_first_time(db: Database) -> None:
    async with unit(db, ZHANG) as work:
        assert await work.served("wecom:1") is None
        await work.serve("wecom:1", '"IT-1001"')
    async with unit(db, ZHANG) as work:
        assert await work.served("wecom:1") == '"IT-1001"'


async def test_one_key_under_way_twice_has_one_effect(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    doors = [db, await replica()]

    async def serve(turn: int) -> str:
        for _ in range(3):
            try:
                async with unit(doors[turn % 2], ZHANG) as work:
                    if answer := await work.served("wecom:1"):
                        return answer
                    number = await work.tickets.next_number("IT")
                    await work.serve("wecom:1", number)
                    return number
            except Conflict:
                continue
        return "starved"

    assert await asyncio.gather(*(serve(turn) for turn in range(6))) == ["IT-1001"] * 6


async def test_old_keys_are_forgotten(db: Database) -> None:
    for days in (0, 40):
        async with unit(db, ZHANG, T0 + timedelta(days=days)) as work:
            await work.serve(f"day {days}", "null")
    async with db.write() as connection:
        assert await once.prune(connection, T0 + timedelta(days=10)) == 1
        assert await once.served(connection, "day 0") is None
        assert await once.served(connection, "day 40") == "null"
