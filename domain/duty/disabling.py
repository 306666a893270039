"""Leavers: the account is closed, and in the same moment nothing is theirs any more."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Actor, Command, PersonId
from domain.duty.advancing import lose_deputy
from domain.duty.errors import AlreadySettled, NotYours
from domain.duty.events import PersonDisabled, PersonEnabled, SwapDeclined
from domain.duty.leave import BEFORE_IT
from domain.duty.ports import Unit
from domain.duty.rehoming import clear_desk_of, given, pooled
from domain.duty.swap import Offer
from domain.duty.swapping import record


@dataclass(frozen=True)
class DisablePerson(Command[None]):
    """An administrator's, or whatever watches the company's address book."""

    who: str


@dataclass(frozen=True)
class EnablePerson(Command[None]):
    who: str


async def disable_person(command: DisablePerson, unit: Unit) -> None:
    _require_admin(unit.actor)
    person = await unit.people.find(command.who)
    if person.id == unit.actor.person:
        raise NotYours("另一位管理员")
    await close(person.id, unit)


async def close(person: PersonId, unit: Unit) -> None:
    await unit.people.set_active(person, active=False)
    await _end_promises(person, unit)
    moves = await clear_desk_of(person, "账号已停用", unit)
    unit.journal.record(
        PersonDisabled(
            at=unit.now,
            by=unit.actor.person,
            person=person,
            given=given(moves),
            pooled=pooled(moves),
        )
    )


async def enable_person(command: EnablePerson, unit: Unit) -> None:
    _require_admin(unit.actor)
    person = await unit.people.find_closed(command.who)
    if person.active and not person.closed:
        raise AlreadySettled(f"{person.name}的账号没有停用")
    await unit.people.set_active(person.id, active=True)
    unit.journal.record(PersonEnabled(at=unit.now, by=unit.actor.person, person=person.id))


async def _end_promises(person: PersonId, unit: Unit) -> None:
    """Leave to come, standing in for others, swaps: all need somebody who is still with us."""
    for leave in await unit.leaves.of(person):
        if leave.phase in BEFORE_IT:
            leave.cancel()
    for leave in await unit.leaves.deputized_to(person):
        lose_deputy(leave, unit, silent=False)
    for swap in await unit.rosters.swaps_of(person):
        swap.settle(Offer.DECLINED)
        record(SwapDeclined, swap, unit)


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise NotYours("管理员")
