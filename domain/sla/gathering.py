"""Calls that may be told together: several tickets in one group within five minutes are one card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.base import Command, Conversation, PersonId, TicketId
from domain.sla.policy import Goal

TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True)
class Waiting:
    """One call that ``place`` has not been told of. ``late`` says when it should have been, if that is long ago.

    ``lost`` could not be reached before, and ``told`` is everybody whom the level has called so far.
    """

    place: Conversation | PersonId
    ticket: TicketId
    goal: Goal
    stage: int
    late: datetime | None = None
    called: tuple[PersonId, ...] = ()
    lost: tuple[Conversation | PersonId, ...] = ()
    told: tuple[Conversation | PersonId, ...] = ()


@dataclass(frozen=True)
class Posting:
    """What one place is told at once."""

    id: int
    waiting: tuple[Waiting, ...]

    @property
    def place(self) -> Conversation | PersonId:
        return self.waiting[0].place

    @property
    def entries(self) -> Sequence[Waiting]:
        """One for each promise, with the highest level that it has reached."""
        return highest(self.waiting)

    @property
    def called(self) -> tuple[PersonId, ...]:
        return tuple(dict.fromkeys(person for one in self.waiting for person in one.called))


class Gathering(Protocol):
    async def add(self, waiting: Waiting) -> None: ...

    async def take(self, quiet_since: datetime) -> Sequence[Posting]:
        """All that waits for places which were told nothing since then. Nobody else can take it again."""


class Unit(Protocol):
    @property
    def now(self) -> datetime: ...

    @property
    def gathering(self) -> Gathering: ...


@dataclass(frozen=True)
class PostCalls(Command[Sequence[Posting]]):
    """The first call in a quiet place is told at once, and what follows within five minutes after them, together."""


async def post_calls(command: PostCalls, unit: Unit) -> Sequence[Posting]:
    return await unit.gathering.take(unit.now - TOGETHER)


def highest(waiting: Iterable[Waiting]) -> Sequence[Waiting]:
    found: Mapping[tuple[TicketId, Goal], Waiting] = {
        (one.ticket, one.goal): one for one in sorted(waiting, key=lambda one: one.stage)
    }
    return sorted(found.values(), key=lambda one: (-one.stage, one.ticket, one.goal.value))
