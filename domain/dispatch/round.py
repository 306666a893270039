"""One ticket's round: who has been asked, who is being asked, until when. At most one person at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.base import PersonId, TicketId
from domain.people.people import Strategy


@dataclass(frozen=True)
class Offer:
    to: PersonId
    at: datetime
    until: datetime


@dataclass(kw_only=True, eq=False)
class Round:
    ticket: TicketId
    desk: str
    strategy: Strategy
    offer_for: timedelta
    rule: str = ""  # the name of the rule that chose the strategy or the skill
    skill: str = ""  # only who has it is asked; "" is everybody
    asked: tuple[PersonId, ...] = ()  # or had it; nobody is asked twice
    offer: Offer | None = None
    exhausted: bool = False  # everybody was asked, and everybody has been told so

    def ask(self, person: PersonId, now: datetime) -> Offer:
        assert self.offer is None
        self.offer = Offer(person, now, now + self.offer_for)
        self.passed(person)
        self.exhausted = False
        return self.offer

    def passed(self, person: PersonId) -> None:
        """Somebody who was asked, who had it, or who said no: no candidate any more."""
        if person not in self.asked:
            self.asked = (*self.asked, person)

    def withdraw(self) -> None:
        self.offer = None

    def is_due(self, now: datetime) -> bool:
        return self.offer is not None and now >= self.offer.until
