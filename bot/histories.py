"""From a ticket's timeline to the facts that the clock reckons with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.sla.calendar import Stretch
from domain.sla.clock import (
    Cancelled,
    Changed,
    Fact,
    Met,
    Paused,
    Reckoning,
    Resumed,
    Started,
    TakenOver,
    reckon,
)
from domain.sla.deadline import Deadline, Run
from domain.sla.policy import Goal, Policy
from domain.sla.workdays import WorkCalendar
from storage.queries.views import TicketView, TimelineRow


@dataclass(frozen=True)
class Told:
    """A promise as it is kept, the same promise reckoned anew, and what it is held to now.

    ``agrees`` is False when the configuration changed on the way: what was counted before stays as it was counted.
    """

    kept: Deadline
    reckoning: Reckoning
    policy: Policy
    agrees: bool


def tell(
    view: TicketView, timeline: Sequence[TimelineRow], policies: Mapping[str, Policy], now: datetime
) -> list[Told]:
    """Empty when nothing is promised."""
    policy = policies.get(view.desk.sla) if view.desk else None
    if policy is None:
        return []
    return [_tell(deadline, timeline, policies, policy, now) for deadline in view.deadlines]


def _tell(
    kept: Deadline,
    timeline: Sequence[TimelineRow],
    policies: Mapping[str, Policy],
    policy: Policy,
    now: datetime,
) -> Told:
    facts = list(facts_of(timeline, kept, policies, policy))
    reckoning = reckon(facts or list(_as_kept(kept, policy)), now)
    same_due = not kept.is_open or kept.due(policy) in (None, reckoning.due)
    return Told(kept, reckoning, policy, same_due and kept.spent_at(now, policy) == reckoning.spent)


def facts_of(
    timeline: Sequence[TimelineRow], kept: Deadline, policies: Mapping[str, Policy], policy: Policy
) -> Iterator[Fact]:
    """What happened to one goal, all cycles. ``policy`` stands in for one that the configuration forgot."""
    history = _History(kept.goal, policies, policy)
    for row in timeline:
        yield from history.hear(row)


class _History:
    def __init__(self, goal: Goal, policies: Mapping[str, Policy], policy: Policy) -> None:
        self._goal = goal
        self._policies = policies
        self._policy = policy
        self._question = ""
        self._is_open = False

    def hear(self, row: TimelineRow) -> Iterator[Fact]:
        if row.kind == "asked":
            self._question = row.payload["question"]
        elif row.kind in {"cancelled", "closed"}:
            yield from self._end(Cancelled(at=row.at))
        elif row.kind == "taken_over" and self._is_open:
            yield TakenOver(at=row.at, by=row.actor_id)
        elif row.payload.get("goal") == self._goal.value:
            yield from self._hear_of_goal(row)

    def _hear_of_goal(self, row: TimelineRow) -> Iterator[Fact]:
        match row.kind:
            case "due_set":
                yield from self._promise(row)
            case "sla_paused" if self._is_open:
                yield Paused(at=row.at, by=row.actor_id, reason=self._question)
            case "sla_resumed" if self._is_open:
                yield Resumed(at=row.at)
            case "sla_met":
                yield from self._end(Met(at=row.at))

    def _promise(self, row: TimelineRow) -> Iterator[Fact]:
        seconds = row.payload.get("allowed")
        if seconds is None:
            yield from self._end(Cancelled(at=row.at))
            return
        allowed, policy = timedelta(seconds=seconds), self._policies.get(row.payload["policy"], self._policy)
        kind = Changed if self._is_open else Started
        self._is_open = True
        yield kind(at=row.at, policy=policy, allowed=allowed)

    def _end(self, fact: Fact) -> Iterator[Fact]:
        if self._is_open:
            self._is_open = False
            yield fact


def _as_kept(kept: Deadline, policy: Policy) -> Iterator[Fact]:
    """For what came without its timeline, out of an import: at least when it began and ended."""
    yield Started(at=kept.started_at, policy=policy, allowed=kept.allowed)
    if kept.ended_at is not None:
        yield (Met if kept.run is Run.MET else Cancelled)(at=kept.ended_at)


# ── for machines ──


def as_json(told: Told, now: datetime) -> dict[str, Any]:
    kept, policy, reckoning = told.kept, told.policy, told.reckoning
    return {
        "goal": kept.goal.value,
        "cycle": kept.cycle,
        "policy": policy.name,
        "calendar": policy.calendar.name if isinstance(policy.calendar, WorkCalendar) else None,
        "state": kept.run.value,
        "started_at": kept.started_at.isoformat(),
        "ended_at": _written(kept.ended_at),
        "due": _written(kept.due(policy) or kept.broken_at or reckoning.due),
        "missed": kept.late or kept.is_missed(now, policy),
        "allowed": kept.allowed.total_seconds(),
        "spent": kept.spent_at(now, policy).total_seconds(),
        "agrees": told.agrees,
        "alarms": [{"level": alarm.stage, "at": alarm.at.isoformat()} for alarm in reckoning.alarms],
        "segments": [_segment(stretch) for stretch in reckoning.segments],
        "ahead": [_segment(stretch) for stretch in reckoning.ahead],
    }


def _segment(stretch: Stretch) -> dict[str, Any]:
    return {
        "start": stretch.start.isoformat(),
        "end": stretch.end.isoformat(),
        "seconds": stretch.length.total_seconds(),
        "counted": stretch.counted,
        "reason": stretch.why.value,
        "name": stretch.name,
        "by": stretch.by,
    }


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
