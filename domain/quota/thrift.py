"""What is given up as an allowance runs out, in a fixed order; and what never is.

Repaints that only keep a card pretty go first, then repaints wait so that several become one, then digests go out
in few words. Whoever must act, be warned or be answered is served to the last call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum

from domain.quota.forecast import Forecast


class Strain(IntEnum):
    """How far it has come. Each stage keeps what the stages before it have given up."""

    NONE = 0
    FEW_REPAINTS = 1
    LATE_REPAINTS = 2
    SHORT_DIGESTS = 3


class Kind(Enum):
    """What a call is for."""

    ESCALATION = "escalation"
    APPROVAL = "approval"
    OFFER = "offer"  # somebody is asked to take it
    WORK = "work"  # the card with which somebody works
    WORDS = "words"  # news and answers for one person
    WITHDRAWN = "withdrawn"  # a repaint: what the card offers is not to be had any more
    FINAL = "final"  # a repaint: it is over
    COSMETIC = "cosmetic"  # a repaint: it goes on
    DIGEST = "digest"


NEVER_LESS = frozenset({Kind.ESCALATION, Kind.APPROVAL, Kind.OFFER, Kind.WORK, Kind.WORDS})


class Way(IntEnum):
    """From most to least."""

    NOW = 0
    LATER = 1
    BRIEFLY = 2  # in plain words, where they cost nothing if possible
    NOT = 3


@dataclass(frozen=True)
class Verdict:
    """``after`` is how long what is done LATER waits for more to join it."""

    way: Way
    after: timedelta = timedelta()


_NOW, _NOT = Verdict(Way.NOW), Verdict(Way.NOT)
_WAITS = {
    (Kind.WITHDRAWN, Strain.LATE_REPAINTS): timedelta(minutes=5),
    (Kind.WITHDRAWN, Strain.SHORT_DIGESTS): timedelta(minutes=15),
    (Kind.FINAL, Strain.LATE_REPAINTS): timedelta(minutes=30),
    (Kind.FINAL, Strain.SHORT_DIGESTS): timedelta(hours=2),
}
# Of an allowance; also the shares at which administrators are told.
STAGES = ((0.95, Strain.SHORT_DIGESTS), (0.85, Strain.LATE_REPAINTS), (0.70, Strain.FEW_REPAINTS))


def decide(kind: Kind, strain: Strain, *, has_room: bool) -> Verdict:
    """``has_room`` is whether the ticket may still cost something that it can do without."""
    if kind in NEVER_LESS:
        return _NOW
    if kind is Kind.COSMETIC:
        return _NOW if strain is Strain.NONE and has_room else _NOT
    if kind is Kind.DIGEST:
        return Verdict(Way.BRIEFLY) if strain is Strain.SHORT_DIGESTS else _NOW
    wait = _WAITS.get((kind, strain))
    return Verdict(Way.LATER, wait) if wait else _NOW


def strain_of(forecast: Forecast) -> Strain:
    """Who has used much near the end of a month, at a pace that lasts, has nothing to give up."""
    reached = next((strain for share, strain in STAGES if forecast.share >= share), Strain.NONE)
    if forecast.allowed and forecast.projected <= forecast.allowed:
        return Strain.NONE
    return reached
