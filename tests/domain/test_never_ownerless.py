"""永不无主: after anything that people may do, no work is left with nobody, or somebody has been told.

The model knows who is away only from what was agreed and when, never from the leaves' own state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.base import DomainError
from domain.duty.choosing import ChooseHeir, choose_heir
from domain.duty.covering import CoverShift, cover_shift
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy, accept_deputy, decline_deputy
from domain.duty.disabling import DisablePerson, EnablePerson, disable_person, enable_person
from domain.duty.events import NobodyThere
from domain.duty.leave import ANSWER_WITHIN
from domain.duty.requesting import ConfirmLeave, RequestLeave, confirm_leave, request_leave
from domain.duty.returning import EndLeave, TakeBack, end_leave, take_back
from domain.duty.roster import Turn
from domain.duty.swapping import AcceptSwap, SwapShift, accept_swap, swap_shift
from domain.people.people import Person
from domain.sla.escalating import TakeOver, take_over
from domain.sla.keeping import start_clock
from domain.tickets.assigning import (
    AcceptTicket,
    AssignTicket,
    ReleaseTicket,
    accept_ticket,
    assign_ticket,
    release_ticket,
)
from domain.tickets.resolving import ReopenTicket, ResolveTicket, reopen_ticket, resolve_ticket
from domain.tickets.states import UNFINISHED, State
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import (
    TakeTransfer,
    TransferTicket,
    take_transfer,
    transfer_ticket,
)
from tests.domain.duty import DutyMemory, memory
from tests.domain.people import CHEN, LI, WANG, ZHANG, ZHAO

STAFF = (LI, WANG, CHEN)
WORKED_ON = {State.IN_PROGRESS, State.WAITING}
DAYS = ("今天", "明天", "后天", "2天", "3/5-3/6", "到周五")
Step = tuple[str, int, int]  # what, and two numbers that choose whom and which


@dataclass
class Promise:
    """A leave as its author meant it."""

    person: int
    begin: datetime
    end: datetime
    asked_at: datetime
    waits: bool  # for a deputy
    answered: datetime | None = None
    ended: datetime | None = None

    def covers(self, now: datetime) -> bool:
        settled = self.asked_at + ANSWER_WITHIN if self.answered is None else self.answered
        begin = max(self.begin, settled) if self.waits else self.begin
        return begin <= now < (self.end if self.ended is None else self.ended)


@dataclass
class World:
    unit: DutyMemory
    tickets: list[Ticket] = field(default_factory=list)
    promises: dict[int, Promise] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def is_away(self, person: int) -> bool:
        return person in self.closed or any(
            p.person == person and p.covers(self.unit.now) for p in self.promises.values()
        )

    # ── what people do ──

    async def open(self, who: Person, n: int) -> None:
        ticket = await self.unit.opened()
        await start_clock(ticket, self.unit)
        self.tickets.append(ticket)

    async def accept(self, who: Person, n: int) -> None:
        await accept_ticket(AcceptTicket(self._number(n)), self.unit.by(who))

    async def assign(self, who: Person, n: int) -> None:
        await assign_ticket(AssignTicket(self._number(n), who.name), self.unit.by(ZHAO))

    async def release(self, who: Person, n: int) -> None:
        await release_ticket(ReleaseTicket(self._number(n)), self.unit.by(ZHAO))

    async def offer(self, who: Person, n: int) -> None:
        await transfer_ticket(TransferTicket(self._number(n), who.name), self.unit.by(ZHAO))

    async def take(self, who: Person, n: int) -> None:
        await take_transfer(TakeTransfer(self._number(n)), self.unit.by(who))

    async def watch(self, who: Person, n: int) -> None:
        await take_over(TakeOver(self._number(n)), self.unit.by(who))

    async def resolve(self, who: Person, n: int) -> None:
        await resolve_ticket(ResolveTicket(self._number(n), "好了"), self.unit.by(ZHAO))

    async def reopen(self, who: Person, n: int) -> None:
        await reopen_ticket(ReopenTicket(self._number(n)), self.unit.by(ZHANG))
        await self.unit.reopened(self._ticket(n))

    async def leave(self, who: Person, n: int) -> None:
        deputy = STAFF[n % 3]
        with_deputy = n % 2 == 0 and deputy != who
        words = DAYS[n % len(DAYS)] + (f" {deputy.name}代" if with_deputy else "")
        made = await request_leave(RequestLeave(words), self.unit.by(who))
        await confirm_leave(ConfirmLeave(made), self.unit)
        kept = self.unit.leaves.kept[made - 1]
        self.promises[made] = Promise(who.id, kept.begin, kept.end, self.unit.now, with_deputy)

    async def choose(self, who: Person, n: int) -> None:
        heir = STAFF[n % 3].name if n % 4 else ""
        await choose_heir(ChooseHeir(self._number(n), heir), self.unit.by(who))

    async def agree(self, who: Person, n: int) -> None:
        wanted = await self._asked(who, n)
        await self._answer(accept_deputy, AcceptDeputy(wanted), who, wanted)

    async def decline(self, who: Person, n: int) -> None:
        wanted = await self._asked(who, n)
        await self._answer(decline_deputy, DeclineDeputy(wanted), who, wanted)

    async def _asked(self, who: Person, n: int) -> int:
        """Mostly one that waits for them; sometimes any."""
        asked = [leave.id for leave in await self.unit.leaves.deputized_to(who.id)]
        return asked[-1] if asked and n % 4 else self._leave(n)

    async def _answer(
        self, handler: Callable[..., Awaitable[None]], command: object, who: Person, leave: int
    ) -> None:
        promise = self.promises.get(leave)
        await handler(command, self.unit.by(who))
        if promise is not None and promise.answered is None and not self._is_late(promise):
            promise.answered = self.unit.now

    def _is_late(self, promise: Promise) -> bool:
        return self.unit.now >= promise.asked_at + ANSWER_WITHIN

    async def come_back(self, who: Person, n: int) -> None:
        mine = [p for p in self.promises.values() if p.person == who.id and p.ended is None]
        mine = [p for p in mine if p.end > self.unit.now]
        on = [p for p in mine if p.covers(self.unit.now)]
        later = [p for p in mine if not p.covers(self.unit.now)]
        before = {leave.id: leave.phase for leave in self.unit.leaves.kept}
        await end_leave(EndLeave(), self.unit.by(who))
        changed = [one.id for one in self.unit.leaves.kept if before[one.id] is not one.phase]
        for ended in changed:
            if self.promises[ended] in (*on, *later):
                self.promises[ended].ended = self.unit.now

    async def take_back(self, who: Person, n: int) -> None:
        await take_back(TakeBack(self._leave(n)), self.unit.by(who))

    async def swap(self, who: Person, n: int) -> None:
        await swap_shift(SwapShift(f"周{'三四五'[n % 3]} 给 {STAFF[n % 3].name}"), self.unit.by(who))

    async def accept_swap(self, who: Person, n: int) -> None:
        await accept_swap(AcceptSwap(), self.unit.by(who))

    async def cover(self, who: Person, n: int) -> None:
        await cover_shift(CoverShift("2小时"), self.unit.by(who))

    async def disable(self, who: Person, n: int) -> None:
        await disable_person(DisablePerson(who.name), self.unit.by(ZHAO))
        self.closed.add(who.id)
        for promise in self.promises.values():
            if promise.person == who.id and not promise.covers(self.unit.now):
                promise.ended = promise.ended or self.unit.now
            self._lose(promise)

    def _lose(self, promise: Promise) -> None:
        """A deputy who left has answered, in a way."""
        made = next(i for i, p in self.promises.items() if p is promise)
        if self.unit.leaves.kept[made - 1].deputy is None and promise.answered is None:
            promise.answered = min(self.unit.now, promise.asked_at + ANSWER_WITHIN)

    async def enable(self, who: Person, n: int) -> None:
        await enable_person(EnablePerson(who.name), self.unit.by(ZHAO))
        self.closed.discard(who.id)

    async def wait(self, who: Person, n: int) -> None:
        await self.unit.tick(minutes=(1, 7, 31, 120, 600, 1500)[n % 6])

    def _ticket(self, n: int) -> Ticket:
        return self.tickets[n % len(self.tickets)]

    def _number(self, n: int) -> str:
        return self._ticket(n).number

    def _leave(self, n: int) -> int:
        return n % (len(self.unit.leaves.kept) + 1)

    # ── what must hold ──

    def check(self) -> None:
        told = {ticket for event in self.unit.told(NobodyThere) for ticket in event.tickets}
        served = any(not self.is_away(person.id) for person in STAFF)
        for ticket in self.tickets:
            if ticket.state in WORKED_ON:
                assert ticket.assignee is not None
                assert not self.is_away(ticket.assignee), f"{ticket.number} lies with somebody who is away"
            if ticket.state is State.OPEN:
                assert served or ticket.id in told, f"nobody knows that nobody sees {ticket.number}"
            if ticket.state in UNFINISHED and ticket.transfer is not None:
                assert not self.is_away(ticket.transfer.to), f"{ticket.number} is offered to nobody"
        for deadline in self.unit.deadlines.kept.values():
            if deadline.is_open and deadline.taken_by is not None:
                assert not self.is_away(deadline.taken_by), "a ladder is stopped by somebody who is away"


MOVES = (
    "open", "accept", "assign", "release", "offer", "take", "watch", "resolve", "reopen", "leave", "agree",
    "choose", "decline", "come_back", "take_back", "swap", "accept_swap", "cover", "disable", "enable", "wait",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from((*MOVES, "leave", "leave", "agree", "wait", "accept", "enable", "enable")),
              st.integers(0, 2), st.integers(0, 11)),
    min_size=5, max_size=40,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(STEPS, st.sampled_from([*Turn, None]))
def test_no_ticket_offer_or_promise_is_left_with_nobody(steps: list[Step], turn: Turn | None) -> None:
    asyncio.run(_play(steps, turn))


async def _play(steps: list[Step], turn: Turn | None) -> None:
    world = World(memory())
    if turn is not None:
        world.unit.rota(LI, WANG, turn=turn)
    await world.open(LI, 0)
    for what, who, n in steps:
        with suppress(DomainError):  # a refusal changes nothing, and what follows holds all the same
            await getattr(world, what)(STAFF[who], n)
        await world.unit.tick(seconds=59)
        world.check()


async def test_the_clock_of_a_long_pause_leaves_nothing_behind() -> None:
    """Three days without a tick: begun, ended and welcomed in one go, and the tickets are somebody's."""
    world = World(memory())
    await world.open(LI, 0)
    await world.accept(LI, 0)
    await world.leave(LI, 1)
    await world.unit.tick(days=5)
    world.check()
    assert timedelta(days=5) <= world.unit.now - world.tickets[0].created_at
