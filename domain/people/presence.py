"""Whether somebody is there: not on leave, and still with us. ``domain.duty`` knows; whoever hands out work asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from domain.base import Actor, DomainError, PersonId
from domain.people.people import Person


@dataclass(frozen=True)
class Absence:
    """``until`` is None for an account that was closed; ``deputy`` is who answers meanwhile, if anybody is there."""

    person: Person
    until: datetime | None
    deputy: Person | None


class PersonAway(DomainError):
    """Work can't be given to somebody who is not there; the deputy is proposed instead."""

    code: ClassVar[str] = "person_away"

    def __init__(self, absence: Absence) -> None:
        super().__init__(absence.person.name)
        self.name = absence.person.name
        self.until = absence.until
        self.deputy = absence.deputy.name if absence.deputy else ""


class YouAreAway(DomainError):
    """Who is on leave, or has left, takes no work."""

    code: ClassVar[str] = "you_are_away"

    def __init__(self, absence: Absence) -> None:
        super().__init__(absence.person.name)
        self.until = absence.until

    def facts(self) -> Mapping[str, object]:
        return {"until": self.until}


class Presence(Protocol):
    async def absence(self, person: PersonId) -> Absence | None:
        """None for somebody who is there."""


async def require_present(person: PersonId, presence: Presence) -> None:
    absence = await presence.absence(person)
    if absence is not None:
        raise PersonAway(absence)


async def require_here(actor: Actor, presence: Presence) -> None:
    absence = await presence.absence(actor.person)
    if absence is not None:
        raise YouAreAway(absence)
