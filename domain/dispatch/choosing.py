"""Whom to ask next. Pure, fair and the same every time: who was asked last comes last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.base import PersonId
from domain.people.people import Strategy


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be asked: at the desk, and not asked yet in this round."""

    person: PersonId
    load: int = 0
    is_on_duty: bool = False


def in_turn(seats: Sequence[PersonId], last: PersonId | None) -> Sequence[PersonId]:
    """``seats`` from the one after ``last`` on, once around."""
    if last not in seats:
        return seats
    after = seats.index(last) + 1
    return [*seats[after:], *seats[:after]]


def choose(strategy: Strategy, candidates: Sequence[Candidate]) -> PersonId | None:
    """``candidates`` in turn. None: nobody is to be asked (any more)."""
    return _CHOICES[strategy](candidates)


def _nobody(candidates: Sequence[Candidate]) -> PersonId | None:
    return None


def _next_in_turn(candidates: Sequence[Candidate]) -> PersonId | None:
    return candidates[0].person if candidates else None


def _least_loaded(candidates: Sequence[Candidate]) -> PersonId | None:
    """``min`` keeps the first of equals, so equals take turns."""
    return min(candidates, key=lambda c: c.load).person if candidates else None


def _on_duty(candidates: Sequence[Candidate]) -> PersonId | None:
    return _next_in_turn([c for c in candidates if c.is_on_duty])


_CHOICES: Mapping[Strategy, Callable[[Sequence[Candidate]], PersonId | None]] = {
    Strategy.MANUAL: _nobody,
    Strategy.ROUND_ROBIN: _next_in_turn,
    Strategy.LEAST_LOADED: _least_loaded,
    Strategy.SKILL: _least_loaded,  # who does not know enough is passed over
    Strategy.ON_DUTY: _on_duty,
}
