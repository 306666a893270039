"""Two accounts of one human become one person, and part again. Whoever asks has proven both accounts before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from domain.base import Account, Command, DomainError, PersonId
from domain.duty import ports
from domain.duty.advancing import lose_deputy
from domain.duty.errors import AlreadySettled, NotYours
from domain.duty.events import PeopleJoined, PeopleSplit, SwapDeclined
from domain.duty.leave import BEFORE_IT
from domain.duty.swap import Offer
from domain.duty.swapping import record
from domain.people.people import Person


class CantJoin(DomainError):
    code: ClassVar[str] = "cant_join"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}。")


class Identities(Protocol):
    async def behind(self, account: Account) -> Person:
        """Raises UnknownPerson."""

    async def known(self, account: Account) -> Person | None:
        """Also by an account that was closed; None for whom nobody has seen."""

    async def close(self, account: Account) -> None:
        """Nothing comes in by it any more, and whoever is logged in with it is out."""

    async def rename(self, account: Account, became: Account) -> None: ...

    async def joined_last(self, kept: PersonId) -> PersonId | None:
        """Who became ``kept`` last, and has not parted since."""

    def join(self, kept: PersonId, gone: PersonId) -> None:
        """All that is ``gone``'s is ``kept``'s when the unit ends. Events keep their author."""

    def split(self, kept: PersonId, gone: PersonId) -> None:
        """Back again, but for what has changed hands since."""


class Unit(ports.Unit, Protocol):
    @property
    def identities(self) -> Identities: ...


@dataclass(frozen=True)
class JoinPeople(Command[str]):
    """Answers the name of who they are from now on."""

    one: Account
    other: Account


@dataclass(frozen=True)
class SplitPeople(Command[str]):
    """``who`` is "" for oneself. Answers the name of who is a person of their own again."""

    who: str = ""


async def join_people(command: JoinPeople, unit: Unit) -> str:
    one, other = await unit.identities.behind(command.one), await unit.identities.behind(command.other)
    if unit.actor.person not in {one.id, other.id} and not unit.actor.is_admin:
        raise NotYours("本人")
    if one.id == other.id:
        raise AlreadySettled("这两个账号已经是同一个人")
    _require_joinable(one, other)
    kept, gone = await _in_order(one, other, unit)
    await _settle_between(kept.id, gone.id, unit)
    unit.identities.join(kept.id, gone.id)
    unit.journal.record(
        PeopleJoined(
            at=unit.now,
            by=unit.actor.person,
            kept=kept.id,
            gone=gone.id,
            accounts=tuple(f"{account.platform}:{account.user_id}" for account in gone.accounts),
        )
    )
    return kept.name


async def split_people(command: SplitPeople, unit: Unit) -> str:
    who = await unit.people.find(command.who) if command.who else await unit.people.get(unit.actor.person)
    if who.id != unit.actor.person and not unit.actor.is_admin:
        raise NotYours("本人或管理员")
    gone = await unit.identities.joined_last(who.id)
    if gone is None:
        raise CantJoin(f"{who.name}没有绑定过其他账号")
    unit.identities.split(who.id, gone)
    unit.journal.record(PeopleSplit(at=unit.now, by=unit.actor.person, kept=who.id, gone=gone))
    return who.name


def _require_joinable(one: Person, other: Person) -> None:
    if not one.active or not other.active:
        raise CantJoin("其中一个账号已停用，请先联系管理员")
    both = {a.platform for a in one.accounts} & {a.platform for a in other.accounts}
    if both:
        raise CantJoin(
            "两边在同一个平台上都有账号，说明是两个人，或者已经绑定过别的账号。要改绑请先说「解除绑定」"
        )


async def _in_order(one: Person, other: Person, unit: Unit) -> tuple[Person, Person]:
    """Who serves a desk stays who they are; else whom we have known longer."""
    desks = await unit.desks.all()

    def weight(person: Person) -> tuple[bool, int, int]:
        return any(desk.serves(person.id) for desk in desks), len(person.roles), -person.id

    return (one, other) if weight(one) > weight(other) else (other, one)


async def _settle_between(kept: PersonId, gone: PersonId, unit: Unit) -> None:
    """What one of the two asked of the other has nobody left to answer it."""
    for giver, taker in ((kept, gone), (gone, kept)):
        for ref in await unit.holdings.offered_to(taker):
            ticket = await unit.tickets.find(ref)
            if ticket.assignee == giver and ticket.transfer is not None:
                ticket.withdraw_offer(unit.actor, "已是同一个人", unit.now)
                await unit.timers.cancel(f"transfer:{ticket.id}")
        for leave in await unit.leaves.of(giver):
            if leave.deputy == taker and leave.phase in BEFORE_IT:
                lose_deputy(leave, unit, silent=False)
    for swap in await unit.rosters.swaps_of(gone):
        if {swap.giver, swap.taker} == {kept, gone}:
            swap.settle(Offer.DECLINED)
            record(SwapDeclined, swap, unit)
