"""Whom each level of the ladder calls, and whom instead when they can't be reached: what a policy says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from domain.base import Conversation

WARNING = 0  # the stage before L1


class Who(Enum):
    ASSIGNEE = "assignee"
    DESK = "desk"  # its members
    LEAD = "lead"
    ON_DUTY = "on-duty"
    ADMINS = "admins"
    CHANNELS = "channels"  # the desk's own groups
    PERSON = "people"
    GROUP = "group"


@dataclass(frozen=True)
class Recipient:
    """``name`` goes with PERSON, ``place`` with GROUP."""

    who: Who
    name: str = ""
    place: Conversation | None = None

    def __str__(self) -> str:
        """As it is written in a policy."""
        if self.place is not None:
            return f"{self.place.platform}:{self.place.key}"
        return f"{self.who.value}:{self.name}" if self.name else self.who.value


ASSIGNEE, DESK, LEAD = Recipient(Who.ASSIGNEE), Recipient(Who.DESK), Recipient(Who.LEAD)
ON_DUTY, ADMINS, CHANNELS = Recipient(Who.ON_DUTY), Recipient(Who.ADMINS), Recipient(Who.CHANNELS)

# Warn, L1, L2, L3; the last one is also for all above it.
USUAL = ((ASSIGNEE,), (CHANNELS, ASSIGNEE, LEAD), (CHANNELS, LEAD), (CHANNELS, LEAD, ADMINS))

# Where a policy says nothing of it. After these, and after what a policy says, come the administrators.
_USUAL_INSTEAD: Mapping[Who, Sequence[Recipient]] = {
    Who.ASSIGNEE: (DESK, LEAD),
    Who.DESK: (LEAD,),
    Who.LEAD: (ASSIGNEE, DESK),
    Who.ON_DUTY: (LEAD, DESK),
    Who.ADMINS: (),
    Who.CHANNELS: (DESK, LEAD),
    Who.PERSON: (LEAD, DESK),
    Who.GROUP: (CHANNELS, LEAD),
}


@dataclass(frozen=True)
class CallPlan:
    """``levels`` by stage, warn first; ``instead`` has no circle (``circle_in``)."""

    levels: Sequence[Sequence[Recipient]] = USUAL
    instead: Mapping[Recipient, Recipient] = field(default_factory=dict)

    def of(self, stage: int) -> Sequence[Recipient]:
        return self.levels[min(stage, len(self.levels) - 1)]

    def chain(self, first: Recipient, stage: int) -> Sequence[Recipient]:
        """``first``, and who is called instead, in turn, until somebody can be reached. Nobody comes twice."""
        written = list(self._written(first))
        # Nobody to warn yet: whoever may accept it sees the group, and need not each be woken.
        group = (CHANNELS,) if stage == WARNING and first == ASSIGNEE else ()
        return tuple(dict.fromkeys([*written, *group, *_USUAL_INSTEAD[written[-1].who], ADMINS]))

    def _written(self, first: Recipient) -> Iterator[Recipient]:
        at: Recipient | None = first
        while at is not None:
            yield at
            at = self.instead.get(at)


def circle_in(instead: Mapping[Recipient, Recipient]) -> Sequence[Recipient]:
    """The first circle, its beginning also at its end; empty when every chain comes to an end."""
    for first in instead:
        seen = list(_walk(first, instead))
        if seen[-1] in seen[:-1]:
            return seen[seen.index(seen[-1]) :]
    return ()


def _walk(first: Recipient, instead: Mapping[Recipient, Recipient]) -> Iterable[Recipient]:
    at: Recipient | None = first
    seen: set[Recipient] = set()
    while at is not None:
        yield at
        if at in seen:
            return
        seen.add(at)
        at = instead.get(at)
