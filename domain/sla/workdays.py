"""The work calendar: an ordinary week in a time zone, and the days on which it is different.

Years are laid out once, when first asked for, as a sorted list of spans with running totals; after that every
question is a bisection.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import MAXYEAR, date, datetime, timedelta, tzinfo

from domain.sla.calendar import Stretch, Why, utc
from domain.sla.days import Day, DaySource
from domain.sla.wallclock import WallClock, first_shown
from domain.sla.week import DAY, BadCalendar, Mistake, Span, Week

A_DAY = timedelta(days=1)
NOTHING = timedelta()
HORIZON = 100  # years

Shift = tuple[datetime, datetime]


class OutOfSight(Exception):
    """So little time counts that a promise would come due only after ``HORIZON`` years."""


class WorkCalendar:
    """``days`` are asked in their order, and the first that knows better than the week is right."""

    def __init__(self, name: str, zone: tzinfo, week: Week, days: Sequence[DaySource] = ()) -> None:
        if not any(week.days):
            raise BadCalendar([Mistake("spans", "没有任何工作时间")])
        self.name = name
        self._zone = zone
        self._week = week
        self._sources = tuple(days)
        self._clock = WallClock(zone)
        # Nothing here ever changes, so everything is worked out once.
        self._days: dict[date, Day] = {}
        self._shifts: dict[date, tuple[Shift, ...]] = {}
        self._years: dict[int, _Year] = {}

    # ── the clock's questions ──

    def after(self, start: datetime, counted: timedelta) -> datetime:
        start = utc(start)
        if counted < NOTHING:
            raise ValueError("time cannot be counted backwards")
        if counted == NOTHING:
            return start
        first = _first_year(start)
        for number in range(first, min(first + HORIZON, MAXYEAR)):
            year = self._year(number)
            counted += year.before(start)
            if counted <= year.total:
                return year.moment(counted)
            counted -= year.total
        raise OutOfSight(self.name)

    def between(self, start: datetime, end: datetime) -> timedelta:
        start, end = utc(start), utc(end)
        if end < start:
            return -self.between(end, start)
        years = (self._year(number) for number in range(_first_year(start), _last_year(end) + 1))
        return sum((year.before(end) - year.before(start) for year in years), NOTHING)

    def days_after(self, start: datetime, days: int) -> datetime:
        """Friday at five and one day: Monday at five; from any time of the weekend, too, Monday is the first."""
        if days == 0:
            return utc(start)
        local = start.astimezone(self._zone)
        return first_shown(datetime.combine(self._work_day(local.date(), days), local.time()), self._zone)

    def spans(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """Neighbours that differ in nothing are one."""
        start, end = utc(start), utc(end)
        last: Stretch | None = None
        for stretch in self._stretches(start, end):
            if last is not None and _is_same(last, stretch):
                last = replace(last, end=stretch.end)
                continue
            if last is not None:
                yield last
            last = stretch
        if last is not None:
            yield last

    # ── days ──

    @property
    def zone(self) -> tzinfo:
        return self._zone

    def day(self, day: date) -> Day:
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._look_up(day)
        return known

    def _look_up(self, day: date) -> Day:
        found = [special for source in self._sources if (special := source.on(day))]
        if not found:
            hours = self._week.days[day.weekday()]
            return Day(day, hours, Why.WORK if hours else Why.WEEKEND)
        special = found[0]
        made = Day(day, (), special.why, special.name, next((s.like for s in found if s.like), None))
        return replace(made, spans=self._hours_instead(made)) if made.work else made

    def date_of(self, moment: datetime) -> date:
        return self._clock.date_of(moment)

    def unpublished(self, start: date, end: date) -> tuple[int, ...]:
        """Years whose holidays are not known yet, as far as days from ``start`` to ``end`` depend on them."""
        days = (start + A_DAY * n for n in range((end - start).days + 1))
        lacking = (source.lacks(day) for day in days for source in self._sources)
        return tuple(sorted({year for year in lacking if year is not None}))

    def _work_day(self, after: date, number: int) -> date:
        day = after
        while number:
            day += A_DAY
            if day.year > after.year + HORIZON:
                raise OutOfSight(self.name)
            number -= self.day(day).work
        return day

    def _hours_instead(self, day: Day) -> tuple[Span, ...]:
        """As the day that it stands in for, or else as Monday; the company's own days as the weekday they are."""
        if day.like is not None:
            return self._week.hours_for(day.like.weekday())
        return self._week.hours_for(*([day.date.weekday()] if day.why is Why.COMPANY_WORK else []))

    # ── the layout ──

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            first = date(number, 1, 1)
            days = (first + A_DAY * n for n in range((date(number + 1, 1, 1) - first).days))
            year = self._years[number] = _Year([shift for day in days for shift in self._shifts_of(day)])
        return year

    def _shifts_of(self, day: date) -> tuple[Shift, ...]:
        known = self._shifts.get(day)
        if known is None:
            known = self._shifts[day] = tuple(self._lay_out(day))
        return known

    def _lay_out(self, day: date) -> Iterator[Shift]:
        """Hours that begin on ``day``, as moments. What last night's shift still works is left to it."""
        spans = self.day(day).spans
        if not spans:
            return
        free_from = self._night_ends(day) if spans[0].start < DAY // 2 else None
        for span in spans:
            start, end = self._clock.moment(day, span.start), self._clock.moment(day, span.end)
            start = max(start, free_from) if free_from else start
            if start < end:
                yield start, end

    def _night_ends(self, day: date) -> datetime | None:
        """A holiday or make-up day can put hours beside a night shift that no ordinary week has beside it."""
        yesterday = day - A_DAY
        spans = self.day(yesterday).spans
        if not spans or spans[-1].end <= DAY:
            return None
        return self._clock.moment(yesterday, spans[-1].end)

    # ── the explanation ──

    def _stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        day, at = self._clock.date_of(start) - A_DAY, start
        while at < end:
            for stretch in self._of_day(day):
                if stretch.end > at and stretch.start < end:
                    yield replace(stretch, start=max(stretch.start, at), end=min(stretch.end, end))
            day += A_DAY
            at = max(at, self._begins(day))

    def _of_day(self, day: date) -> Iterator[Stretch]:
        """From the end of the night before to the next midnight, or to the end of the night that begins then."""
        what, shifts = self.day(day), self._shifts_of(day)
        at = self._begins(day)
        for index, (start, end) in enumerate(shifts):
            if at < start:
                yield Stretch(at, start, counted=False, why=Why.BREAK if index else Why.OFF)
            yield Stretch(start, end, counted=True, why=what.why, name=what.name)
            at = end
        midnight = self._clock.midnight(day + A_DAY)
        if at < midnight:
            why, name = (Why.OFF, "") if what.work else (what.why, what.name)
            yield Stretch(at, midnight, counted=False, why=why, name=name)

    def _begins(self, day: date) -> datetime:
        """Its midnight, or later: when the night shift of the day before is over."""
        ends = [end for _, end in self._shifts_of(day - A_DAY)]
        return max([self._clock.midnight(day), *ends[-1:]])


class _Year:
    """All that begins in one year, in order; ``_totals[i]`` is what counts up to the end of span ``i``."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self._starts = [start for start, _ in shifts]
        self._ends = [end for _, end in shifts]
        self._totals: list[timedelta] = []
        self.total = NOTHING
        for start, end in shifts:
            self.total += end - start
            self._totals.append(self.total)

    def before(self, moment: datetime) -> timedelta:
        """What counts until ``moment``."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return NOTHING
        return self._totals[index] - max(self._ends[index] - moment, NOTHING)

    def moment(self, counted: timedelta) -> datetime:
        """The first at which ``counted`` is reached."""
        index = bisect_left(self._totals, counted)
        return self._ends[index] - (self._totals[index] - counted)


def _is_same(one: Stretch, other: Stretch) -> bool:
    return (one.counted, one.why, one.name) == (other.counted, other.why, other.name)


def _first_year(moment: datetime) -> int:
    """Of a shift that may still be going on: zones and night shifts reach at most two days across."""
    return (moment - 2 * A_DAY).year


def _last_year(moment: datetime) -> int:
    return (moment + A_DAY).year
