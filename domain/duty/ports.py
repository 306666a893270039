"""What duty needs from one transaction, beyond what tickets and the clock need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.base import PersonId, TicketId, TicketRef
from domain.dispatch import ports as dispatch
from domain.duty.events import DutyEvent
from domain.duty.leave import Leave
from domain.duty.roster import Roster
from domain.duty.swap import Swap
from domain.people import people
from domain.sla import ports


@dataclass(frozen=True)
class Handed:
    """One ticket that a leave moved; ``to`` is None when it went back to its desk."""

    leave: int
    ticket: TicketId
    to: PersonId | None


class Leaves(Protocol):
    async def get(self, leave: int) -> Leave:
        """Raises NoSuchLeave."""

    async def of(self, person: PersonId) -> Sequence[Leave]:
        """Theirs that are neither over nor cancelled, in order of their begin."""

    async def deputized_to(self, person: PersonId) -> Sequence[Leave]:
        """In which ``person`` is asked or has agreed, and that are not over."""

    async def add(self, leave: Leave) -> None:
        """Gives the leave its id."""

    async def note_handed(self, handed: Handed) -> None: ...

    async def handed(self, leave: int) -> Sequence[Handed]: ...

    async def choose(self, chosen: Handed) -> None:
        """Where one ticket is to go when the leave begins. A later choice replaces an earlier one."""

    async def chosen(self, leave: int) -> Sequence[Handed]: ...


class Rosters(Protocol):
    async def get(self, desk: str) -> Roster | None: ...

    async def all(self) -> Sequence[Roster]: ...

    async def swap(self, swap: int) -> Swap:
        """Raises NoSuchSwap."""

    async def swaps_of(self, person: PersonId) -> Sequence[Swap]:
        """Not answered yet, given or taken by ``person``."""

    async def add_swap(self, swap: Swap) -> None: ...


class Holdings(Protocol):
    """What is somebody's, as the database has it: what this unit has changed shows only after it."""

    async def held_by(self, person: PersonId) -> Sequence[TicketRef]:
        """In progress or waiting."""

    async def offered_to(self, person: PersonId) -> Sequence[TicketRef]:
        """Unfinished tickets whose transfer waits for this person."""

    async def watched_by(self, person: PersonId) -> Sequence[TicketRef]:
        """Whose escalation this person has stopped with 我来跟."""

    async def orphaning(self) -> Sequence[PersonId]:
        """People who are on leave or have left, and still hold, are offered, are asked to take or watch something."""

    async def open_at(self, desk: str) -> Sequence[TicketId]:
        """Unfinished tickets of a desk that nobody has."""

    async def told_of(self, tickets: Sequence[TicketId]) -> frozenset[TicketId]:
        """Those of which somebody was told that nobody is there."""

    async def tell_of(self, tickets: Sequence[TicketId]) -> None: ...

    async def forget_told(self, desk: str) -> None:
        """Somebody is there again: the next time it is news."""


class Journal(Protocol):
    def record(self, event: DutyEvent) -> None: ...


class Staff(people.People, Protocol):
    async def set_active(self, person: PersonId, *, active: bool) -> None: ...

    async def find_closed(self, ref: people.PersonRef) -> people.Person:
        """Also among closed accounts. Raises UnknownPerson or AmbiguousPerson."""


class Attendance(Protocol):
    """``domain.duty.attendance`` has the only real one."""

    async def on_duty(self, desk: str, at: datetime) -> PersonId | None: ...

    async def available(self, person: PersonId, at: datetime) -> bool: ...

    async def is_here(self, person: PersonId) -> bool: ...

    async def stand_in(self, person: PersonId) -> PersonId | None: ...


class Unit(ports.Unit, dispatch.Unit, Protocol):
    @property
    def people(self) -> Staff: ...

    @property
    def leaves(self) -> Leaves: ...

    @property
    def rosters(self) -> Rosters: ...

    @property
    def holdings(self) -> Holdings: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def duty(self) -> Attendance: ...
