"""Who answers for somebody: the leads of their desks, else the administrators. There is always one to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.base import PersonId, Role
from domain.duty.ports import Attendance
from domain.people.people import Desk, Desks, People


class Sources(Protocol):
    @property
    def people(self) -> People: ...

    @property
    def desks(self) -> Desks: ...

    @property
    def duty(self) -> Attendance: ...


async def leads_of(person: PersonId, unit: Sources) -> Sequence[PersonId]:
    """Not themselves, and only who is there to hear it."""
    desks = [desk for desk in await unit.desks.all() if desk.serves(person)]
    return await _or_admins([desk.lead for desk in desks if desk.lead != person], unit)


async def leads_at(desk: Desk, unit: Sources) -> Sequence[PersonId]:
    return await _or_admins([desk.lead], unit)


async def _or_admins(leads: Sequence[PersonId | None], unit: Sources) -> Sequence[PersonId]:
    there = [lead for lead in dict.fromkeys(leads) if lead is not None and await _is_here(lead, unit)]
    if there:
        return there
    return [admin.id for admin in await unit.people.with_role(Role.ADMIN)]


async def _is_here(lead: PersonId, unit: Sources) -> bool:
    return await unit.duty.is_here(lead)
