"""Who works here: people, their accounts on the platforms, and the desks they serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ClassVar, Protocol

from domain.base import Account, Actor, Conversation, DomainError, PersonId, Role
from domain.people.war_rooms import OFF, RoomPolicy

# How people name each other in a chat: "李四", "@李四", a user id, "#7" (id), "platform:user id".
PersonRef = str


@dataclass(frozen=True)
class Person:
    id: PersonId
    name: str
    roles: frozenset[Role] = frozenset({Role.REQUESTER})
    accounts: tuple[Account, ...] = ()
    skills: tuple[str, ...] = ()
    active: bool = True
    closed: tuple[Account, ...] = ()  # of a platform that they have left

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.name, self.roles)


class Strategy(Enum):
    """How a desk hands out what comes in. MANUAL: nobody is asked, whoever likes accepts."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    SKILL = "skill"
    ON_DUTY = "on_duty"


@dataclass(frozen=True)
class Category:
    """One kind of problem at a desk. ``skill`` is what somebody has to know for it; "" is the name itself."""

    name: str
    keywords: tuple[str, ...] = ()
    skill: str = ""

    @property
    def needs(self) -> str:
        return self.skill or self.name


OFFER_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Desk:
    """A group of people who serve one kind of ticket. ``channels`` are group chats that get its cards."""

    key: str
    name: str
    prefix: str
    lead: PersonId | None = None
    members: tuple[PersonId, ...] = ()
    channels: tuple[Conversation, ...] = ()
    keywords: tuple[str, ...] = ()
    sla: str = ""
    dispatch: Strategy = Strategy.MANUAL
    offer_for: timedelta = OFFER_FOR
    categories: tuple[Category, ...] = ()
    war_room: RoomPolicy = OFF

    def serves(self, person: PersonId) -> bool:
        return person in self.members or person == self.lead

    def category(self, name: str) -> Category | None:
        return next((category for category in self.categories if category.name == name), None)


class UnknownPerson(DomainError):
    code: ClassVar[str] = "unknown_person"

    def __init__(self, ref: PersonRef) -> None:
        super().__init__(f"没有找到「{ref.lstrip('@')}」，请写全名，或直接 @ 对方。")
        self.ref = ref


class AmbiguousPerson(DomainError):
    code: ClassVar[str] = "ambiguous_person"

    def __init__(self, ref: PersonRef, names: Sequence[str]) -> None:
        super().__init__(f"「{ref.lstrip('@')}」不止一人：{'、'.join(names)}。请直接 @ 对方。")
        self.ref = ref
        self.names = tuple(names)


class UnknownDesk(DomainError):
    code: ClassVar[str] = "unknown_desk"

    def __init__(self, ref: str) -> None:
        super().__init__(f"没有「{ref}」这个服务台。")
        self.ref = ref


class People(Protocol):
    async def get(self, person: PersonId) -> Person: ...

    async def find(self, ref: PersonRef) -> Person:
        """Raises UnknownPerson or AmbiguousPerson."""

    async def with_role(self, role: Role) -> Sequence[Person]: ...


class Desks(Protocol):
    async def get(self, key: str) -> Desk:
        """Raises UnknownDesk."""

    async def find(self, ref: str) -> Desk | None:
        """By key or name; None when no desk is called so (it may be a person)."""

    async def all(self) -> Sequence[Desk]: ...
