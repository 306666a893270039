"""What the clock did to a ticket. Part of the ticket's own timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.base import Event
from domain.sla.policy import Goal


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
class SlaMet(Event):
    """``late`` says that it was met only after the due time."""

    kind: ClassVar[str] = "sla_met"
    goal: Goal
    late: bool


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Event):
    kind: ClassVar[str] = "sla_warned"
    goal: Goal
    due: datetime


@dataclass(frozen=True, kw_only=True)
class TicketEscalated(Event):
    """``planned`` is when level ``level`` should have rung; much later than that is shown as 迟发."""

    kind: ClassVar[str] = "escalated"
    goal: Goal
    level: int
    due: datetime
    planned: datetime


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
