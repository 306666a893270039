"""What the clock needs from one transaction, beyond what tickets need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.base import Event, PersonId, TicketId
from domain.sla.deadline import Deadline
from domain.sla.gathering import Gathering
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


class Watch(Protocol):
    """Who is on duty. ``domain.duty`` knows; the clock only asks."""

    async def on_duty(self, desk: str, at: datetime) -> PersonId | None: ...


class Reach(Protocol):
    def is_open(self, platform: str) -> bool:
        """Whether it is connected, and answered when it was last spoken to."""


class Everywhere:
    """Where nothing is known of platforms."""

    def is_open(self, platform: str) -> bool:
        return True


class Unit(ports.Unit, Protocol):
    @property
    def past(self) -> Past: ...

    @property
    def duty(self) -> Watch: ...

    @property
    def reach(self) -> Reach: ...

    @property
    def gathering(self) -> Gathering: ...

    @property
    def deadlines(self) -> Deadlines: ...

    @property
    def policies(self) -> Policies: ...
