"""Leaves, rosters and swaps as they are kept, and the questions about who has what. On both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.base import CLOCK, Actor
from domain.duty.advancing import PassLeave, pass_leave
from domain.duty.choosing import ChooseHeir, choose_heir
from domain.duty.covering import CoverShift, cover_shift
from domain.duty.deputizing import AcceptDeputy, accept_deputy
from domain.duty.disabling import DisablePerson, EnablePerson, disable_person, enable_person
from domain.duty.errors import BadRoster, NoSuchLeave, NoSuchSwap
from domain.duty.leave import Phase
from domain.duty.requesting import ConfirmLeave, RequestLeave, confirm_leave, request_leave
from domain.duty.roster import Turn
from domain.duty.swapping import AcceptSwap, SwapShift, accept_swap, swap_shift
from domain.duty.watching import AnnounceShift, CheckOwners, announce_shift, check_owners
from domain.people.people import UnknownPerson
from domain.sla.escalating import TakeOver, take_over
from domain.sla.keeping import start_clock
from domain.tickets.assigning import AcceptTicket, accept_ticket
from domain.tickets.states import State
from domain.tickets.transferring import TransferTicket, transfer_ticket
from storage.database import Conflict, Database
from storage.duty import DutyTimes, RosterSeed, seed_rosters
from storage.duty_tables import duty_events
from tests.storage.making import LI, T0, WANG, ZHANG, ZHAO, open_one, unit

DAY = timedelta(days=1)
SEED = RosterSeed("it", Turn.DAILY, ("李四", "王五"), date(2026, 11, 25), time(9))  # T0 is that day, 10:00


async def do(
    db: Database, by: Actor, handler: Callable[..., Awaitable[Any]], command: Any, now: datetime = T0
) -> Any:
    async with unit(db, by, now) as work:
        return await handler(command, work)


async def accepted(db: Database, by: Actor = LI) -> str:
    number = await open_one(db)
    await do(db, by, accept_ticket, AcceptTicket(number))
    return number


async def on_leave(db: Database, by: Actor = LI, words: str = "今天 王五代", deputy: Actor = WANG) -> int:
    leave: int = await do(db, by, request_leave, RequestLeave(words))
    await do(db, by, confirm_leave, ConfirmLeave(leave))
    await do(db, deputy, accept_deputy, AcceptDeputy(leave))
    return leave


async def seeded(db: Database, *seeds: RosterSeed) -> None:
    async with db.write() as connection:
        await seed_rosters(connection, seeds or (SEED,), T0)


async def test_a_leave_is_kept_as_it_was_and_moves_the_tickets(db: Database) -> None:
    number = await accepted(db)
    leave = await on_leave(db)
    async with unit(db, CLOCK) as work:
        kept = await work.leaves.get(leave)
        assert (kept.phase, kept.deputy, kept.accepted, kept.begin) == (Phase.ON, WANG.person, True, T0)
        ticket = await work.tickets.find(number)
        assert ticket.assignee == WANG.person
        assert [(h.ticket, h.to) for h in await work.leaves.handed(leave)] == [(ticket.id, WANG.person)]
        assert await work.duty.absence(LI.person) is not None
    async with db.read() as connection:
        kinds = (await connection.execute(select(duty_events.c.kind).order_by(duty_events.c.id))).scalars()
        assert list(kinds) == ["leave_drafted", "leave_requested", "deputy_accepted", "leave_began"]


async def test_a_later_choice_replaces_an_earlier_one_and_is_kept(db: Database) -> None:
    number = await accepted(db)
    leave = await do(db, LI, request_leave, RequestLeave("明天"))
    for to in ("王五", ""):
        await do(db, LI, choose_heir, ChooseHeir(number, to, leave))
    async with unit(db, LI) as work:
        ticket = await work.tickets.find(number)
        assert [(c.ticket, c.to) for c in await work.leaves.chosen(leave)] == [(ticket.id, None)]
        assert await work.leaves.handed(leave) == []


async def test_what_is_not_there_is_refused(db: Database) -> None:
    for wrong in (0, 999, 2**70, -1):
        async with unit(db, LI) as work:
            with pytest.raises(NoSuchLeave):
                await work.leaves.get(wrong)
            with pytest.raises(NoSuchSwap):
                await work.rosters.swap(wrong)


async def test_time_finds_what_is_due_and_only_that(db: Database) -> None:
    await seeded(db)
    leave = await on_leave(db, words="3天 王五代")
    times = DutyTimes(db)
    assert not await times.due(T0, 10)
    tomorrow = T0 + DAY
    due = await times.due(tomorrow, 10)
    assert (due.leaves, due.desks) == ([], ["it"])
    await do(db, CLOCK, announce_shift, AnnounceShift("it"), tomorrow)
    assert not await times.due(tomorrow, 10), "also when it was too late to announce anything"
    assert (await times.due(T0 + 3 * DAY, 10)).leaves == [leave]
    await do(db, CLOCK, pass_leave, PassLeave(leave), T0 + 3 * DAY)
    assert not (await times.due(T0 + 3 * DAY, 10)).leaves


async def test_exceptions_and_swaps_stay_when_the_roster_is_applied_again(db: Database) -> None:
    await seeded(db)
    swap = await do(db, LI, swap_shift, SwapShift("11/27 给 王五"))
    await do(db, WANG, accept_swap, AcceptSwap(swap))
    await do(db, WANG, cover_shift, CoverShift("2小时"))
    await seeded(db)
    async with unit(db, CLOCK) as work:
        roster = await work.rosters.get("it")
        assert roster is not None
        assert [s.person for s in roster.exceptions] == [WANG.person, WANG.person]
        assert await work.duty.on_duty("it", T0) == WANG.person
        assert await work.duty.on_duty("it", T0 + timedelta(hours=3)) == LI.person
        assert await work.rosters.get("hr") is None


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        (RosterSeed("it", Turn.DAILY, ("没有此人",), date(2026, 11, 25), time(9)), UnknownPerson),
        (RosterSeed("it", Turn.DAILY, (), date(2026, 11, 25), time(9)), BadRoster),
        (RosterSeed("it", Turn.DAILY, ("李四",), date(2026, 11, 25), time(9), time(18)), BadRoster),
    ],
)
async def test_a_bad_roster_is_not_kept(db: Database, seed: RosterSeed, error: type[Exception]) -> None:
    with pytest.raises(error):
        await seeded(db, seed)
    async with unit(db, CLOCK) as work:
        assert not await work.rosters.all()


async def test_what_somebody_has_is_found(db: Database) -> None:
    held, offered, watched = await accepted(db), await accepted(db, WANG), await open_one(db)
    await do(db, WANG, transfer_ticket, TransferTicket(offered, "李四"))
    async with unit(db, LI) as work:
        await start_clock(await work.tickets.find(watched), work)
    await do(db, LI, take_over, TakeOver(watched))
    async with unit(db, CLOCK) as work:
        ids = {number: f"#{(await work.tickets.find(number)).id}" for number in (held, offered, watched)}
        assert await work.holdings.held_by(LI.person) == [ids[held]]
        assert await work.holdings.offered_to(LI.person) == [ids[offered]]
        assert await work.holdings.watched_by(LI.person) == [ids[watched]]
        assert await work.holdings.orphaning() == []
        assert [f"#{id_}" for id_ in await work.holdings.open_at("it")] == [ids[watched]]


async def test_an_account_closed_by_hand_is_found_and_repaired(db: Database) -> None:
    number = await accepted(db)
    async with unit(db, CLOCK) as work:
        await work.people.set_active(LI.person, active=False)
    async with unit(db, CLOCK) as work:
        assert await work.holdings.orphaning() == [LI.person]
        await check_owners(CheckOwners(), work)
        assert [type(e).__name__ for e in work.fresh_duty_events()] == ["OwnerRestored"]
    async with unit(db, CLOCK) as work:
        assert (await work.tickets.find(number)).state is State.OPEN
        assert await work.holdings.orphaning() == []


async def test_a_closed_account_is_found_by_name_only_to_open_it_again(db: Database) -> None:
    await do(db, ZHAO, disable_person, DisablePerson("李四"))
    async with unit(db, ZHAO) as work:
        with pytest.raises(UnknownPerson):
            await work.people.find("李四")
    await do(db, ZHAO, enable_person, EnablePerson("李四"))
    async with unit(db, ZHAO) as work:
        assert (await work.people.find("李四")).active


async def test_that_nobody_is_there_is_told_once(db: Database) -> None:
    number = await open_one(db, by=ZHANG)
    async with unit(db, CLOCK) as work:
        ticket = (await work.tickets.find(number)).id
        await work.holdings.tell_of([ticket])
    async with unit(db, CLOCK) as work:
        assert await work.holdings.told_of([ticket]) == {ticket}
        await work.holdings.forget_told("it")
        assert await work.holdings.told_of([ticket]) == frozenset()


async def test_two_who_change_the_same_leave_do_not_both_win(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    leave = await do(db, LI, request_leave, RequestLeave("明天 王五代"))
    await do(db, LI, confirm_leave, ConfirmLeave(leave))
    if db.is_sqlite:
        return  # one writer at a time: there is nothing to race
    other, read = await replica(), asyncio.Event()

    async def slowly() -> None:
        async with unit(db, WANG) as work:
            await work.leaves.get(leave)
            read.set()
            await done.wait()
            await accept_deputy(AcceptDeputy(leave), work)

    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(_conflicts(slowly))
        await read.wait()
        await do(other, WANG, accept_deputy, AcceptDeputy(leave))
        done.set()
    assert slow.result()


async def _conflicts(work: Callable[[], Awaitable[None]]) -> bool:
    try:
        await work()
    except Conflict:
        return True
    return False
