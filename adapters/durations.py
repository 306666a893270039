"""How long, as people say it: 「2h」「1天」「1天2小时」「半小时」."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.sla.extending import More

_PART = re.compile(
    r"\s*(?P<count>\d{1,4}(?:\.5)?|半)\s*个?\s*(?P<unit>工作日|天|日|d|小时|钟头|h|分钟|分|min|m)(?![A-Za-z])",
    re.IGNORECASE,
)
_DAYS = frozenset({"工作日", "天", "日", "d"})
_HOURS = frozenset({"小时", "钟头", "h"})


def split_more(text: str, original: str) -> tuple[More | None, str]:
    """The length with which ``text`` begins, and what follows it, cut from ``original``, which is as long.

    None when it begins with no length, and for half a day, which is another time for everybody.
    """
    more, at = More(), 0
    while match := _PART.match(text, at):
        added = _read(match["count"], match["unit"].lower())
        if added is None:
            return None, original.strip()
        more, at = More(more.time + added.time, more.days + added.days), match.end()
    return (more, original[at:].strip(" ,，:：\n")) if at else (None, original.strip())


def _read(count: str, unit: str) -> More | None:
    number = 0.5 if count == "半" else float(count)
    if unit in _DAYS:
        return More(days=int(number)) if number == int(number) else None
    return More(timedelta(hours=number) if unit in _HOURS else timedelta(minutes=number))
