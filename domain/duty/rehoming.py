"""Where somebody's work goes when they are away: to the deputy, else to whoever is on duty, else to the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from domain.base import PersonId, TicketId
from domain.dispatch.offering import pass_over
from domain.duty.leave import Leave
from domain.duty.ports import Handed, Unit
from domain.sla.keeping import policy_of, schedule
from domain.tickets.states import UNFINISHED, State
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import OFFER_LASTS

WORKED_ON = frozenset({State.IN_PROGRESS, State.WAITING})


Chosen = Mapping[TicketId, PersonId | None]
NOTHING_CHOSEN: Chosen = MappingProxyType({})


@dataclass(frozen=True)
class Moved:
    """``to`` is None for what went back to its desk."""

    ticket: Ticket
    to: PersonId | None


def given(moves: Sequence[Moved]) -> int:
    return sum(move.to is not None for move in moves)


def pooled(moves: Sequence[Moved]) -> int:
    return sum(move.to is None for move in moves)


async def clear_desk_of(
    person: PersonId, reason: str, unit: Unit, chosen: Chosen = NOTHING_CHOSEN
) -> Sequence[Moved]:
    """Everything that is theirs. Answers the tickets that they worked on."""
    moves = await _hand_over_work(person, reason, unit, chosen)
    await _redirect_offers(person, reason, unit)
    await _stop_watching(person, unit)
    await pass_over(person, unit)
    return moves


async def clear_for_leave(leave: Leave, unit: Unit) -> Sequence[Moved]:
    """The same, remembered, so that it can be offered back."""
    chosen = {choice.ticket: choice.to for choice in await unit.leaves.chosen(leave.id)}
    moves = await clear_desk_of(leave.person, "请假移交", unit, chosen)
    for move in moves:
        await unit.leaves.note_handed(Handed(leave.id, move.ticket.id, move.to))
    return moves


async def rehome_reopened(ticket: Ticket, unit: Unit) -> None:
    """A reaction: it goes straight back to whoever solved it (flow I), unless that one is away."""
    owner = ticket.assignee
    if owner is not None and ticket.state in WORKED_ON and not await unit.duty.is_here(owner):
        await _hand_over(ticket, owner, "原负责人不在岗", unit)


async def _hand_over_work(person: PersonId, reason: str, unit: Unit, chosen: Chosen) -> Sequence[Moved]:
    moves: list[Moved] = []
    for ref in await unit.holdings.held_by(person):
        ticket = await unit.tickets.find(ref)
        if ticket.assignee == person and ticket.state in WORKED_ON:
            moves.append(Moved(ticket, await _hand_over_as(chosen, ticket, person, reason, unit)))
    return moves


async def _hand_over_as(
    chosen: Chosen, ticket: Ticket, person: PersonId, reason: str, unit: Unit
) -> PersonId | None:
    """As chosen; the usual way for what was not, and when the chosen one is away by now."""
    if ticket.id not in chosen:
        return await _hand_over(ticket, person, reason, unit)
    heir = chosen[ticket.id]
    if heir is None:
        ticket.release(unit.actor, reason, unit.now)
        return None
    if not await unit.duty.is_here(heir):
        return await _hand_over(ticket, person, reason, unit)
    ticket.hand_over(unit.actor, heir, reason, unit.now)
    return heir


async def _hand_over(ticket: Ticket, person: PersonId, reason: str, unit: Unit) -> PersonId | None:
    heir = await unit.duty.stand_in(person) or await unit.duty.on_duty(ticket.desk, unit.now)
    if heir is None:
        ticket.release(unit.actor, reason, unit.now)
    else:
        ticket.hand_over(unit.actor, heir, reason, unit.now)
    return heir


async def _redirect_offers(person: PersonId, reason: str, unit: Unit) -> None:
    """Flow G: whoever offers something to somebody on leave is offered the deputy."""
    deputy = await unit.duty.stand_in(person)
    for ref in await unit.holdings.offered_to(person):
        ticket = await unit.tickets.find(ref)
        if ticket.transfer is None or ticket.transfer.to != person or ticket.state not in UNFINISHED:
            continue
        key = f"transfer:{ticket.id}"
        if deputy is None or deputy == ticket.assignee:
            ticket.withdraw_offer(unit.actor, reason, unit.now)
            await unit.timers.cancel(key)
        else:
            ticket.redirect_offer(unit.actor, deputy, unit.now)
            await unit.timers.set(key, ticket.id, unit.now + OFFER_LASTS)


async def _stop_watching(person: PersonId, unit: Unit) -> None:
    """Who said 我来跟 has stopped the ladder: the deputy goes on watching, or it rings again."""
    deputy = await unit.duty.stand_in(person)
    for ref in await unit.holdings.watched_by(person):
        ticket = await unit.tickets.find(ref)
        policy = await policy_of(ticket, unit)
        for deadline in await unit.deadlines.of(ticket.id):
            if deadline.is_open and deadline.taken_by == person:
                deadline.taken_by = deputy
                if policy is not None:
                    await schedule(deadline, policy, unit)
