"""Who is on duty at a desk and when: rotations laid over the days, and what was agreed otherwise over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise

from domain.base import PersonId
from domain.duty.dates import A_DAY, at_time, local_day

LIST_BEFORE = timedelta(minutes=15)  # flow O: what is handed over is listed before the shift changes
LOOKS_AHEAD = timedelta(days=60)  # for the next change of person; a roster of one person has none
MIDNIGHT = time()
DAY = 1440  # minutes


class Turn(Enum):
    """How long a turn in a rotation lasts."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def days(self) -> int:
        return 1 if self is Turn.DAILY else 7


@dataclass(frozen=True)
class Shift:
    """``begin`` is still in it, ``end`` is not."""

    desk: str
    person: PersonId
    begin: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        return self.begin <= at < self.end

    def overlaps(self, begin: datetime, end: datetime) -> bool:
        return self.begin < end and begin < self.end


@dataclass(frozen=True)
class Rotation:
    """People take turns from ``start`` on, each day from ``handover`` until ``until``; both alike is all day round."""

    turn: Turn
    people: tuple[PersonId, ...]
    start: date
    handover: time = MIDNIGHT
    until: time | None = None

    @property
    def ends(self) -> time:
        return self.handover if self.until is None else self.until

    def person_on(self, day: date) -> PersonId:
        return self.people[(day - self.start).days // self.turn.days % len(self.people)]

    def hours(self, day: date) -> tuple[datetime, datetime]:
        overnight = self.ends <= self.handover
        return at_time(day, self.handover), at_time(day + A_DAY if overnight else day, self.ends)

    def minutes(self) -> set[int]:
        """Of the day, local: what two rotations of one desk may not share, and all together may have to fill."""
        begin, end = _minute(self.handover), _minute(self.ends)
        length = (end - begin) % DAY or DAY
        return {(begin + n) % DAY for n in range(length)}

    def shifts(self, desk: str, begin: datetime, end: datetime) -> Iterator[Shift]:
        day = max(self.start, local_day(begin) - A_DAY)
        while (hours := self.hours(day))[0] < end:
            if hours[1] > begin:
                yield Shift(desk, self.person_on(day), *hours)
            day += A_DAY


@dataclass(kw_only=True, eq=False)
class Roster:
    """All rotations of one desk. ``exceptions`` are swaps and cover, the newest last: it is right."""

    desk: str
    rotations: tuple[Rotation, ...]
    full: bool = True  # claims that somebody is on duty at every minute
    exceptions: list[Shift] = field(default_factory=list)
    listed_until: datetime | None = None  # the newest change of shift whose hand-over list was shown
    gap_told: datetime | None = None  # begin of the newest shift without anybody that the lead heard of

    def on_duty(self, at: datetime) -> Shift | None:
        return next(self.shifts(at, at + timedelta(microseconds=1)), None)

    def shifts(self, begin: datetime, end: datetime) -> Iterator[Shift]:
        """In order, as they really are; neighbours of one person are one. Uncut where they reach beyond."""
        edges = self._edges(begin, end)
        pieces = (self._piece(one, other) for one, other in pairwise(edges))
        whole = _joined(piece for piece in pieces if piece is not None)
        return (shift for shift in whole if shift.overlaps(begin, end))

    def next_change(self, after: datetime) -> Shift | None:
        """The first shift that begins after ``after`` with somebody else than before."""
        end = after + LOOKS_AHEAD
        return next((s for s in self.shifts(after, end) if s.begin > after), None)

    def due_at(self, now: datetime) -> datetime | None:
        """When the next hand-over list is to be shown. The one that was shown does not come again."""
        change = self.next_change(max(now, self.listed_until) if self.listed_until else now)
        return change.begin - LIST_BEFORE if change else None

    def put(self, shift: Shift) -> None:
        self.exceptions.append(shift)

    def problems(self) -> Iterator[str]:
        """What is wrong with it, in words; nothing for a good one."""
        if not self.rotations or any(not rotation.people for rotation in self.rotations):
            yield "没有任何人"
        if self._overlap():
            yield f"两个班表在 {_clock(min(self._overlap()))} 重叠"
        if self.full and (gap := _first_gap(self._minutes())):
            yield f"{_clock(gap[0])}–{_clock(gap[1])} 没有人，但班表声明全天有人（full = true）"

    def _minutes(self) -> set[int]:
        return set().union(*(rotation.minutes() for rotation in self.rotations))

    def _overlap(self) -> set[int]:
        seen: set[int] = set()
        twice: set[int] = set()
        for rotation in self.rotations:
            twice |= seen & rotation.minutes()
            seen |= rotation.minutes()
        return twice

    def _edges(self, begin: datetime, end: datetime) -> Sequence[datetime]:
        """Every moment at which it may change, from a turn before ``begin`` to a turn after ``end``."""
        longest = timedelta(days=max((r.turn.days for r in self.rotations), default=1))
        begin, end = begin - longest, end + longest
        planned = [s for r in self.rotations for s in r.shifts(self.desk, begin, end)]
        reaching = [s for s in (*planned, *self.exceptions) if s.overlaps(begin, end)]
        return sorted({edge for shift in reaching for edge in (shift.begin, shift.end)})

    def _piece(self, begin: datetime, end: datetime) -> Shift | None:
        """Between two edges nothing changes."""
        agreed = next((s for s in reversed(self.exceptions) if s.covers(begin)), None)
        planned = (s for r in self.rotations for s in r.shifts(self.desk, begin, end) if s.covers(begin))
        shift = agreed or next(planned, None)
        return replace(shift, begin=begin, end=end) if shift else None


def _joined(pieces: Iterable[Shift]) -> Iterator[Shift]:
    last: Shift | None = None
    for piece in pieces:
        if last is not None and (last.person, last.end) == (piece.person, piece.begin):
            last = replace(last, end=piece.end)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _first_gap(covered: set[int]) -> tuple[int, int] | None:
    """Begin and end, maybe over midnight; None when the day is full, or empty, which is another mistake."""
    begins = [minute for minute in sorted(covered) if (minute + 1) % DAY not in covered]
    if not begins:
        return None
    begin = (begins[-1] + 1) % DAY
    return begin, next((begin + n) % DAY for n in range(1, DAY) if (begin + n) % DAY in covered)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
