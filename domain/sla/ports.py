"""What the clock needs from one transaction, beyond what tickets need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.base import Event, TicketId
from domain.sla.deadline import Deadline
from domain.sla.policy import Goal, Policy
from domain.tickets import ports


class Deadlines(Protocol):
    async def of(self, ticket: TicketId) -> Sequence[Deadline]:
        """The newest cycle of each goal."""

    async def get(self, ticket: TicketId, goal: Goal) -> Deadline | None: ...

    async def add(self, deadline: Deadline) -> None: ...


class Policies(Protocol):
    async def named(self, name: str) -> Policy | None:
        """None for a desk that promises nothing."""


class Past(Protocol):
    async def of(self, ticket: TicketId) -> Sequence[Event]:
        """What happened, in order, as far as the clock hears of it (``HEARD``) or told of it (``TOLD``)."""


class Unit(ports.Unit, Protocol):
    @property
    def past(self) -> Past: ...

    @property
    def deadlines(self) -> Deadlines: ...

    @property
    def policies(self) -> Policies: ...
