"""What was promised: targets per priority, when to warn, and how long after the breach each level rings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from domain.sla.calendar import Calendar
from domain.sla.recipients import CallPlan
from domain.tickets.states import Priority


class Goal(Enum):
    RESPOND = "respond"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Target:
    respond: timedelta | None = None
    resolve: timedelta | None = None

    def allowed(self, goal: Goal) -> timedelta | None:
        return self.respond if goal is Goal.RESPOND else self.resolve


@dataclass(frozen=True)
class Pausing:
    """Whether waiting for the requester stops the clock, and for how much time that counts, in all of one cycle."""

    waiting: bool = True
    limit: timedelta | None = None


@dataclass(frozen=True)
class Policy:
    """``ladder`` holds the delays of L1, L2, L3 … after the breach, ascending; ``calls`` whom each of them calls."""

    name: str
    targets: Mapping[Priority, Target]
    calendar: Calendar
    warn_at: float = 0.8
    ladder: tuple[timedelta, ...] = ()
    calls: CallPlan = field(default_factory=CallPlan)
    pausing: Pausing = Pausing()

    def allowed(self, goal: Goal, priority: Priority) -> timedelta | None:
        target = self.targets.get(priority)
        return target.allowed(goal) if target else None
