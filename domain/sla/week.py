"""An ordinary week: the hours of work of each weekday, read as they are written in the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOON, DAY, WEEK = 12 * 60, 24 * 60, 7 * 24 * 60
_WRITTEN = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", re.ASCII)


@dataclass(frozen=True)
class Mistake:
    """``path`` is within the calendar, as 「spans.mon[1]」; ``text`` is for whoever wrote it."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}：{self.text}"


class BadCalendar(Exception):
    """``mistakes`` holds all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


class BadSpan(ValueError):
    """``str()`` says what is wrong."""


@dataclass(frozen=True, order=True)
class Span:
    """Minutes from the midnight that begins its day, half open. A night shift ends beyond ``DAY``."""

    start: int
    end: int

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.end - self.start)

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{_clock(self.start)}-{_clock(end)}"


@dataclass(frozen=True)
class Week:
    """Monday is day 0. Made by ``read_week``, which lets no overlap and no empty week pass."""

    days: tuple[tuple[Span, ...], ...]

    @property
    def total(self) -> timedelta:
        return sum((span.length for day in self.days for span in day), timedelta())

    def hours_for(self, *weekdays: int) -> tuple[Span, ...]:
        """Those of the first of ``weekdays`` that has any, then of Monday, then of the first day that has any."""
        return next(hours for day in (*weekdays, *range(7)) if (hours := self.days[day]))


def read_week(written: Mapping[str, Sequence[str]]) -> Week:
    """Raises BadCalendar."""
    mistakes = [Mistake(f"spans.{day}", _unknown(day)) for day in written if day not in WEEKDAYS]
    days = tuple(tuple(_read_day(day, written.get(day, ()), mistakes)) for day in WEEKDAYS)
    mistakes = mistakes or list(_overlaps(days))
    if not mistakes and not any(days):
        mistakes = [Mistake("spans", "没有任何工作时间，按这个日历时限永远不会到")]
    if mistakes:
        raise BadCalendar(mistakes)
    return Week(tuple(tuple(sorted(day)) for day in days))


def read_span(written: str) -> Span:
    """「09:00-12:00」, with 「24:00」 as an end; 「22:00-06:00」 ends on the next day. Raises BadSpan."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise BadSpan(f"「{written}」看不懂，请写成 09:00-12:00")
    hours, minutes, end_hours, end_minutes = map(int, match.groups())
    start, end = _minute(hours, minutes), _minute(end_hours, end_minutes)
    if start == DAY:
        raise BadSpan("24:00 只能作为结束时间，请写 00:00")
    if start == end:
        raise BadSpan(f"「{written}」开始和结束相同；全天请写 00:00-24:00")
    if start < end:
        return Span(start, end)
    # Only what begins after noon and is over by the next can be a night shift; the rest is a slip of the pen.
    if start < NOON or end > NOON:
        raise BadSpan(f"「{written}」结束早于开始；过夜的班次须中午之后开始、次日中午之前结束")
    return Span(start, end + DAY)


def _read_day(day: str, written: Sequence[str], mistakes: list[Mistake]) -> Iterator[Span]:
    for index, text in enumerate(written):
        try:
            yield read_span(text)
        except BadSpan as error:
            mistakes.append(Mistake(f"spans.{day}[{index}]", str(error)))


def _overlaps(days: Sequence[Sequence[Span]]) -> Iterator[Mistake]:
    """The week is a ring: Sunday's night shift may run into Monday."""
    placed = sorted(
        (number * DAY + span.start, number * DAY + span.end, number, index)
        for number, day in enumerate(days)
        for index, span in enumerate(day)
    )
    if not placed:
        return
    first_start, first_end, *which = placed[0]
    again = (first_start + WEEK, first_end + WEEK, *which)
    for (_, end, before, index), (start, _, number, late) in zip(placed, [*placed[1:], again], strict=True):
        if start < end:
            other = f"{WEEKDAYS[before]} 的 {days[before][index]}"
            yield Mistake(f"spans.{WEEKDAYS[number]}[{late}]", f"{days[number][late]} 与 {other} 重叠")


def _minute(hours: int, minutes: int) -> int:
    if minutes > 59 or hours > 24 or (hours == 24 and minutes):
        raise BadSpan(f"没有 {hours:02}:{minutes:02} 这个时间")
    return hours * 60 + minutes


def _unknown(day: str) -> str:
    return f"没有「{day}」这一天，只能是 {'、'.join(WEEKDAYS)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
