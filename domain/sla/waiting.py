"""How long silence is waited for: days of work, by the calendar of the policy that the ticket is held to."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.people.people import Desks
from domain.sla.calendar import PlainTime
from domain.sla.ports import Policies
from domain.tickets.ticket import Ticket


class Sources(Protocol):
    """The part of a unit that is asked."""

    @property
    def desks(self) -> Desks: ...

    @property
    def policies(self) -> Policies: ...


class DaysOfWork:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def after(self, ticket: Ticket, start: datetime, days: int) -> datetime:
        """Where nothing is promised, or around the clock, every day is one."""
        desk = await self._sources.desks.find(ticket.desk) if ticket.desk else None
        policy = await self._sources.policies.named(desk.sla) if desk else None
        return (policy.calendar if policy else PlainTime()).days_after(start, days)
