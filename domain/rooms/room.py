"""One ticket's war room: where it is, who belongs there and who is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from domain.base import Conversation, PersonId, TicketId
from domain.tickets.ticket import Ticket

NAME_CHARS = 50


class Stage(Enum):
    WANTED = "wanted"  # asked for, not yet made
    OPEN = "open"
    CLOSED = "closed"  # the ticket is over: nothing is said there any more
    GONE = "gone"  # it could not be made, or somebody has ended it


class Part(Enum):
    """Why somebody belongs there. Who is there for the desk leaves when the ticket leaves that desk."""

    DESK = "desk"  # its lead, who is on duty, or all of it when nobody is
    ASSIGNEE = "assignee"
    REQUESTER = "requester"
    CALLED = "called"  # by an escalation
    ASKED = "asked"  # for the room, or to be let in


class Trouble(Enum):
    """Why there is no room."""

    TOO_FEW = "too_few"
    NO_RIGHT = "no_right"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    ENDED = "ended"


@dataclass(kw_only=True, eq=False)
class Room:
    ticket: TicketId
    nth: int  # a room that is gone may be followed by another one
    place: Conversation
    name: str
    stage: Stage = Stage.WANTED
    asked_by: PersonId
    since: datetime
    people: dict[PersonId, Part] = field(default_factory=dict)  # who comes first owns it
    inside: frozenset[PersonId] = frozenset()
    lacking: frozenset[PersonId] = frozenset()  # who belongs there and could not be added

    @property
    def is_there(self) -> bool:
        return self.stage in {Stage.WANTED, Stage.OPEN}

    @property
    def is_settled(self) -> bool:
        """Whether everybody who belongs there was added, or tried."""
        return self.people.keys() == self.inside | self.lacking

    def knows(self, person: PersonId) -> bool:
        """Whether ``person`` reads what is said there, now or in a moment."""
        return person in self.people or person in self.inside

    def bring(self, people: Mapping[PersonId, Part]) -> None:
        """What somebody was first is what they stay."""
        self.people = {**people, **self.people}

    def let_in(self, person: PersonId) -> None:
        """Because they ask, perhaps once more after they could not be added."""
        self.people = {**self.people, person: Part.ASKED}
        self.lacking -= {person}

    def leave(self, parts: Iterable[Part]) -> None:
        gone = set(parts)
        self.people = {person: part for person, part in self.people.items() if part not in gone}


def key_of(ticket: Ticket, nth: int) -> str:
    """The same for the same room of the same ticket, so that making it twice is making it once; and another one
    in another database, whose tickets may have the same numbers. Letters and digits, 32 of them."""
    told = f"{ticket.number}|{ticket.created_at.isoformat()}|{nth}"
    return f"pd{hashlib.sha256(told.encode()).hexdigest()[:30]}"


def name_of(ticket: Ticket) -> str:
    name = " ".join(f"{ticket.number} {ticket.title}".split())
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…"
