"""Who is being asked, as it is kept; whose turn it is when two come at once; and offers that end once. On both."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from bot.bus import Bus
from bot.catalog import HANDLERS, REACTIONS
from bot.clockwork import TimerSweep
from domain.base import CLOCK, Actor, Command, PersonId, TicketId
from domain.dispatch.round import Offer, Round
from domain.duty.deputizing import AcceptDeputy
from domain.duty.disabling import DisablePerson
from domain.duty.requesting import ConfirmLeave, RequestLeave
from domain.duty.roster import Turn
from domain.duty.watching import CheckOwners
from domain.people.people import Category, Strategy
from domain.tickets.assigning import AcceptTicket, DeclineTicket
from domain.tickets.opening import OpenTicket
from storage.database import Conflict, Database
from storage.duty import RosterSeed, seed_rosters
from storage.gathering import Postings
from storage.people import DeskSeed, PersonSeed
from storage.people import seed as seed_people
from storage.people_tables import people
from storage.queries.tickets import TicketQueries
from storage.rounds import rounds
from storage.ticket_tables import events
from storage.timers import Timers
from tests.storage.making import DIRECT, LI, MINUTE, POLICIES, SUN, T0, WANG, ZHANG, ZHAO, open_one, unit

MEMBERS = ("李四", "王五", "赵六")


async def hands_out(db: Database, strategy: Strategy, *, members: tuple[str, ...] = MEMBERS) -> None:
    categories = (Category("打印机", ("打印机",), "打印机"),)
    desk = DeskSeed(
        "it", "IT服务台", "IT", "王五", members, (), ("打印机",), "标准", strategy, 5 * MINUTE, categories
    )
    async with db.write() as connection:
        await seed_people(connection, [], [desk])


async def do(db: Database, by: Actor, command: Command[Any], now: datetime = T0) -> Any:
    """As the bus does it: again when somebody else was quicker."""
    for _ in range(6):
        try:
            async with unit(db, by, now) as work:
                result = await HANDLERS[type(command)](command, work)
                while fresh := work.fresh_events():
                    for ticket, told_ in fresh:
                        for react in REACTIONS.get(type(told_), ()):
                            await react(ticket, work)
            return result
        except Conflict:
            continue
    raise AssertionError("starved")


async def opened(db: Database, by: Actor = ZHANG) -> str:
    number: str = await do(db, by, OpenTicket("打印机卡纸", DIRECT, desk="it"))
    return number


async def asked(db: Database) -> list[PersonId | None]:
    async with db.read() as connection:
        wanted = select(rounds.c.offered_to).order_by(rounds.c.ticket)
        return list((await connection.execute(wanted)).scalars())


async def told(db: Database, kind: str) -> int:
    async with db.read() as connection:
        counted = select(func.count()).select_from(events).where(events.c.kind == kind)
        return int((await connection.execute(counted)).scalar_one())


async def test_a_round_comes_back_as_it_was(db: Database) -> None:
    await open_one(db)
    lived = Round(
        ticket=TicketId(1),
        desk="it",
        strategy=Strategy.SKILL,
        offer_for=timedelta(minutes=7, seconds=30),
        rule="三楼急事",
        skill="华东",
        asked=(WANG.person, LI.person),
        offer=Offer(LI.person, T0, T0 + 7.5 * MINUTE),
    )
    async with unit(db, CLOCK) as work:
        assert await work.rounds.of(TicketId(1)) is None
        await work.rounds.add(lived)
        assert await work.rounds.of(TicketId(1)) is lived
    async with unit(db, CLOCK) as work:
        kept = await work.rounds.of(TicketId(1))
        assert kept is not None
        assert vars(kept) == vars(lived)
        kept.withdraw()
        kept.exhausted = True
    async with unit(db, CLOCK) as work:
        kept = await work.rounds.of(TicketId(1))
        assert kept is not None
        assert (kept.offer, kept.exhausted, kept.asked) == (None, True, lived.asked)


async def test_the_next_round_takes_the_place_of_the_one_before(db: Database) -> None:
    await hands_out(db, Strategy.ROUND_ROBIN)
    number = await opened(db)
    async with unit(db, CLOCK) as work:
        ticket = await work.tickets.find(number)
        await work.rounds.add(Round(ticket=ticket.id, desk="hr", strategy=Strategy.ON_DUTY, offer_for=MINUTE))
    assert await asked(db) == [None]


async def test_the_life_of_an_offer(db: Database) -> None:
    await hands_out(db, Strategy.ROUND_ROBIN)
    number = await opened(db)
    assert await asked(db) == [LI.person]
    assert await Timers(db).next_due() == T0 + 5 * MINUTE
    await do(db, LI, DeclineTicket(number, "在外面"), T0 + MINUTE)
    assert await asked(db) == [WANG.person]
    view = await TicketQueries(db).view(number)
    assert view.offer is not None
    assert (view.offer.to, view.offer.until, view.declines) == (WANG.person, T0 + 6 * MINUTE, 1)
    await do(db, WANG, AcceptTicket(number), T0 + 2 * MINUTE)
    assert (await asked(db), (await TicketQueries(db).view(number)).offer) == ([None], None)
    assert "offer:1" not in [timer.key for timer in await Timers(db).due(T0 + timedelta(days=9), 99)]


async def test_the_skill_is_the_persons_own(db: Database) -> None:
    await hands_out(db, Strategy.SKILL)
    await opened(db)
    assert await asked(db) == [LI.person]
    await do(db, LI, DeclineTicket("IT-1001", "忙"))
    assert (await asked(db), await told(db, "nobody_to_ask")) == ([None], 1)


async def test_who_is_on_duty_by_the_kept_roster_is_asked_or_their_deputy(db: Database) -> None:
    await hands_out(db, Strategy.ON_DUTY)
    async with db.write() as connection:
        await seed_rosters(
            connection, [RosterSeed("it", Turn.DAILY, ("赵六", "李四"), date(2026, 11, 25), time(9))], T0
        )
    await opened(db)
    assert await asked(db) == [ZHAO.person]
    leave = await do(db, ZHAO, RequestLeave("今天 王五代"))
    await do(db, ZHAO, ConfirmLeave(leave))
    await do(db, WANG, AcceptDeputy(leave))
    assert await asked(db) == [WANG.person], "passed over in the moment in which the leave began"
    await opened(db)
    assert await asked(db) == [WANG.person, WANG.person]


async def test_a_load_is_what_one_works_on_and_is_asked_to_take(db: Database) -> None:
    await hands_out(db, Strategy.LEAST_LOADED)
    await do(db, WANG, AcceptTicket(await opened(db)))
    await opened(db)
    everybody = [LI.person, WANG.person, ZHAO.person]
    async with unit(db, CLOCK) as work:
        assert await work.rounds.loads(everybody) == {LI.person: 0, WANG.person: 1, ZHAO.person: 1}
        assert await work.rounds.loads([]) == {}
        round_ = await work.rounds.of(TicketId(2))
        assert round_ is not None
        round_.withdraw()
        round_.ask(LI.person, T0)
        assert await work.rounds.loads(everybody) == {LI.person: 1, WANG.person: 1, ZHAO.person: 0}


async def test_much_that_is_set_free_at_once_is_shared(db: Database) -> None:
    """王五 leaves: four tickets in one transaction, none of them written before the next one is asked about."""
    for by, name, count in ((LI, "李四", 2), (WANG, "王五", 4)):
        await hands_out(db, Strategy.LEAST_LOADED, members=(name,))
        for _ in range(count):
            await do(db, by, AcceptTicket(await opened(db)))
    await hands_out(db, Strategy.LEAST_LOADED, members=("李四", "王五", "孙七"))
    await do(db, ZHAO, DisablePerson("王五"))
    assert Counter(await asked(db)) == {None: 2, SUN.person: 3, LI.person: 1}, (
        "three each, with what they have"
    )


async def test_whoever_is_away_and_still_asked_is_found_by_the_check(db: Database) -> None:
    await hands_out(db, Strategy.ROUND_ROBIN)
    await opened(db)
    async with db.write() as connection:
        await connection.execute(update(people).where(people.c.id == LI.person).values(active=False))
    async with unit(db, CLOCK) as work:
        assert await work.holdings.orphaning() == [LI.person]
    await do(db, CLOCK, CheckOwners())
    assert (await asked(db), await told(db, "offer_withdrawn")) == ([WANG.person], 1)


# ── several at once ──


@pytest.mark.parametrize("strategy", [Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED])
async def test_tickets_that_look_for_somebody_at_once_find_different_people(
    db: Database, replica: Callable[[], Awaitable[Database]], strategy: Strategy
) -> None:
    await hands_out(db, strategy, members=("李四",))
    numbers = [await opened(db) for _ in range(6)]
    await hands_out(db, strategy, members=("李四", "王五", "赵六", "孙七"))
    doors = [db, *[await replica() for _ in numbers[1:]]]
    await asyncio.gather(
        *(do(door, LI, DeclineTicket(number, "忙")) for door, number in zip(doors, numbers, strict=True))
    )
    assert Counter(await asked(db)) == {WANG.person: 2, ZHAO.person: 2, SUN.person: 2}


def bus_of(db: Database, now: Callable[[], datetime]) -> Bus:
    return Bus(db, POLICIES, now=now, can_press=lambda _: True, wake=lambda: None)


def sweep_of(db: Database, moment: datetime) -> TimerSweep:
    return TimerSweep(Timers(db), bus_of(db, lambda: moment), Postings(db), now=lambda: moment)


async def test_two_schedulers_end_each_offer_once(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    await hands_out(db, Strategy.ROUND_ROBIN)
    numbers = [await opened(db) for _ in range(8)]
    moment = T0 + 5 * MINUTE
    sweeps = [sweep_of(door, moment) for door in (db, await replica(), await replica())]
    await asyncio.gather(*(sweep() for sweep in sweeps))
    assert (await told(db, "offer_lapsed"), await told(db, "offered")) == (len(numbers), 2 * len(numbers))
    assert None not in await asked(db)


async def test_an_offer_is_either_taken_or_over_never_both(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    """李四 presses 接单 in the very moment in which the time is over: it is theirs, and nobody else is asked."""
    await hands_out(db, Strategy.ROUND_ROBIN)
    number, moment = await opened(db), T0 + 5 * MINUTE
    other = await replica()
    bus = bus_of(db, lambda: moment)
    await asyncio.gather(
        sweep_of(other, moment)(),
        bus.execute(AcceptTicket(number), by=LI),
    )
    view = await TicketQueries(db).view(number)
    assert view.assignee is not None
    assert (view.assignee.id, view.offer, await asked(db)) == (LI.person, None, [None])
    assert "offer:1" not in [timer.key for timer in await Timers(db).due(T0 + timedelta(days=9), 99)]


# ── what it costs ──


@pytest.mark.parametrize("strategy", [Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED])
async def test_a_large_desk_is_asked_about_in_as_few_statements_as_a_small_one(
    db: Database, strategy: Strategy
) -> None:
    names = [f"众{number:02}" for number in range(60)]
    async with db.write() as connection:
        await seed_people(connection, [PersonSeed(name) for name in names], [])
    await opened(db)  # the very first one also begins the chain of events
    counts = []
    for members in (names[:2], names):
        await hands_out(db, strategy, members=tuple(members))
        with counted(db) as statements:
            await opened(db)
        counts.append(len(statements))
    assert counts[0] == counts[1]


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    engine = db._writer.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)
