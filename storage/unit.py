"""One transaction as the domain sees it: its repositories, its events, and what has to follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Actor, Event
from domain.dispatch.rules import NO_RULES, Rulebook
from domain.duty.attendance import Attendance
from domain.duty.events import DutyEvent
from domain.files.file import USUAL_CAPS, Caps
from domain.sla.policy import Policy
from domain.sla.ports import Everywhere, Reach
from domain.sla.waiting import DaysOfWork
from domain.tickets.ticket import Ticket
from storage import once, outbox, prompts, timers
from storage.chain import Chain
from storage.deadlines import SqlDeadlines
from storage.desks import SqlDesks
from storage.duty import DutyJournal
from storage.events import Journal
from storage.files import SqlFiles
from storage.gathering import SqlGathering
from storage.holdings import SqlHoldings
from storage.identities import SqlIdentities
from storage.leaves import SqlLeaves
from storage.outbox import Queued
from storage.past import SqlPast
from storage.people_rows import SqlPeople
from storage.prompts import Prompt
from storage.rooms import SqlRooms
from storage.rosters import SqlRosters
from storage.rounds import SqlRounds
from storage.tickets import SqlTickets
from storage.timers import DueTimer, SqlTimers

if TYPE_CHECKING:
    from domain.duty.ports import Unit
    from domain.files import ports as files_ports
    from domain.rooms import ports as rooms_ports


class NamedPolicies:
    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies

    async def named(self, name: str) -> Policy | None:
        return self._policies.get(name)


class SqlUnit:
    """Whoever opens it says ``flush`` when all is done, before the transaction ends."""

    def __init__(
        self,
        connection: AsyncConnection,
        *,
        actor: Actor,
        now: datetime,
        policies: Mapping[str, Policy],
        rulebook: Rulebook = NO_RULES,
        reach: Reach | None = None,
        caps: Caps = USUAL_CAPS,
        room_door: str = "",
    ) -> None:
        self.actor = actor
        self.now = now
        self._connection = connection
        self._queued: list[Queued] = []
        self._journal = Journal()
        self._chain = Chain(connection)
        self.tickets = SqlTickets(connection, actor, self._journal, self._chain)
        self.people = SqlPeople(connection)
        self.desks = SqlDesks(connection)
        self.files = SqlFiles(connection)
        self.caps = caps
        self.timers = SqlTimers(connection)
        self.deadlines = SqlDeadlines(connection, self.tickets.is_new)
        self.past = SqlPast(connection)
        self.policies = NamedPolicies(policies)
        self.reach: Reach = reach or Everywhere()
        self.gathering = SqlGathering(connection, now)
        self.rounds = SqlRounds(connection, self.tickets.is_new)
        self.rulebook = rulebook
        self.rooms = SqlRooms(connection, self.tickets.is_new)
        self.room_door = room_door
        self.leaves = SqlLeaves(connection)
        self.rosters = SqlRosters(connection, now)
        self.holdings = SqlHoldings(connection)
        self.identities = SqlIdentities(connection, now)
        self.journal = DutyJournal()
        self.duty = self.presence = Attendance(self)
        self.days_of_work = DaysOfWork(self)

    async def served(self, key: str) -> str | None:
        """The answer given when ``key`` was served, or None when it is new."""
        return await once.served(self._connection, key)

    async def serve(self, key: str, answer: str) -> None:
        await once.serve(self._connection, key, answer, self.now)

    def fresh_events(self) -> list[tuple[Ticket, Event]]:
        """What was recorded since the last call, in order, over all tickets of the unit."""
        return self._journal.fresh()

    def fresh_duty_events(self) -> Sequence[DutyEvent]:
        """The same, of rosters and leaves."""
        return self.journal.fresh()

    async def enqueue(self, queued: Queued) -> None:
        self._queued.append(queued)

    async def take_timer(self, key: str, due_at: datetime) -> bool:
        """True for exactly one taker."""
        return await timers.take(self._connection, key, due_at)

    async def take_timers(self, due: Sequence[DueTimer]) -> frozenset[str]:
        """The keys of those that are this unit's now."""
        return await timers.take_all(self._connection, due)

    async def ask(self, prompt: Prompt, until: datetime) -> bool:
        """False when the same was asked a moment ago."""
        return await prompts.ask(self._connection, prompt, until)

    async def spend(self, prompt: Prompt) -> bool:
        """True for exactly one spender."""
        return await prompts.spend(self._connection, prompt)

    async def flush(self) -> None:
        """Writes what changed. Raises Conflict when somebody else changed the same ticket meanwhile."""
        await self.tickets.flush()
        await self.deadlines.flush()
        await self.rounds.flush()
        await self.rooms.flush()
        await self.leaves.flush()
        await self.rosters.flush()
        await self.identities.flush()
        self.journal.flush(self._chain)
        await self.timers.flush()
        await self.gathering.flush()
        queued, self._queued = self._queued, []
        await outbox.enqueue(self._connection, queued, self.now)
        await self._chain.flush()  # the last lock, so that nobody waits for another one while holding it


if TYPE_CHECKING:

    def _satisfies_the_domain(unit: SqlUnit) -> Unit:
        return unit

    def _satisfies_files(unit: SqlUnit) -> files_ports.Unit:
        return unit

    def _satisfies_rooms(unit: SqlUnit) -> rooms_ports.Unit:
        return unit
