"""The oracle: counts time as a patient child would, minute by minute with an eye on a wall clock.

Written without any of the code under test: it knows nothing of spans as moments, of years, totals or bisection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
DAYS = 42  # that are looked at in one window
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = tuple[tuple[int, int], ...]  # minutes of the day; the end may lie on the next


@dataclass(frozen=True)
class Window:
    """Some weeks in a zone, chosen for what its clocks do in them."""

    zone: str
    first: datetime

    @property
    def days(self) -> list[date]:
        here = self.first.astimezone(ZoneInfo(self.zone)).date()
        return [here + A_DAY * n for n in range(-1, DAYS + 2)]


def window(zone: str, year: int, month: int, day: int) -> Window:
    return Window(zone, datetime(year, month, day, tzinfo=UTC))


WINDOWS = (
    window("Asia/Shanghai", 2025, 12, 20),  # the turn of the year
    window("Asia/Shanghai", 1986, 4, 20),  # the first of its six summers with other clocks
    window("UTC", 2024, 2, 1),  # a leap day
    window("America/New_York", 2026, 2, 20),
    window("America/New_York", 2026, 10, 10),
    window("Europe/Berlin", 2025, 10, 1),
    window("America/Sao_Paulo", 2018, 10, 15),  # midnight is skipped
    window("America/Sao_Paulo", 2018, 1, 25),  # an hour before midnight is repeated
    window("America/Havana", 2025, 10, 10),  # midnight is shown twice
    window("Africa/Cairo", 2024, 4, 1),
    window("Asia/Beirut", 2022, 3, 1),
    window("Australia/Lord_Howe", 2025, 3, 15),  # half an hour
    window("Asia/Kathmandu", 2025, 7, 1),
    window("Pacific/Apia", 2011, 12, 10),  # a whole day is missing, and clocks are changed
    window("Africa/Casablanca", 2025, 2, 10),  # Ramadan
    window("America/St_Johns", 2011, 2, 25),  # clocks are changed at one minute past midnight
)


@cache
def shown(where: Window) -> Sequence[datetime]:
    """What clocks show in each minute, except that a repeated hour shows only what is new in it: its end."""
    zone, latest, found = ZoneInfo(where.zone), datetime.min, []  # noqa: DTZ901 - a reading, not a moment
    for minute in range(-1440, DAYS * 1440):
        local = (where.first + minute * MINUTE).astimezone(zone).replace(tzinfo=None)
        latest = max(latest, local)
        found.append(latest)
    return found[1440:]


@dataclass(frozen=True)
class Plan:
    """A calendar as somebody would describe it."""

    where: Window
    week: tuple[Hours, ...]
    free: frozenset[date] = frozenset()
    extra: frozenset[date] = frozenset()  # the company works on these
    make_up: Mapping[date, date | None] = field(default_factory=dict)  # and like which day

    def hours(self, day: date) -> Hours:
        if day in self.free:
            return ()
        some = next(hours for hours in self.week if hours)
        monday = self.week[0] or some
        if day in self.make_up and (like := self.make_up[day]) is not None:
            return self.week[like.weekday()] or monday
        if day in self.extra:
            return self.week[day.weekday()] or monday
        return monday if day in self.make_up else self.week[day.weekday()]

    def written(self) -> dict[str, list[str]]:
        return {
            name: [_written(*hours) for hours in day]
            for name, day in zip(NAMES, self.week, strict=True)
            if day
        }

    def flags(self) -> bytes:
        """For each minute of the window, 1 where it counts."""
        days = {day: self._flags_of(day) for day in self.where.days}
        return bytes(days[now.date()][now.hour * 60 + now.minute] for now in shown(self.where))

    def _flags_of(self, day: date) -> list[bool]:
        today, yesterday = self.hours(day), self.hours(day - A_DAY)
        return [
            any(start <= minute < end for start, end in today)
            or any(minute + 1440 < end for _, end in yesterday)
            for minute in range(1440)
        ]


def _written(start: int, end: int) -> str:
    end = end if end <= 1440 else end - 1440
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


# ── random plans ──


def random_plan(rng: Random, where: Window) -> Plan:
    week = _random_week(rng)
    days = rng.sample(where.days, 16)
    likes = [rng.choice([None, day - A_DAY * rng.randrange(10)]) for day in days[8:12]]
    return Plan(
        where,
        week,
        free=frozenset(days[: rng.randrange(5)]),
        extra=frozenset(days[4 : 4 + rng.randrange(4)]),
        make_up=dict(list(zip(days[8:12], likes, strict=True))[: rng.randrange(4)]),
    )


def _random_week(rng: Random) -> tuple[Hours, ...]:
    if rng.random() < 0.1:
        return (((0, 1440),),) * 7
    while True:
        week = tuple(_random_day(rng, free=0.15 if n < 5 else 0.7) for n in range(7))
        if any(week) and all(_fits(week[n], week[(n + 1) % 7]) for n in range(7)):
            return week


def _random_day(rng: Random, free: float) -> Hours:
    if rng.random() < free:
        return ()
    if rng.random() < 0.1:
        return ((0, 1440),)
    grain = rng.choice([1, 5, 30])
    cuts = sorted(rng.sample(range(0, 1441, grain), 2 * rng.randrange(1, 4)))
    hours = list(zip(cuts[::2], cuts[1::2], strict=True))
    if rng.random() < 0.3:
        start = max([720, *(end for _, end in hours)])
        hours += [(start, 1440 + rng.randrange(1, 721))] if start < 1440 else []
    return tuple(hours)


def _fits(today: Hours, tomorrow: Hours) -> bool:
    return not today or not tomorrow or today[-1][1] - 1440 <= tomorrow[0][0]


# ── promises ──


@dataclass(frozen=True)
class Rules:
    """What a promise is held to: minutes allowed, the share after which to warn, minutes from breach to each level,
    whether waiting stops the clock, and for how many of the minutes that count in all.
    """

    flags: bytes
    allowed: int
    warn: float
    ladder: tuple[int, ...]
    pauses: bool = True
    pause_limit: int | None = None


@dataclass(frozen=True)
class Act:
    """``what`` is pause, resume, change, extend, recount, take, meet or cancel."""

    minute: int
    what: str
    rules: Rules | None = None
    extra: int = 0
    missed: bool = False  # before the recount
    stage: int = 0  # the next to ring before the recount


@dataclass
class Walk:
    """What becomes of a promise. The loop is the definition: facts first, then what is due, then the minute passes."""

    rules: Rules
    allowed: int = 0
    state: str = "running"
    spent: int = 0
    due: int | None = None
    late: bool = False
    taken: bool = False
    stage: int = 0  # the next to ring
    rung: list[tuple[int, int]] = field(default_factory=list)
    spent_by_now: int = 0
    stage_by_now: int = 0
    paused: int = 0

    def go(self, start: int, acts: Sequence[Act], now: int, until: int) -> Walk:
        """Through all of ``acts`` to ``now``, and on until nothing more can come or ``until``."""
        self.allowed, waiting = self.rules.allowed, list(acts)
        for minute in range(start, until + 1):
            while waiting and waiting[0].minute == minute:
                self._hear(waiting.pop(0))
            if minute == now:
                self.spent_by_now, self.stage_by_now = self.spent, self.stage
            if minute >= now and self._is_told():
                break
            self._pass(minute)
        return self

    def _pass(self, minute: int) -> None:
        if self.state == "paused" and not self._may_pause():
            self.state = "running"
        if self.state == "running":
            self._look(minute)
            self.spent += self.rules.flags[minute]
        elif self.state == "paused":
            self.paused += self.rules.flags[minute]

    def _may_pause(self) -> bool:
        limit = self.rules.pause_limit
        return self.rules.pauses and (limit is None or self.paused < limit)

    def _is_told(self) -> bool:
        return self.state != "running" or (self.due is not None and self.stage > self._top())

    def _look(self, minute: int) -> None:
        if self.due is None and self.spent >= self.allowed:
            self.due = minute
        while self.stage <= self._top() and self._is_time_for(self.stage, minute):
            self.rung.append((self.stage, minute))
            self.stage += 1

    def _top(self) -> int:
        return 0 if self.taken else len(self.rules.ladder)

    def _is_time_for(self, stage: int, minute: int) -> bool:
        if stage == 0:
            return self.spent * MINUTE >= self.allowed * MINUTE * self.rules.warn
        return self.due is not None and minute >= self.due + self.rules.ladder[stage - 1]

    def _hear(self, act: Act) -> None:
        was_missed = self.due is not None and self.due < act.minute
        if act.what == "take":
            self.taken = True
        elif self.state == "over":
            return
        elif act.what in {"meet", "cancel"}:
            self.state, self.late = "over", was_missed
        elif act.what in {"pause", "resume"}:
            self._switch(act.what)
            self.due = self.due if was_missed else None
        elif act.what == "recount":
            self.due = self.due if was_missed and act.missed else None
            self.stage = act.stage
            self.rung = [(stage, minute) for stage, minute in self.rung if stage < act.stage]
        else:
            self._change(act, still=was_missed)

    def _switch(self, what: str) -> None:
        if what == "resume":
            self.state = "running"
        elif self._may_pause():
            self.state = "paused"

    def _change(self, act: Act, *, still: bool) -> None:
        self.rules = act.rules or self.rules
        if not self.rules.pauses:
            self.state = "running"
        self.allowed = act.rules.allowed if act.rules else self.allowed + act.extra
        if not (still and self.spent >= self.allowed):
            self.due = None
        # As if nothing had rung that would ring only later now.
        supposed = self.due if self.due is not None else (act.minute if self.spent >= self.allowed else None)
        self.stage = min(self.stage, len(self.rules.ladder) + 1)
        while self.stage > 0 and not self._has_come(self.stage - 1, act.minute, supposed):
            self.stage -= 1

    def _has_come(self, stage: int, minute: int, due: int | None) -> bool:
        if stage == 0:
            return self.spent * MINUTE >= self.allowed * MINUTE * self.rules.warn
        return due is not None and due + self.rules.ladder[stage - 1] <= minute
