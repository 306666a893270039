"""What ticket handlers need from one transaction. ``storage.unit.SqlUnit`` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.base import Actor, Conversation, PersonId, TicketId, TicketRef
from domain.people.people import Desks, People
from domain.people.presence import Presence
from domain.tickets.ticket import Ticket


class Tickets(Protocol):
    async def find(self, ref: TicketRef) -> Ticket:
        """By number, bare digits, a draft's number or "#<id>". Raises TicketNotFound or AmbiguousNumber."""

    async def add(self, ticket: Ticket) -> None:
        """Gives the ticket its id, and a draft its number."""

    def is_new(self, ticket: TicketId) -> bool:
        """Whether it was made in this transaction."""

    async def next_number(self, prefix: str) -> str: ...

    async def newest_draft(self, requester: PersonId) -> Ticket | None: ...

    async def newest_in(self, group: Conversation, since: datetime) -> Ticket | None:
        """The newest unfinished one that was opened in ``group`` after ``since``."""

    async def brought(self, key: str) -> Ticket | None:
        """The unfinished one, past its draft, that began with these messages."""

    async def bring(self, key: str, ticket: TicketId) -> None:
        """These messages began ``ticket``; what they began before is forgotten."""

    async def told_in(self, group: Conversation, requester: PersonId, since: datetime) -> Sequence[Ticket]:
        """The few unfinished ones that ``requester`` opened in ``group`` after ``since``, newest first."""


class Timers(Protocol):
    """Due dates as rows. One timer a key: setting it again moves it."""

    async def set(self, key: str, ticket: TicketId, at: datetime) -> None: ...

    async def cancel(self, key: str) -> None: ...


class DaysOfWork(Protocol):
    async def after(self, ticket: Ticket, start: datetime, days: int) -> datetime:
        """The same time of day, so many days of work of the ticket's desk later."""


class Unit(Protocol):
    @property
    def actor(self) -> Actor: ...

    @property
    def now(self) -> datetime: ...

    @property
    def tickets(self) -> Tickets: ...

    @property
    def people(self) -> People: ...

    @property
    def desks(self) -> Desks: ...

    @property
    def timers(self) -> Timers: ...

    @property
    def presence(self) -> Presence: ...

    @property
    def days_of_work(self) -> DaysOfWork: ...
