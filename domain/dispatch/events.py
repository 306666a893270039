"""What dispatch tells. ``kind`` is stored and exported: never rename one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.base import Event, PersonId


@dataclass(frozen=True, kw_only=True)
class OfferMade(Event):
    kind: ClassVar[str] = "offered"
    to: PersonId
    until: datetime
    strategy: str
    rule: str  # "" when the desk's own setting chose


@dataclass(frozen=True, kw_only=True)
class OfferLapsed(Event):
    """Not answered in time; the next one is asked."""

    kind: ClassVar[str] = "offer_lapsed"
    to: PersonId


@dataclass(frozen=True, kw_only=True)
class OfferWithdrawn(Event):
    """Whoever was being asked is away since; the next one is asked without waiting."""

    kind: ClassVar[str] = "offer_withdrawn"
    to: PersonId


@dataclass(frozen=True, kw_only=True)
class NobodyToAsk(Event):
    """All were asked, or nobody is there: it lies in the pool."""

    kind: ClassVar[str] = "nobody_to_ask"
    asked: int
