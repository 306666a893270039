"""What always holds while people are asked, come, go and say no; and who is asked, by an oracle that only counts.

The books below are kept from events and deeds alone. They never look into a round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from domain.base import Command, DomainError, Event, PersonId
from domain.dispatch.events import NobodyToAsk, OfferLapsed, OfferMade, OfferWithdrawn
from domain.duty.disabling import DisablePerson, EnablePerson
from domain.duty.requesting import ConfirmLeave, RequestLeave
from domain.duty.returning import EndLeave
from domain.people.people import Category, Person, Strategy
from domain.tickets import events as happened
from domain.tickets.assigning import AcceptTicket, AssignTicket, DeclineTicket, ReleaseTicket
from domain.tickets.resolving import CancelTicket, ReopenTicket, ResolveTicket
from domain.tickets.states import OVER, State
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import ReturnTransfer, TakeTransfer, TransferTicket
from tests.domain.dispatching import Office
from tests.domain.duty import DutyMemory
from tests.domain.people import CHEN, LI, SUN, WANG, ZHANG, ZHAO

EVERY = (Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED, Strategy.SKILL, Strategy.ON_DUTY)
SETTLES_IT = (
    happened.TicketAccepted, happened.TicketAssigned, happened.TicketHandedOver, happened.TransferAccepted,
    happened.TransferOffered, happened.TicketCancelled, happened.TicketClosed,
)  # fmt: skip
BEGINS_ANEW = (happened.TicketOpened, happened.DeskChanged, happened.TicketReopened)


# ── leave, closed accounts and offers ──


def staffed(strategy: Strategy = Strategy.ROUND_ROBIN) -> tuple[Office, DutyMemory]:
    """Real leaves, rosters and accounts. 李四 is on duty today."""
    categories = (Category("打印机", ("打印机",)),)
    office = Office(strategy, unit=DutyMemory, categories=categories)
    assert isinstance(office.unit, DutyMemory)
    office.unit.people.teach(WANG, "打印机")
    office.unit.rota(LI, WANG)
    return office, office.unit


async def away(office: Office, who: Person) -> None:
    leave = await office.does(RequestLeave("今天"), who)
    await office.does(ConfirmLeave(leave), who)


async def test_whoever_goes_on_leave_while_being_asked_is_passed_over_at_once() -> None:
    office, _ = staffed()
    first, second = await office.opens(), await office.opens()
    assert [await office.asked(first), await office.asked(second)] == [LI.id, WANG.id]
    await away(office, LI)
    assert [await office.asked(first), await office.asked(second)] == [WANG.id, WANG.id]
    assert office.kinds(first)[-2:] == ["offer_withdrawn", "offered"]
    assert office.unit.timers.set_for["offer:1"] == office.unit.now + office.it.offer_for


async def test_whoever_has_left_while_being_asked_is_passed_over_and_the_last_one_ends_with_the_lead() -> (
    None
):
    office, _ = staffed()
    ticket = await office.opens()
    await office.does(DisablePerson("李四"), ZHAO)
    assert await office.asked(ticket) == WANG.id
    await office.does(DisablePerson("王强"), ZHAO)
    assert (await office.asked(ticket), office.kinds(ticket)[-1]) == (None, "nobody_to_ask")
    assert "offer:1" not in office.unit.timers.set_for


async def test_whoever_slipped_through_is_found_by_the_check() -> None:
    """As after a race: the account was closed by hand, and nobody was told."""
    office, unit = staffed()
    ticket = await office.opens()
    await unit.people.set_active(LI.id, active=False)
    await unit.tick(seconds=30)
    await office.react()
    assert await office.asked(ticket) == WANG.id


async def test_whoever_is_on_duty_by_the_roster_is_asked_and_their_deputy_when_they_are_away() -> None:
    office, unit = staffed(Strategy.ON_DUTY)
    assert await office.asked(await office.opens()) == LI.id
    await unit.tick(days=1)
    assert await office.asked(await office.opens()) == WANG.id
    leave = await office.does(RequestLeave("今天 陈静代"), WANG)
    await office.does(ConfirmLeave(leave), WANG)
    await unit.tick(minutes=30)
    unit.leaves.kept[0].accept(CHEN.id)
    assert await office.asked(await office.opens()) == CHEN.id


async def test_without_a_roster_nobody_is_on_duty_and_the_lead_hears_of_it() -> None:
    office, unit = staffed(Strategy.ON_DUTY)
    unit.rosters.kept.clear()
    assert "nobody_to_ask" in office.kinds(await office.opens())


# ── whatever happens ──


@dataclass
class Books:
    """One ticket's asking, as its events tell it."""

    asked: PersonId | None = None
    before: set[PersonId] = field(default_factory=set)
    given_up: bool = False
    read: int = 0

    def follow(self, ticket: Ticket, gone: set[PersonId]) -> None:
        for event in ticket.events[self.read :]:
            self._turn(event, gone)
        self.read = len(ticket.events)

    def _turn(self, event: Event, gone: set[PersonId]) -> None:
        match event:
            case OfferMade(to=to):
                assert self.asked is None, "two are asked at once"
                assert to not in self.before, "asked twice in one round"
                assert to not in gone, "somebody who is away is asked"
                self.asked, self.given_up = to, False
                self.before.add(to)
            case OfferLapsed(to=to) | OfferWithdrawn(to=to):
                assert self.asked == to
                self.asked = None
            case NobodyToAsk():
                assert self.asked is None
                self.given_up = True
            case happened.TicketDeclined(by=by):
                self.before.add(by)
                self.asked = None if self.asked == by else self.asked
            case _ if isinstance(event, BEGINS_ANEW):
                self.asked, self.before, self.given_up = None, set(), False
            case _ if isinstance(event, SETTLES_IT):
                self.asked = None


@dataclass
class World:
    office: Office
    gone: set[PersonId] = field(default_factory=set)
    books: dict[int, Books] = field(default_factory=dict)

    @property
    def tickets(self) -> list[Ticket]:
        return list(self.office.unit.tickets.kept.values())

    async def lives(self, deed: str, who: Person, which: int) -> None:
        match deed:
            case "wait":
                await self.wait(2 + which)
            case "open":
                await self.office.opens(("打印机卡纸", "VPN 连不上")[which % 2])
            case "leave":
                await away(self.office, who)
                self.gone.add(who.id)
            case "back":
                await self.office.does(EndLeave(), who)
                self.gone.discard(who.id)
            case "disable":
                await self.office.does(DisablePerson(who.name), ZHAO)
                self.gone.add(who.id)
            case "enable":
                await self.office.does(EnablePerson(who.name), ZHAO)
                self.gone.discard(who.id)
            case _:
                ticket = self.tickets[which % len(self.tickets)]
                await self.office.does(
                    _COMMANDS[deed](ticket.number, which), ZHANG if deed == "reopen" else who
                )

    async def wait(self, minutes: int) -> None:
        await self.office.later(minutes=minutes)
        assert isinstance(self.office.unit, DutyMemory)
        await self.office.unit.tick()
        await self.office.react()

    async def check(self) -> None:
        timers = self.office.unit.timers.set_for
        for ticket in self.tickets:
            books = self.books.setdefault(ticket.id, Books())
            books.follow(ticket, self.gone)
            assert books.asked not in self.gone, "an offer lies with somebody who is away"
            # The round's own idea, and the timer that ends it, agree with what was told.
            assert await self.office.asked(ticket) == books.asked
            assert (f"offer:{ticket.id}" in timers) == (books.asked is not None)
            assert books.asked is None or (ticket.state is State.OPEN and ticket.transfer is None)


_COMMANDS: Mapping[str, Callable[[str, int], Command[None]]] = {
    "accept": lambda number, _: AcceptTicket(number),
    "decline": lambda number, _: DeclineTicket(number, "忙"),
    "release": lambda number, _: ReleaseTicket(number, "忙"),
    "assign": lambda number, n: AssignTicket(number, ("李四", "王强", "陈静")[n]),
    "transfer": lambda number, n: TransferTicket(number, ("李四", "王强", "陈静")[n], "请看"),
    "take": lambda number, _: TakeTransfer(number),
    "return": lambda number, _: ReturnTransfer(number, "忙"),
    "desk": lambda number, n: TransferTicket(number, ("it", "行政", "it")[n], "那边"),
    "resolve": lambda number, _: ResolveTicket(number, "好了"),
    "reopen": lambda number, _: ReopenTicket(number, "没好"),
    "cancel": lambda number, _: CancelTicket(number, ""),
}
STEPS = some.lists(
    some.tuples(
        some.sampled_from(
            [*_COMMANDS, "decline", "decline", "accept", "wait", "wait", "wait", "open", "open", "leave", "back",
             "disable", "enable", "enable"]
        ),
        some.sampled_from([LI, WANG, CHEN, SUN]),
        some.integers(0, 2),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(some.sampled_from(EVERY), STEPS)
async def test_one_is_asked_at_a_time_nobody_twice_nobody_who_is_away_and_it_ends_with_somebody(
    strategy: Strategy, lived: list[tuple[str, Person, int]]
) -> None:
    world = World(staffed(strategy)[0])
    await world.office.opens()
    await world.check()
    for deed, who, which in lived:
        try:
            await world.lives(deed, who, which)
        except DomainError:
            continue
        finally:
            await world.check()
    for _ in range(5):  # nobody does anything any more: at most two are asked, after a transfer that lapses
        await world.wait(5)
        await world.check()
    for ticket in world.tickets:
        books = world.books[ticket.id]
        assert books.asked is None
        had = ticket.assignee is not None and ticket.state in {
            State.IN_PROGRESS,
            State.WAITING,
            State.RESOLVED,
        }
        by_hand = ticket.desk == "office"  # hands nothing out
        assert had or books.given_up or by_hand or ticket.state in OVER, (
            f"{ticket.number}: {world.office.kinds(ticket)}"
        )


# ── whose turn it is ──

MEMBERS = (LI, WANG, CHEN, SUN, ZHAO)
ANSWERS = some.lists(some.sampled_from(["accept", "decline", "silence", "later"]), min_size=1, max_size=6)
DAYS = some.lists(some.tuples(some.sets(some.sampled_from(MEMBERS), max_size=4), ANSWERS), max_size=12)


@dataclass
class Counting:
    """Walks around the table, seat by seat, with a tally of who has how much."""

    least: bool
    last: int | None = None
    tally: Counter[int] = field(default_factory=Counter)

    def expect(self, gone: set[PersonId], asked: set[PersonId]) -> PersonId | None:
        start = 0 if self.last is None else self.last + 1
        around = [MEMBERS[(start + step) % len(MEMBERS)].id for step in range(len(MEMBERS))]
        free = [one for one in around if one not in gone and one not in asked]
        if self.least:
            free = [one for one in free if all(self.tally[one] <= self.tally[other] for other in free)]
        for one in free:
            self.last = next(seat for seat, member in enumerate(MEMBERS) if member.id == one)
            return one
        return None


@settings(max_examples=150, deadline=None)
@given(some.sampled_from([Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED]), DAYS)
async def test_who_is_asked_is_whom_the_oracle_names(
    strategy: Strategy, days: list[tuple[set[Person], list[str]]]
) -> None:
    office = Office(strategy, members=tuple(member.id for member in MEMBERS))
    oracle = Counting(least=strategy is Strategy.LEAST_LOADED)
    for gone, answers in days:
        office.unit.duty.away = {person.id for person in gone}
        ticket = await office.opens()
        asked: set[PersonId] = set()
        for answer in answers:
            expected = oracle.expect(office.unit.duty.away, asked)
            assert await office.asked(ticket) == expected
            if expected is None or answer == "later":
                break
            asked.add(expected)
            await _answer(office, ticket, answer, next(m for m in MEMBERS if m.id == expected), oracle)
            if answer == "accept":
                break
        else:
            oracle.expect(office.unit.duty.away, asked)
        await _let_it_be(office, ticket)


async def _answer(office: Office, ticket: Ticket, answer: str, who: Person, oracle: Counting) -> None:
    if answer == "accept":
        await office.does(AcceptTicket(ticket.number), who)
        oracle.tally[who.id] += 1
    elif answer == "decline":
        await office.does(DeclineTicket(ticket.number, "忙"), who)
    else:
        await office.later(minutes=5)


async def _let_it_be(office: Office, ticket: Ticket) -> None:
    """So that the next ticket is the only one that is asked about."""
    if ticket.state is State.OPEN:
        await office.does(CancelTicket(ticket.number, ""), ZHANG)


@pytest.mark.parametrize("strategy", [Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED])
async def test_after_any_number_of_tickets_nobody_has_two_more_than_anybody_else(strategy: Strategy) -> None:
    office = Office(strategy, members=tuple(member.id for member in MEMBERS))
    had: Counter[PersonId] = Counter({member.id: 0 for member in MEMBERS})
    for _ in range(23):
        ticket = await office.opens()
        asked = await office.asked(ticket)
        assert asked is not None
        await office.does(AcceptTicket(ticket.number), next(m for m in MEMBERS if m.id == asked))
        had[asked] += 1
        assert max(had.values()) - min(had.values()) <= 1
