"""What a free sentence says by itself: which desk, where, how urgent. Guesses are shown, never imposed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.people.people import Desk
from domain.tickets.states import Priority

TITLE_CHARS = 40

_PLACE = re.compile(
    r"([A-Za-z一二三四五六七八九十东西南北]{0,2}(?:座|栋|号楼))?"
    r"\s*((?:[Bb]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*(?:楼|层|F(?![a-z])))?"
    r"\s*((?:\d{2,5}|[一二三四五六七八九十]+号?)\s*(?:室|房间|会议室|工位|机房))?"
)
_URGENT = ("紧急", "着火", "漏水", "全部断网", "瘫痪", "无法生产", "停线", "马上", "立刻")


@dataclass(frozen=True)
class Guess:
    title: str
    place: str
    priority: Priority
    desk: str  # "" when the words fit no desk, or two equally well


def guess(text: str, desks: Sequence[Desk]) -> Guess:
    return Guess(_title(text), _place(text), _priority(text), _desk(text, desks))


def _title(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1] + "…"


def _place(text: str) -> str:
    return max((m.group(0).strip() for m in _PLACE.finditer(text)), key=len, default="")


def _priority(text: str) -> Priority:
    return Priority.P2 if any(word in text for word in _URGENT) else Priority.P3


def _desk(text: str, desks: Sequence[Desk]) -> str:
    if len(desks) == 1:
        return desks[0].key
    folded = text.casefold()
    scores = {d.key: sum(len(k) for k in d.keywords if k.casefold() in folded) for d in desks}
    best = max(scores.values(), default=0)
    winners = [key for key, score in scores.items() if score == best]
    return winners[0] if best > 0 and len(winners) == 1 else ""
