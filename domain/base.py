"""The four words that carry the design, and the few values every slice shares.

A command asks, an event tells, a refusal complains. (Effects live in ``bot``: they are about showing.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar, Generic, Literal, NewType, TypeVar

R = TypeVar("R")

PersonId = NewType("PersonId", int)
TicketId = NewType("TicketId", int)

# How people name a ticket: "IT-1042", a bare "1042", or a draft's "D-17". ``Tickets.find`` resolves it.
TicketRef = str


class Role(Enum):
    """What somebody is in the whole company; what they are to one ticket is a ``Standing``."""

    REQUESTER = "requester"
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True)
class Account:
    """Who somebody is on one platform. Lookups fold case; ``user_id`` keeps the delivered spelling."""

    platform: str
    user_id: str

    def is_same(self, other: Account) -> bool:
        return (self.platform, self.user_id.casefold()) == (other.platform, other.user_id.casefold())


@dataclass(frozen=True)
class Conversation:
    """A place where things can be said. ``key`` is the platform's own and opaque here."""

    platform: str
    kind: Literal["direct", "group"]
    key: str


@dataclass(frozen=True)
class Actor:
    """The person, rule or clock behind a command."""

    person: PersonId
    name: str
    roles: frozenset[Role] = frozenset()

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles


# Person 0 never exists in storage: time itself acts, and the timeline says so by name.
CLOCK = Actor(PersonId(0), "系统时钟")


class Command(Generic[R]):
    """Something asked for; ``R`` is what its handler answers."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one ticket, in the past tense, kept for ever."""

    kind: ClassVar[str]
    at: datetime
    by: PersonId


class DomainError(Exception):
    """A refusal that a person can read. Subclasses carry the facts; ``str()`` is the zh-CN sentence."""

    code: ClassVar[str] = "refused"

    def facts(self) -> Mapping[str, object]:
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}
