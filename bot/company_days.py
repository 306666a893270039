"""Company days as JSON, in and out: a list of ``{calendar, date, work, reason}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.settings import BadSettings, Problem
from bot.settings.loading import in_words
from bot.settings.values import Section
from domain.sla.days import CompanyDay


class _Written(Section):
    calendar: str
    date: date
    work: bool
    reason: str = ""


_LIST: TypeAdapter[list[_Written]] = TypeAdapter(list[_Written])


def read_days(file: Path, calendars: Sequence[str]) -> list[CompanyDay]:
    """Raises BadSettings with all mistakes; a path is 「[3].date」, counted from 0."""
    try:
        found = _LIST.validate_python(json.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise BadSettings(tuple(in_words(error))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings((Problem(str(file), f"读不到这个文件：{error}"),)) from error
    except ValueError as error:
        raise BadSettings((Problem(str(file), f"不是 JSON：{error}"),)) from error
    if problems := tuple(_problems(found, calendars)):
        raise BadSettings(problems)
    return [CompanyDay(day.calendar, day.date, day.work, day.reason) for day in found]


def joined(
    kept: Iterable[CompanyDay], new: Iterable[CompanyDay], instead_of: Sequence[str]
) -> tuple[CompanyDay, ...]:
    """What the database will have once ``new`` is put into it, in its order."""
    days = {(day.calendar, day.date): day for day in kept if day.calendar not in instead_of}
    days |= {(day.calendar, day.date): day for day in new}
    return tuple(days[key] for key in sorted(days))


def as_json(days: Iterable[CompanyDay]) -> list[dict[str, Any]]:
    return [{**vars(day), "date": day.date.isoformat()} for day in days]


def _problems(days: Sequence[_Written], calendars: Sequence[str]) -> Iterator[Problem]:
    seen: set[tuple[str, date]] = set()
    for index, day in enumerate(days):
        if day.calendar not in calendars:
            known = "、".join(calendars) or "配置里还没有 [[calendars]]"
            yield Problem(f"[{index}].calendar", f"没有名为「{day.calendar}」的日历，有：{known}")
        if (day.calendar, day.date) in seen:
            yield Problem(f"[{index}].date", f"{day.calendar} 的 {day.date} 重复")
        seen.add((day.calendar, day.date))
