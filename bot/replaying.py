"""``paidan sla replay``: who would have been called under other rules, from what was recorded; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.recounting import Progress
from bot.wording import goal_word, lasting_time
from domain.base import Conversation, PersonId
from domain.sla.history import Promises
from domain.sla.policy import Goal, Policy
from domain.sla.recipients import WARNING
from domain.sla.replaying import Breach, Called, Replay, replay
from storage.back_then import reading
from storage.database import Database
from storage.people import Directory


@dataclass(frozen=True)
class Ruling:
    """Policies by their names, and which desk has which."""

    policies: Mapping[str, Policy]
    desks: Mapping[str, str]

    @property
    def promises(self) -> Promises:
        return {desk: self.policies[sla] for desk, sla in self.desks.items() if sla in self.policies}


@dataclass(frozen=True, order=True)
class Line:
    """One call of one ticket, comparable between rulings."""

    at: datetime
    number: str
    goal: str
    cycle: int
    level: int
    held: bool
    people: tuple[PersonId, ...]
    groups: tuple[str, ...]
    until: datetime | None = field(default=None, compare=False)
    due: datetime | None = field(default=None, compare=False)


@dataclass
class Outcome:
    """What one ruling comes to."""

    calls: list[Line] = field(default_factory=list)
    breaches: set[tuple[str, str, int]] = field(default_factory=set)

    def add(self, number: str, told: Replay) -> None:
        self.calls += [_line(number, call) for call in told.calls]
        self.breaches |= {_breach(number, breach) for breach in told.breaches}


@dataclass(frozen=True)
class Comparison:
    begin: datetime
    end: datetime
    tickets: int
    present: Outcome
    proposed: Outcome
    names: Mapping[PersonId, str]

    @property
    def more(self) -> list[Line]:
        return sorted(set(self.proposed.calls) - set(self.present.calls))

    @property
    def fewer(self) -> list[Line]:
        return sorted(set(self.present.calls) - set(self.proposed.calls))


@dataclass(frozen=True)
class _Connected:
    """As if every platform that is configured had answered."""

    platforms: Collection[str]

    def is_open(self, platform: str) -> bool:
        return platform in self.platforms


class Replaying:
    def __init__(self, database: Database, directory: Directory, platforms: Collection[str]) -> None:
        self._database = database
        self._directory = directory
        self._reach = _Connected(platforms)

    async def compare(
        self, present: Ruling, proposed: Ruling, begin: datetime, end: datetime, progress: Progress
    ) -> Comparison:
        """One reading transaction, so that the running program goes on and both are told the same past."""
        was, would_be, done = Outcome(), Outcome(), 0
        async with reading(self._database, self._reach, begin, end) as past:
            total = await past.count()
            async for batch in past.tickets():
                for ticket in batch:
                    for ruling, outcome in ((present, was), (proposed, would_be)):
                        where = past.around(ruling.policies)
                        outcome.add(
                            ticket.number, await replay(ticket.past, ruling.promises, where, begin, end)
                        )
                done += len(batch)
                progress(done, total)
        return Comparison(begin, end, done, was, would_be, await self._directory.names())


def _line(number: str, call: Called) -> Line:
    groups = tuple(_group(place) for place in call.called.groups)
    return Line(
        at=call.at,
        number=number,
        goal=call.goal.value,
        cycle=call.cycle,
        level=call.stage,
        held=call.held,
        people=call.called.people,
        groups=groups,
        until=call.until,
        due=call.due,
    )


def _group(place: Conversation) -> str:
    return f"{place.platform}:{place.key}"


def _breach(number: str, breach: Breach) -> tuple[str, str, int]:
    return number, breach.goal.value, breach.cycle


# ── for people and machines ──


def as_text(found: Comparison) -> Iterator[str]:
    """Figures first, then what would be more (+) and fewer (-), in order of time."""
    was, would_be = found.present, found.proposed
    yield f"看了 {found.tickets} 张工单"
    yield f"超时：现行 {len(was.breaches)}，新规则 {len(would_be.breaches)}（{_by(was.breaches, would_be.breaches)}）"
    yield f"提醒和升级：现行 {len(was.calls)}，新规则 {len(would_be.calls)}（{_by(was.calls, would_be.calls)}）"
    for person, before, after in _per_person(found):
        yield f"  {found.names.get(person, '')}：{before} → {after}"
    marked = [("+", line) for line in found.more] + [("-", line) for line in found.fewer]
    for mark, line in sorted(marked, key=lambda one: (one[1], one[0])):
        yield f"{mark} {_line_in_words(line, found)}"


def as_json(found: Comparison) -> dict[str, Any]:
    return {
        "from": found.begin.isoformat(),
        "to": found.end.isoformat(),
        "tickets": found.tickets,
        "present": _outcome(found.present, found),
        "proposed": _outcome(found.proposed, found),
        "breaches": len(found.proposed.breaches) - len(found.present.breaches),
        "alerts": len(found.proposed.calls) - len(found.present.calls),
        "more": [_call(line, found) for line in found.more],
        "fewer": [_call(line, found) for line in found.fewer],
    }


def _outcome(outcome: Outcome, found: Comparison) -> dict[str, Any]:
    breaches = [
        {"ticket": number, "goal": goal, "cycle": cycle} for number, goal, cycle in sorted(outcome.breaches)
    ]
    return {"breaches": breaches, "alerts": [_call(line, found) for line in sorted(outcome.calls)]}


def _call(line: Line, found: Comparison) -> dict[str, Any]:
    return {
        "ticket": line.number,
        "goal": line.goal,
        "cycle": line.cycle,
        "level": line.level,
        "at": line.at.isoformat(),
        "held": line.held,
        "held_until": line.until.isoformat() if line.until else None,
        "people": [found.names.get(person, "") for person in line.people],
        "groups": list(line.groups),
    }


def _by(before: Sequence[Any] | set[Any], after: Sequence[Any] | set[Any]) -> str:
    return f"{len(after) - len(before):+d}"


def _per_person(found: Comparison) -> Iterator[tuple[PersonId, int, int]]:
    """Only whose number changes, the most called first."""
    before, after = _counted(found.present.calls), _counted(found.proposed.calls)
    for person in sorted({*before, *after}, key=lambda p: (-after.get(p, 0), p)):
        if before.get(person, 0) != after.get(person, 0):
            yield person, before.get(person, 0), after.get(person, 0)


def _counted(lines: Iterable[Line]) -> Mapping[PersonId, int]:
    counted: dict[PersonId, int] = {}
    for line in lines:
        for person in line.people:
            counted[person] = counted.get(person, 0) + 1
    return counted


def _line_in_words(line: Line, found: Comparison) -> str:
    """「IT-1042 L1 解决超时 3月9日 16:30 → 李四、陈静、wecom-webhook:it-alerts」."""
    goal = goal_word(Goal(line.goal))
    level = f"{goal}将到期" if line.level == WARNING else f"L{line.level} {goal}超时"
    level += "（上班补叫）" if line.held else ""
    called = [found.names.get(person, "") for person in line.people] + list(line.groups)
    whom = "、".join(called) or (
        f"无人，等到 {lasting_time(line.until, found.end)}" if line.until else "无人"
    )
    return f"{line.number} {level} {lasting_time(line.at, found.end)} → {whom}"
