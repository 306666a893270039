"""A ticket's promises as they are kept, and as its timeline tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot.wording import ZONE
from domain.base import Event
from domain.people.people import Desk
from domain.sla.calendar import Stretch
from domain.sla.clock import Cancelled, Fact, Met, Reckoning, Started, reckon
from domain.sla.deadline import Deadline, Run
from domain.sla.history import Promises, facts_of
from domain.sla.policy import Policy
from domain.sla.workdays import WorkCalendar
from storage.past import readable
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


def tell(view: TicketView, timeline: Sequence[TimelineRow], promises: Promises, now: datetime) -> list[Told]:
    """Empty when nothing is promised."""
    policy = promises.get(view.desk.key) if view.desk else None
    if policy is None:
        return []
    past = readable((row.kind, row.at, row.actor_id, row.payload) for row in timeline)
    return [_tell(deadline, past, promises, policy, now) for deadline in view.deadlines]


def by_desk(desks: Iterable[Desk], policies: Mapping[str, Policy]) -> Promises:
    return {desk.key: policies[desk.sla] for desk in desks if desk.sla in policies}


def _tell(kept: Deadline, past: Sequence[Event], promises: Promises, policy: Policy, now: datetime) -> Told:
    facts = facts_of(past, kept.goal, promises)
    reckoning = reckon(facts or list(_as_kept(kept, policy)), now)
    same_due = not kept.is_open or kept.due(policy) in (None, reckoning.due)
    return Told(kept, reckoning, policy, same_due and kept.spent_at(now, policy) == reckoning.spent)


def _as_kept(kept: Deadline, policy: Policy) -> Iterator[Fact]:
    """For what came without its timeline, out of an import: at least when it began and ended."""
    yield Started(at=kept.started_at, policy=policy, allowed=kept.allowed)
    if kept.ended_at is not None:
        yield (Met if kept.run is Run.MET else Cancelled)(at=kept.ended_at)


# ── for machines ──


def zone_of(policy: Policy) -> tzinfo:
    return policy.calendar.zone if isinstance(policy.calendar, WorkCalendar) else ZONE


def as_json(told: Told, now: datetime) -> dict[str, Any]:
    """Times are those of the calendar's zone."""
    kept, policy, reckoning = told.kept, told.policy, told.reckoning
    zone = zone_of(policy)
    return {
        "goal": kept.goal.value,
        "cycle": kept.cycle,
        "policy": policy.name,
        "calendar": policy.calendar.name if isinstance(policy.calendar, WorkCalendar) else None,
        "state": kept.run.value,
        "zone": str(zone),
        "started_at": _written(kept.started_at, zone),
        "ended_at": _written(kept.ended_at, zone),
        "due": _written(kept.due(policy) or kept.broken_at or reckoning.due, zone),
        "missed": kept.late or kept.is_missed(now, policy),
        "allowed": kept.allowed.total_seconds(),
        "extended": kept.extra.total_seconds(),
        "spent": kept.spent_at(now, policy).total_seconds(),
        "agrees": told.agrees,
        "alarms": [{"level": alarm.stage, "at": _written(alarm.at, zone)} for alarm in reckoning.alarms],
        "segments": [_segment(stretch, zone) for stretch in reckoning.segments],
        "ahead": [_segment(stretch, zone) for stretch in reckoning.ahead],
    }


def _segment(stretch: Stretch, zone: tzinfo) -> dict[str, Any]:
    return {
        "start": _written(stretch.start, zone),
        "end": _written(stretch.end, zone),
        "seconds": stretch.length.total_seconds(),
        "counted": stretch.counted,
        "reason": stretch.why.value,
        "name": stretch.name,
        "by": stretch.by,
    }


def _written(moment: datetime | None, zone: tzinfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None
