"""Statutory holidays and make-up work days of mainland China, from the ``holidays`` library.

The State Council publishes each year's arrangement late in the year before. Until the library has it, only the
holidays whose dates the law itself fixes are free: which days are moved, and which are worked for them, is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.wording import weekday_word
from domain.sla.calendar import Why
from domain.sla.days import SpecialDay

_SWAPPED = re.compile(r"由 (\d{4}-\d{2}-\d{2}) 调休")


@dataclass(frozen=True)
class _Year:
    free: Mapping[date, str]
    worked: frozenset[date]

    @property
    def is_published(self) -> bool:
        """No arrangement since 2001 did without make-up days, and the library has them only from the notice."""
        return bool(self.worked)


class ChineseHolidays:
    def on(self, day: date) -> SpecialDay | None:
        return _special_days(day.year).get(day)

    def lacks(self, day: date) -> int | None:
        if not _year(day.year).is_published:
            return day.year
        # New Year's holiday may begin in December and move weekends there; it is in the next year's notice.
        next_year = day.year + 1
        in_new_years_reach = (day.month, day.day) >= (12, 24)
        return next_year if in_new_years_reach and not _year(next_year).is_published else None


@cache
def _special_days(number: int) -> Mapping[date, SpecialDay]:
    year = _year(number)
    stands_for = dict(_swaps(number))
    free = {day: SpecialDay(Why.HOLIDAY, _short(name)) for day, name in year.free.items()}
    return {**free, **{day: _make_up(stands_for.get(day)) for day in year.worked}}


@cache
def _year(number: int) -> _Year:
    # Importing it takes most of a second on a small machine, and not every installation counts work days.
    from holidays import country_holidays  # noqa: PLC0415

    book = country_holidays("CN", years=number, language="zh_CN")
    worked = frozenset(day for day in book.weekend_workdays if day.year == number)
    if not worked:
        # A day off for a holiday on a weekend is owed by law, but the notice says which day it is.
        book = country_holidays("CN", years=number, language="zh_CN", observed=False)
    return _Year(dict(book), worked)


def _swaps(number: int) -> Iterator[tuple[date, date]]:
    """(make-up day, the free day that it pays for). New Year's free days can be paid for in the year before."""
    for year in (number, number + 1):
        for day, name in _year(year).free.items():
            if swapped := _SWAPPED.search(name):
                yield date.fromisoformat(swapped[1]), day


def _short(name: str) -> str:
    swapped = _SWAPPED.search(name)
    if swapped is None:
        return name.replace("; ", "、")
    return f"调休（{_day_word(date.fromisoformat(swapped[1]))}补班）"


def _make_up(stands_for: date | None) -> SpecialDay:
    name = f"替{_day_word(stands_for)}" if stands_for else ""
    return SpecialDay(Why.MAKE_UP, name, stands_for)


def _day_word(day: date) -> str:
    return f"{day.month}月{day.day}日 周{weekday_word(day)}"
