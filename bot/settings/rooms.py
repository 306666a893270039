"""When a desk opens war rooms, as it is written: 「P1」「L2」「hand」, or several of them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from domain.people.war_rooms import RoomPolicy


def parse_war_room(value: object) -> RoomPolicy:
    """Raises ValueError."""
    if isinstance(value, RoomPolicy):
        return value
    words = [str(word) for word in (value if isinstance(value, list | tuple) else [value])]
    priorities = [word for word in words if re.fullmatch(r"P[1-4]", word)]
    levels = [int(word[1:]) for word in words if re.fullmatch(r"L[1-9]", word)]
    by_hand = words.count("hand")
    known = len(priorities) + len(levels) + by_hand
    if known != len(words) or len(priorities) > 1 or len(levels) > 1:
        raise ValueError(
            '请写成 "P1"（P1 一来就建）、"L2"（升级到 L2 时建）、"hand"（只手动建），或 ["P1", "L2"]'
        )
    return RoomPolicy(
        is_on=bool(words),
        priority=priorities[0] if priorities else "",
        level=levels[0] if levels else None,
    )


WarRoom = Annotated[RoomPolicy, BeforeValidator(parse_war_room)]
