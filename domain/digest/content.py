"""What a digest says, from what was read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.base import PersonId
from domain.digest.morning import Today
from domain.sla.deadline import Deadline
from domain.sla.policy import Policy

Policies = Mapping[str, Policy]  # by the key of a desk; a desk without promises is not in it


class Part(Enum):
    """What somebody is to a ticket that waits for them."""

    HELD = "held"
    OFFERED = "offered"  # asked to take it
    ASKED = "asked"  # it is theirs, and the assignee has a question
    SOLVED = "solved"  # it is theirs, and waits for their yes


@dataclass(frozen=True)
class Item:
    """One ticket before one person. ``handed`` when it came with somebody's leave."""

    person: PersonId
    part: Part
    number: str
    title: str
    desk: str
    handed: bool = False
    deadlines: tuple[Deadline, ...] = ()  # open ones


@dataclass(frozen=True)
class Personal:
    """Each list is in the order of the items."""

    held: Sequence[Item] = ()
    missed: Sequence[Item] = ()
    today: Sequence[Item] = ()  # due before midnight, and not missed yet
    waiting: Sequence[Item] = ()  # for this person's answer
    handed: Sequence[Item] = ()

    @property
    def is_empty(self) -> bool:
        return not self.held and not self.waiting


@dataclass(frozen=True)
class Unfinished:
    """One ticket that goes on at a desk."""

    desk: str
    owned: bool
    deadlines: tuple[Deadline, ...] = ()


@dataclass(frozen=True)
class Away:
    """``deputy`` is "" when nobody stands in."""

    person: PersonId
    name: str
    deputy: str = ""


@dataclass(frozen=True)
class Flow:
    """What came and went since the last work day. ``late``: of ``resolved``, after the time promised."""

    opened: int = 0
    resolved: int = 0
    late: int = 0


@dataclass(frozen=True)
class AtDesk:
    desk: str
    flow: Flow = Flow()
    unowned: int = 0
    working: int = 0
    missed: int = 0
    today: int = 0
    away: Sequence[Away] = ()

    @property
    def is_calm(self) -> bool:
        """Nothing came, went or goes on."""
        return self.flow == Flow() and not self.unowned + self.working


def personal(items: Iterable[Item], policies: Policies, now: datetime, today: Today) -> Personal:
    found = tuple(items)
    held = [item for item in found if item.part is Part.HELD]
    missed = [i for i in held if _is_missed(i.deadlines, policies.get(i.desk), now)]
    return Personal(
        held=held,
        missed=missed,
        today=[
            i for i in held if i not in missed and _falls_due(i.deadlines, policies.get(i.desk), today.end)
        ],
        waiting=[item for item in found if item.part is not Part.HELD],
        handed=[item for item in held if item.handed],
    )


def at_desk(
    desk: str,
    goes_on: Iterable[Unfinished],
    flow: Flow,
    away: Sequence[Away],
    policies: Policies,
    now: datetime,
    today: Today,
) -> AtDesk:
    """``goes_on`` may hold other desks' tickets too."""
    policy, count = policies.get(desk), Counter[str]()
    for ticket in goes_on:
        if ticket.desk != desk:
            continue
        count["working" if ticket.owned else "unowned"] += 1
        if _is_missed(ticket.deadlines, policy, now):
            count["missed"] += 1
        elif _falls_due(ticket.deadlines, policy, today.end):
            count["today"] += 1
    return AtDesk(desk, flow, away=away, **count)


def _is_missed(deadlines: Iterable[Deadline], policy: Policy | None, now: datetime) -> bool:
    return policy is not None and any(deadline.is_missed(now, policy) for deadline in deadlines)


def _falls_due(deadlines: Iterable[Deadline], policy: Policy | None, before: datetime) -> bool:
    if policy is None:
        return False
    dues = (deadline.due(policy) for deadline in deadlines)
    return any(due is not None and due < before for due in dues)
