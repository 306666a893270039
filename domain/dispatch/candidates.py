"""Who may be asked, read no further than the strategy needs: desks may have many members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain.base import PersonId
from domain.dispatch.choosing import Candidate, choose, in_turn
from domain.dispatch.ports import Unit
from domain.dispatch.round import Round
from domain.people.people import Desk, Strategy
from domain.tickets.ticket import Ticket

_COUNTS_WORK = frozenset({Strategy.LEAST_LOADED, Strategy.SKILL})


async def next_person(ticket: Ticket, round_: Round, unit: Unit) -> PersonId | None:
    """None: nobody who is there and knows enough is left to be asked."""
    desk = await unit.desks.get(round_.desk)
    needed = frozenset(_needed(ticket, round_, desk))
    candidates = await _candidates(ticket, round_, desk, unit)
    # Only of who would be asked are leaves and skills read; what is true of the others changes nothing.
    while (person := choose(round_.strategy, candidates)) is not None:
        if await _fits(person, needed, unit):
            return person
        candidates = [candidate for candidate in candidates if candidate.person != person]
    return None


async def _candidates(ticket: Ticket, round_: Round, desk: Desk, unit: Unit) -> list[Candidate]:
    """In turn."""
    on_duty = await unit.duty.on_duty(desk.key, unit.now) if round_.strategy is Strategy.ON_DUTY else None
    seats = _seats(desk, on_duty)
    # The turn before the loads: it is locked, and what others asked until then is counted.
    last = await unit.rounds.last_asked(desk.key)
    # Nobody is sent their own problem.
    free = [p for p in in_turn(seats, last) if p not in round_.asked and p != ticket.requester]
    loads: Mapping[PersonId, int] = (
        await unit.rounds.loads(free) if round_.strategy in _COUNTS_WORK else dict.fromkeys(free, 0)
    )
    return [Candidate(p, loads[p], is_on_duty=p == on_duty) for p in free]


def _seats(desk: Desk, on_duty: PersonId | None) -> Sequence[PersonId]:
    """The members; a lead who is no member is asked only when on duty."""
    if on_duty is not None and desk.serves(on_duty):
        return tuple(dict.fromkeys([*desk.members, on_duty]))
    return desk.members


def _needed(ticket: Ticket, round_: Round, desk: Desk) -> Iterator[str]:
    """What the rule wants of whoever is asked, and, when the desk goes by skill, what the category wants."""
    if round_.skill:
        yield round_.skill
    category = desk.category(ticket.category)
    if round_.strategy is Strategy.SKILL and category is not None:
        yield category.needs


async def _fits(person: PersonId, needed: frozenset[str], unit: Unit) -> bool:
    if needed and not needed <= set((await unit.people.get(person)).skills):
        return False
    return await unit.duty.available(person, unit.now)
