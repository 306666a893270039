"""One swap: a shift that somebody wants to give away. Until the other one accepts, nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.base import PersonId
from domain.duty.errors import AlreadySettled
from domain.duty.roster import Shift


class Offer(Enum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  # the shift began before anybody answered


@dataclass(kw_only=True, eq=False)
class Swap:
    id: int
    desk: str
    giver: PersonId
    taker: PersonId
    begin: datetime
    end: datetime
    state: Offer = Offer.ASKED

    @property
    def shift(self) -> Shift:
        """As it will be."""
        return Shift(self.desk, self.taker, self.begin, self.end)

    @property
    def due_at(self) -> datetime | None:
        return self.begin if self.state is Offer.ASKED else None

    def require_open(self) -> None:
        if self.state is not Offer.ASKED:
            raise AlreadySettled(_BECAME[self.state])

    def settle(self, state: Offer) -> None:
        self.require_open()
        self.state = state


_BECAME = {
    Offer.ACCEPTED: "这次换班已经生效",
    Offer.DECLINED: "这次换班已被谢绝",
    Offer.WITHDRAWN: "这次换班已撤回",
    Offer.LAPSED: "那一班已经开始，换班没有生效",
}
