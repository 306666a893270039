"""What the clock did to a ticket. Part of the ticket's own timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.base import Conversation, Event, PersonId
from domain.sla.policy import Goal
from domain.sla.recipients import WARNING

LATE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class DueTimeSet(Event):
    """A promise was made or changed. ``due`` is None in a pause, and ``allowed`` when nothing is promised any more."""

    kind: ClassVar[str] = "due_set"
    goal: Goal
    due: datetime | None
    allowed: timedelta | None = None
    policy: str = ""  # by name: what the promise was made under


@dataclass(frozen=True, kw_only=True)
class SlaPaused(Event):
    kind: ClassVar[str] = "sla_paused"
    goal: Goal


@dataclass(frozen=True, kw_only=True)
class SlaResumed(Event):
    kind: ClassVar[str] = "sla_resumed"
    goal: Goal
    due: datetime


@dataclass(frozen=True, kw_only=True)
class PauseEnded(Event):
    """The requester did not answer for as long as the policy waits: the clock ran on from ``since``."""

    kind: ClassVar[str] = "pause_ended"
    goal: Goal
    since: datetime
    due: datetime


@dataclass(frozen=True, kw_only=True)
class ExtensionAsked(Event):
    """延期: the lead is asked for more time. ``extra`` counts as the promise does."""

    kind: ClassVar[str] = "extension_asked"
    goal: Goal
    extra: timedelta
    reason: str


@dataclass(frozen=True, kw_only=True)
class DueExtended(Event):
    """``by`` consented to what ``asked_by`` wanted: ``extra`` is that and what was overspent by then."""

    kind: ClassVar[str] = "due_extended"
    goal: Goal
    extra: timedelta
    wanted: timedelta
    due: datetime | None
    asked_by: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class ExtensionRefused(Event):
    """``by`` the lead, with a reason; or taken back by ``asked_by``."""

    kind: ClassVar[str] = "extension_refused"
    goal: Goal
    asked_by: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class SlaMet(Event):
    """``late`` says that it was met only after the due time."""

    kind: ClassVar[str] = "sla_met"
    goal: Goal
    late: bool


@dataclass(frozen=True, kw_only=True)
class Call(Event):
    """Somebody is called about a promise. ``planned`` is when they should have been; much later is 迟发.

    With ``held_until`` nobody is disturbed before then: outside work hours, and nobody was on duty.
    """

    goal: Goal
    cycle: int = 1
    planned: datetime
    called: tuple[PersonId, ...] = ()
    groups: tuple[Conversation, ...] = ()
    held_until: datetime | None = None

    @property
    def stage(self) -> int:
        raise NotImplementedError

    @property
    def is_late(self) -> bool:
        return self.at - self.planned > LATE


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Call):
    kind: ClassVar[str] = "sla_warned"
    due: datetime

    @property
    def stage(self) -> int:
        return WARNING


@dataclass(frozen=True, kw_only=True)
class TicketEscalated(Call):
    """The ladder reached level ``level``; once for each level of a cycle."""

    kind: ClassVar[str] = "escalated"
    level: int
    due: datetime

    @property
    def stage(self) -> int:
        return self.level


@dataclass(frozen=True, kw_only=True)
class HeldCallMade(Call):
    """Work has begun again, and the promise is still not kept: who was spared in the night is called now."""

    kind: ClassVar[str] = "held_call"
    level: int

    @property
    def stage(self) -> int:
        return self.level


@dataclass(frozen=True, kw_only=True)
class CalledInstead(Call):
    """``lost`` could not be reached, though it had seemed so: the next in the chain are called, as far as they were
    not ``told`` anyway.
    """

    kind: ClassVar[str] = "called_instead"
    level: int
    lost: tuple[PersonId, ...] = ()
    lost_groups: tuple[Conversation, ...] = ()
    told: tuple[PersonId, ...] = ()
    told_groups: tuple[Conversation, ...] = ()

    @property
    def stage(self) -> int:
        return self.level


@dataclass(frozen=True, kw_only=True)
class EscalationTakenOver(Event):
    kind: ClassVar[str] = "taken_over"


@dataclass(frozen=True, kw_only=True)
class DueRecounted(Event):
    """The rules or the days of work were changed. ``before`` and ``due`` are None in a pause and without a promise.

    ``allowed`` is None when nothing is promised any more; ``left`` is what is left of it. ``missed`` and ``rung`` are
    as they were before.
    """

    kind: ClassVar[str] = "due_recounted"
    goal: Goal
    before: datetime | None
    due: datetime | None
    allowed_before: timedelta | None
    allowed: timedelta | None
    left: timedelta | None
    policy: str
    missed: bool
    rung: int
    cause: str
