"""One leave: from the preview over the deputy's word to the return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from domain.base import PersonId
from domain.duty.dates import HERE, Days, at_time, days_between
from domain.duty.errors import AlreadySettled, NoSuchLeave

ANSWER_WITHIN = timedelta(minutes=30)  # flow N: after that the lead decides
WARN_BEFORE = timedelta(days=3)  # flow O: of duty that falls into a leave
IN_THE_MORNING = time(9)  # flow N: what was handed over is offered back on the first day


class Phase(Enum):
    DRAFT = "draft"  # shown to its author only
    ASKED = "asked"  # the deputy has not answered
    AGREED = "agreed"  # it will begin, with or without a deputy
    ON = "on"
    BACK = "back"  # over, but what was handed over was not yet offered back
    OVER = "over"
    CANCELLED = "cancelled"


BEFORE_IT = frozenset({Phase.DRAFT, Phase.ASKED, Phase.AGREED})
STANDING = frozenset({Phase.ASKED, Phase.AGREED, Phase.ON})  # nobody is on leave twice at a time


@dataclass(kw_only=True, eq=False)
class Leave:
    id: int
    person: PersonId
    begin: datetime
    end: datetime
    deputy: PersonId | None  # the one who is asked; who has agreed when ``accepted``
    accepted: bool = False
    phase: Phase = Phase.DRAFT
    asked_at: datetime | None = None
    warned: bool = False  # of duty that falls into it

    @property
    def days(self) -> Days:
        return days_between(self.begin, self.end)

    @property
    def stand_in(self) -> PersonId | None:
        return self.deputy if self.accepted else None

    @property
    def due_at(self) -> datetime | None:
        """When time has something to do next."""
        match self.phase:
            case Phase.ASKED:
                assert self.asked_at is not None
                return self.asked_at + ANSWER_WITHIN
            case Phase.AGREED:
                return self.begin if self.warned else self.begin - WARN_BEFORE
            case Phase.ON:
                return self.end
            case Phase.BACK:
                return self.welcome_at
        return None

    @property
    def welcome_at(self) -> datetime:
        """In the morning of the day on which it ended, or at once when it ended later than that."""
        morning = at_time(self.end.astimezone(HERE).date(), IN_THE_MORNING)
        return max(morning, self.end)

    def overlaps(self, begin: datetime, end: datetime) -> bool:
        return self.begin < end and begin < self.end

    # ── moves ──

    def ask(self, now: datetime) -> None:
        """Its author has seen the preview and means it."""
        self._require(Phase.DRAFT)
        self.asked_at = now
        self.phase = Phase.AGREED if self.deputy is None else Phase.ASKED

    def accept(self, by: PersonId) -> None:
        """Also later than asked: the lead may find somebody, or be it, when it has long begun."""
        if self.accepted:
            raise AlreadySettled("已经有人代理了")
        self._require(Phase.ASKED, Phase.AGREED, Phase.ON)
        self.deputy, self.accepted = by, True
        self.phase = Phase.AGREED if self.phase is Phase.ASKED else self.phase

    def go_without(self) -> None:
        """The deputy said no, said nothing, or is gone. The leave stays; who has the work is found otherwise."""
        self.deputy, self.accepted = None, False
        self.phase = Phase.AGREED if self.phase is Phase.ASKED else self.phase

    def start(self, now: datetime) -> None:
        self._require(Phase.AGREED)
        self.begin, self.phase = max(self.begin, now) if now < self.end else self.begin, Phase.ON

    def finish(self, now: datetime) -> None:
        self._require(Phase.ON)
        self.end, self.phase = min(self.end, now), Phase.BACK

    def close(self) -> None:
        self._require(Phase.BACK)
        self.phase = Phase.OVER

    def cancel(self) -> None:
        self._require(*BEFORE_IT)
        self.phase = Phase.CANCELLED

    def require_ahead(self) -> None:
        self._require(*BEFORE_IT)

    def _require(self, *phases: Phase) -> None:
        if self.phase in phases:
            return
        became = _BECAME.get(self.phase)
        if became is None:
            raise NoSuchLeave
        raise AlreadySettled(became)


_BECAME = {
    Phase.ASKED: "请假已提交，正在等代理人答复",
    Phase.AGREED: "请假已生效",
    Phase.ON: "假期已经开始",
    Phase.BACK: "假期已经结束",
    Phase.OVER: "假期已经结束",
    Phase.CANCELLED: "请假已取消",
}
