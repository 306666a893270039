"""Asking one person after the other, and stopping when somebody has it. Reactions to the life of a ticket.

Each answers one event, in the transaction of that event. ``bot.catalog`` says which answers which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import CLOCK, PersonId
from domain.dispatch.candidates import next_person
from domain.dispatch.events import NobodyToAsk, OfferLapsed, OfferMade, OfferWithdrawn
from domain.dispatch.ports import Unit
from domain.dispatch.round import Round
from domain.dispatch.rules import Rule, subject_of
from domain.people.people import Strategy
from domain.tickets.command import TicketCommand, enter
from domain.tickets.states import State
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class ExpireOffer(TicketCommand[None]):
    """The clock's: whoever is being asked had their time."""

    verb: ClassVar[str] = "pass"


# ── beginning ──


async def dispatch_opened(ticket: Ticket, unit: Unit) -> None:
    """The rules are asked once in a ticket's life, when it is opened: what people move later stays there."""
    rule = await _rule_for(ticket, unit)
    if rule is not None and rule.desk not in {"", ticket.desk} and await unit.desks.find(rule.desk):
        # A desk that only the file knows, because nobody applied it yet, gets nothing.
        ticket.file_under(CLOCK, rule.desk, f"派单规则「{rule.name}」", unit.now)
    await _begin(ticket, rule, unit)


async def _rule_for(ticket: Ticket, unit: Unit) -> Rule | None:
    if not unit.rulebook.rules:
        return None
    requester = await unit.people.get(ticket.requester)
    return unit.rulebook.first_match(subject_of(ticket, requester, unit.now))


async def dispatch_moved(ticket: Ticket, unit: Unit) -> None:
    """Another desk, another round; unless a rule moved it, whose round has begun."""
    before = await unit.rounds.of(ticket.id)
    if before is None or before.desk != ticket.desk:
        await _begin(ticket, None, unit)


async def dispatch_reopened(ticket: Ticket, unit: Unit) -> None:
    """Whoever solved it goes on; if nobody did, it is handed out as if it were new."""
    if ticket.state is State.OPEN:
        await _begin(ticket, None, unit)


async def _begin(ticket: Ticket, rule: Rule | None, unit: Unit) -> None:
    desk = await unit.desks.get(ticket.desk)
    strategy = rule.strategy if rule and rule.strategy else desk.dispatch
    before = await unit.rounds.of(ticket.id)
    if strategy is Strategy.MANUAL and before is None:
        return
    round_ = Round(
        ticket=ticket.id,
        desk=desk.key,
        strategy=strategy,
        offer_for=desk.offer_for,
        rule=rule.name if rule and (rule.strategy or rule.skill) else "",
        skill=rule.skill if rule else "",
    )
    await _withdraw(ticket, before, unit)
    await unit.rounds.add(round_)
    await _ask_next(ticket, round_, unit)


# ── going on ──


async def expire_offer(command: ExpireOffer, unit: Unit) -> None:
    ticket = await enter(command, unit)
    round_ = await unit.rounds.of(ticket.id)
    if round_ is None or round_.offer is None or not round_.is_due(unit.now):
        return
    ticket.record(OfferLapsed(at=unit.now, by=unit.actor.person, to=round_.offer.to))
    await _withdraw(ticket, round_, unit)
    await _ask_next(ticket, round_, unit)


async def pass_declined(ticket: Ticket, unit: Unit) -> None:
    """Who says no is out of the round, asked or not; the one who is being asked meanwhile stays asked."""
    round_ = await unit.rounds.of(ticket.id)
    if round_ is None:
        return
    who = unit.actor.person
    round_.passed(who)
    if round_.offer is not None and round_.offer.to == who:
        await _withdraw(ticket, round_, unit)
    await _ask_next(ticket, round_, unit)


async def pass_on(ticket: Ticket, unit: Unit) -> None:
    """Released, or a transfer came back: whoever had it is out of the round already."""
    round_ = await unit.rounds.of(ticket.id)
    if round_ is not None:
        await _ask_next(ticket, round_, unit)


async def pass_over(person: PersonId, unit: Unit) -> None:
    """``person`` is away from now on: what they are being asked, the next one is asked at once."""
    # All tickets first, so that no ticket is waited for while a desk's turn is held.
    asked = [await unit.tickets.find(ref) for ref in await unit.rounds.asked_of(person)]
    for ticket in asked:
        round_ = await unit.rounds.of(ticket.id)
        if round_ is None or round_.offer is None or round_.offer.to != person:
            continue
        ticket.record(OfferWithdrawn(at=unit.now, by=CLOCK.person, to=person))
        await _withdraw(ticket, round_, unit)
        await _ask_next(ticket, round_, unit)


async def stand_by(ticket: Ticket, unit: Unit) -> None:
    """Somebody asks a colleague of their own accord: two are never asked at once."""
    round_ = await unit.rounds.of(ticket.id)
    if round_ is not None and ticket.transfer is not None:
        round_.passed(ticket.transfer.to)
        await _withdraw(ticket, round_, unit)


async def stop_asking(ticket: Ticket, unit: Unit) -> None:
    """Somebody has it, or it is over."""
    round_ = await unit.rounds.of(ticket.id)
    if round_ is None:
        return
    if ticket.assignee is not None:
        round_.passed(ticket.assignee)
    round_.exhausted = False
    await _withdraw(ticket, round_, unit)


# ── one step ──


async def _ask_next(ticket: Ticket, round_: Round, unit: Unit) -> None:
    waits = ticket.state is State.OPEN and ticket.transfer is None
    if not waits or round_.offer is not None or round_.strategy is Strategy.MANUAL:
        return
    person = await next_person(ticket, round_, unit)
    if person is None:
        _give_up(ticket, round_, unit)
        return
    offer = round_.ask(person, unit.now)
    await unit.rounds.pass_turn(round_.desk, person)
    await unit.timers.set(f"offer:{ticket.id}", ticket.id, offer.until)
    ticket.record(
        OfferMade(
            at=unit.now,
            by=CLOCK.person,
            to=person,
            until=offer.until,
            strategy=round_.strategy.value,
            rule=round_.rule,
        )
    )


def _give_up(ticket: Ticket, round_: Round, unit: Unit) -> None:
    if not round_.exhausted:
        round_.exhausted = True
        ticket.record(NobodyToAsk(at=unit.now, by=CLOCK.person, asked=len(round_.asked)))


async def _withdraw(ticket: Ticket, round_: Round | None, unit: Unit) -> None:
    if round_ is not None and round_.offer is not None:
        round_.withdraw()
        await unit.timers.cancel(f"offer:{ticket.id}")
