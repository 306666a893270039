"""What a free sentence says by itself: which desk and category, where, how urgent.

Guesses are shown, never imposed; where the words fit two places about as well, or none, the guess says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.people.people import Desk
from domain.tickets.context import title_line
from domain.tickets.states import Priority

TITLE_CHARS = 40

_PLACE = re.compile(
    r"([A-Za-z一二三四五六七八九十东西南北]{0,2}(?:座|栋|号楼))?"
    r"\s*((?:[Bb]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*(?:楼|层|F(?![a-z])))?"
    r"\s*((?:\d{2,5}|[一二三四五六七八九十]+号?)\s*(?:室|房间|会议室|工位|机房))?"
)
_URGENT = ("紧急", "着火", "漏水", "全部断网", "瘫痪", "无法生产", "停线", "马上", "立刻")


MOST_OPTIONS = (
    3  # one question, answered by one button; with 说不准, 改一下 and 撤销 a card has six, WeCom's most
)
NEARLY = 0.5  # of the best desk's score: from there on another desk is asked about


@dataclass(frozen=True)
class Fit:
    """Where the words may belong. ``category`` is "" for a desk that tells none apart."""

    desk: str
    category: str = ""


@dataclass(frozen=True)
class Guess:
    title: str
    place: str
    priority: Priority
    fits: tuple[Fit, ...]  # about equally good; several are a doubt

    @property
    def fit(self) -> Fit:
        """The best that can be said without asking: a doubt within one desk is none about the desk."""
        if len(self.fits) == 1:
            return self.fits[0]
        desks = {fit.desk for fit in self.fits}
        return Fit(desks.pop()) if len(desks) == 1 else Fit("")

    @property
    def options(self) -> tuple[Fit, ...]:
        """What to ask about; nothing when there is no doubt."""
        return self.fits[:MOST_OPTIONS] if len(self.fits) > 1 else ()


def guess(text: str, desks: Sequence[Desk]) -> Guess:
    return Guess(_title(title_line(text)), _place(text), _priority(text), _fits(text.casefold(), desks))


def _title(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1] + "…"


def _place(text: str) -> str:
    return max((m.group(0).strip() for m in _PLACE.finditer(text)), key=len, default="")


def _priority(text: str) -> Priority:
    return Priority.P2 if any(word in text for word in _URGENT) else Priority.P3


def _fits(folded: str, desks: Sequence[Desk]) -> tuple[Fit, ...]:
    """The best, and what says nearly as much for another desk: a wrong desk costs more than one question."""
    heard = _heard(folded, desks)
    scores = {fit: score for desk in desks for fit, score in _scores(heard, desk)}
    best = max(scores.values(), default=0)
    if best == 0:
        return tuple(Fit(desk.key) for desk in desks)
    top = [fit for fit, score in scores.items() if score == best]
    here = {fit.desk for fit in top}
    near = {fit: score for fit, score in scores.items() if fit.desk not in here and score >= best * NEARLY}
    return (*top, *sorted(near, key=lambda fit: -near[fit]))


def _heard(folded: str, desks: Sequence[Desk]) -> frozenset[str]:
    """Every desk's words that were said. Longer words say more: in 「打印机耗材」 nobody said 「打印机」."""
    said = {word for desk in desks for word in _words(desk) if word in folded}
    return frozenset(word for word in said if not any(word in other and word != other for other in said))


def _words(desk: Desk) -> Iterator[str]:
    for keywords in (desk.keywords, *(category.keywords for category in desk.categories)):
        yield from (keyword.casefold() for keyword in keywords)


def _scores(heard: AbstractSet[str], desk: Desk) -> Iterator[tuple[Fit, int]]:
    """A desk's own words count for each of its categories, but never twice."""
    named = [category for category in desk.categories if _score(heard, category.keywords)]
    for category in named:
        yield Fit(desk.key, category.name), _score(heard, (*desk.keywords, *category.keywords))
    if not named:
        yield Fit(desk.key), _score(heard, desk.keywords)


def _score(heard: AbstractSet[str], keywords: Iterable[str]) -> int:
    return sum(len(word) for word in {keyword.casefold() for keyword in keywords} & heard)
