"""What a level of the ladder comes to at one moment: who is called, in which groups, now or when work begins again.

``route`` decides from what it is told and changes nothing, so it answers for the past as well as for now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.base import Conversation, PersonId, Role
from domain.people.people import Desk, UnknownPerson
from domain.sla.calendar import Calendar
from domain.sla.policy import Policy
from domain.sla.ports import Unit
from domain.sla.recipients import ON_DUTY, Recipient, Who

URGENT = 3  # from L3 on it can't wait for the morning, and stands alone
AN_INSTANT = timedelta(microseconds=1)
A_SECOND = timedelta(seconds=1)

Callee = PersonId | Conversation


@dataclass(frozen=True)
class Reached:
    """Those of a recipient who can be reached."""

    people: tuple[PersonId, ...] = ()
    groups: tuple[Conversation, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.groups)

    def __add__(self, other: Reached) -> Reached:
        """Nobody is called twice."""
        people = dict.fromkeys([*self.people, *other.people])
        return Reached(tuple(people), tuple(dict.fromkeys([*self.groups, *other.groups])))

    def __sub__(self, other: Reached) -> Reached:
        return self.without([*other.people, *other.groups])

    def without(self, lost: Iterable[Callee]) -> Reached:
        gone = set(lost)
        people = tuple(person for person in self.people if person not in gone)
        return Reached(people, tuple(group for group in self.groups if group not in gone))


@dataclass(frozen=True)
class Route:
    """``until`` is None for at once; otherwise nobody is disturbed before that, and it is asked again then."""

    called: Reached
    until: datetime | None = None


class Whereabouts(Protocol):
    async def of(self, recipient: Recipient) -> Reached:
        """Who that is now, without those who can't be reached. A deputy stands in for who is away."""

    async def is_there(self, recipient: Recipient) -> bool:
        """False for the groups of a desk that has none: nobody has to be called in their stead."""


async def route(
    stage: int, policy: Policy, moment: datetime, where: Whereabouts, lost: Iterable[Callee] = ()
) -> Route:
    """``lost`` are callees who were tried and could not be reached."""
    gone = tuple(lost)
    called = await _called(policy.calls.of(stage), stage, policy, where, gone)
    begins = work_begins(policy.calendar, moment)
    if begins is None or stage >= URGENT:
        return Route(called)
    if not (await where.of(ON_DUTY)).people:
        return Route(Reached(), begins)
    # Outside work hours only the roster says who may be disturbed.
    watch = await _called([ON_DUTY], stage, policy, where, gone)
    return Route(replace(watch, groups=Reached((), (*called.groups, *watch.groups)).groups))


def work_begins(calendar: Calendar, moment: datetime) -> datetime | None:
    """None in work hours. What is due at six sharp is still due today."""
    if calendar.between(moment - A_SECOND, moment + A_SECOND):
        return None
    return calendar.after(moment, AN_INSTANT) - AN_INSTANT


async def _called(
    recipients: Iterable[Recipient],
    stage: int,
    policy: Policy,
    where: Whereabouts,
    lost: tuple[Callee, ...],
) -> Reached:
    wanted = list(recipients)
    there = [recipient for recipient in wanted if await where.is_there(recipient)]
    called = Reached()
    for recipient in there or wanted:
        called += await _first_reached(policy.calls.chain(recipient, stage), where, lost)
    return called


async def _first_reached(chain: Iterable[Recipient], where: Whereabouts, lost: tuple[Callee, ...]) -> Reached:
    for candidate in chain:
        if reached := (await where.of(candidate)).without(lost):
            return reached
    return Reached()


class Around:
    """The whereabouts of one ticket, as one transaction sees them."""

    def __init__(self, assignee: PersonId | None, desk: Desk, unit: Unit) -> None:
        self._assignee = assignee
        self._desk = desk
        self._unit = unit
        self._known: dict[Recipient, Reached] = {}

    async def of(self, recipient: Recipient) -> Reached:
        if recipient not in self._known:
            self._known[recipient] = await self._look(recipient)
        return self._known[recipient]

    async def is_there(self, recipient: Recipient) -> bool:
        return recipient.who is not Who.CHANNELS or bool(self._desk.channels)

    async def _look(self, recipient: Recipient) -> Reached:
        if recipient.who is Who.CHANNELS:
            return self._open(self._desk.channels)
        if recipient.place is not None:
            return self._open([recipient.place])
        there = [await self._there(person) for person in await self._people(recipient)]
        return Reached(tuple(dict.fromkeys(person for person in there if person is not None)))

    def _open(self, groups: Iterable[Conversation]) -> Reached:
        return Reached((), tuple(group for group in groups if self._unit.reach.is_open(group.platform)))

    async def _people(self, recipient: Recipient) -> Iterable[PersonId | None]:
        match recipient.who:
            case Who.ASSIGNEE:
                return [self._assignee]
            case Who.DESK:
                return self._desk.members
            case Who.LEAD:
                return [self._desk.lead]
            case Who.ON_DUTY:
                return [await self._unit.duty.on_duty(self._desk.key, self._unit.now)]
            case Who.ADMINS:
                return [admin.id for admin in await self._unit.people.with_role(Role.ADMIN)]
            case _:
                return [await self._named(recipient.name)]

    async def _named(self, name: str) -> PersonId | None:
        """None for somebody who is gone since the policy was written: the next in the chain is called."""
        try:
            return (await self._unit.people.find(name)).id
        except UnknownPerson:
            return None

    async def _there(self, person: PersonId | None) -> PersonId | None:
        """The person, the deputy of who is away, or None."""
        if person is None:
            return None
        absence = await self._unit.presence.absence(person)
        if absence is None:
            return person if await self._has_account(person) else None
        deputy = absence.deputy
        return deputy.id if deputy is not None and await self._has_account(deputy.id) else None

    async def _has_account(self, person: PersonId) -> bool:
        accounts = (await self._unit.people.get(person)).accounts
        return any(self._unit.reach.is_open(account.platform) for account in accounts)
