"""What dispatch needs from one transaction, beyond what tickets need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.base import PersonId, TicketId, TicketRef
from domain.dispatch.round import Round
from domain.dispatch.rules import Rulebook
from domain.tickets import ports


class Rounds(Protocol):
    async def of(self, ticket: TicketId) -> Round | None: ...

    async def add(self, round_: Round) -> None:
        """Takes the place of the ticket's round before."""

    async def asked_of(self, person: PersonId) -> Sequence[TicketRef]:
        """What ``person`` is being asked to take, as the database has it."""

    async def last_asked(self, desk: str) -> PersonId | None:
        """Whose turn it was; the desk's turn is locked until the transaction ends."""

    async def pass_turn(self, desk: str, to: PersonId) -> None: ...

    async def loads(self, people: Sequence[PersonId]) -> Mapping[PersonId, int]:
        """What each works on, and what each is being asked to take. Nobody is left out."""


class Duty(Protocol):
    """Who is there. ``domain.duty`` knows; dispatch only asks."""

    async def on_duty(self, desk: str, at: datetime) -> PersonId | None: ...

    async def available(self, person: PersonId, at: datetime) -> bool: ...


class Unit(ports.Unit, Protocol):
    @property
    def rounds(self) -> Rounds: ...

    @property
    def rulebook(self) -> Rulebook: ...

    @property
    def duty(self) -> Duty: ...
