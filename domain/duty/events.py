"""What happened to rosters and leaves. Not part of any ticket's timeline; kept in a journal of its own, for ever.

``kind`` is stored: never rename one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.base import PersonId, TicketId


@dataclass(frozen=True, kw_only=True)
class DutyEvent:
    kind: ClassVar[str]
    at: datetime
    by: PersonId


@dataclass(frozen=True, kw_only=True)
class LeaveEvent(DutyEvent):
    leave: int
    person: PersonId


@dataclass(frozen=True, kw_only=True)
class LeaveDrafted(LeaveEvent):
    kind: ClassVar[str] = "leave_drafted"


@dataclass(frozen=True, kw_only=True)
class LeaveRequested(LeaveEvent):
    """``deputy`` is asked; None when nobody is to stand in."""

    kind: ClassVar[str] = "leave_requested"
    deputy: PersonId | None


@dataclass(frozen=True, kw_only=True)
class HeirChosen(LeaveEvent):
    """``heir`` gets this ticket when the leave begins; None: its desk."""

    kind: ClassVar[str] = "heir_chosen"
    number: str
    heir: PersonId | None


@dataclass(frozen=True, kw_only=True)
class DeputyAccepted(LeaveEvent):
    kind: ClassVar[str] = "deputy_accepted"
    deputy: PersonId


@dataclass(frozen=True, kw_only=True)
class DeputyLost(LeaveEvent):
    """``deputy`` said no, or (``silent``) did not answer in time: the lead decides."""

    kind: ClassVar[str] = "deputy_lost"
    deputy: PersonId
    silent: bool


@dataclass(frozen=True, kw_only=True)
class LeaveCancelled(LeaveEvent):
    kind: ClassVar[str] = "leave_cancelled"
    deputy: PersonId | None


@dataclass(frozen=True, kw_only=True)
class LeaveHitsDuty(LeaveEvent):
    """Three days before: shifts of this person fall into the leave."""

    kind: ClassVar[str] = "leave_hits_duty"
    shifts: int


@dataclass(frozen=True, kw_only=True)
class LeaveBegan(LeaveEvent):
    """``given`` and ``pooled``: how many tickets went to somebody, and back to a desk."""

    kind: ClassVar[str] = "leave_began"
    given: int
    pooled: int


@dataclass(frozen=True, kw_only=True)
class LeaveEnded(LeaveEvent):
    kind: ClassVar[str] = "leave_ended"


@dataclass(frozen=True, kw_only=True)
class LeaveWelcomed(LeaveEvent):
    """What was handed over is offered back."""

    kind: ClassVar[str] = "leave_welcomed"


@dataclass(frozen=True, kw_only=True)
class TicketsTakenBack(LeaveEvent):
    kind: ClassVar[str] = "tickets_taken_back"
    numbers: tuple[str, ...]
    givers: tuple[PersonId, ...]


@dataclass(frozen=True, kw_only=True)
class SwapEvent(DutyEvent):
    swap: int
    desk: str
    giver: PersonId
    taker: PersonId
    begin: datetime


@dataclass(frozen=True, kw_only=True)
class SwapAsked(SwapEvent):
    kind: ClassVar[str] = "swap_asked"


@dataclass(frozen=True, kw_only=True)
class SwapAccepted(SwapEvent):
    kind: ClassVar[str] = "swap_accepted"


@dataclass(frozen=True, kw_only=True)
class SwapDeclined(SwapEvent):
    kind: ClassVar[str] = "swap_declined"


@dataclass(frozen=True, kw_only=True)
class SwapWithdrawn(SwapEvent):
    kind: ClassVar[str] = "swap_withdrawn"


@dataclass(frozen=True, kw_only=True)
class SwapLapsed(SwapEvent):
    """The shift began before anybody answered."""

    kind: ClassVar[str] = "swap_lapsed"


@dataclass(frozen=True, kw_only=True)
class DutyCovered(DutyEvent):
    """我来顶: ``by`` is on duty now, instead of ``instead_of``."""

    kind: ClassVar[str] = "duty_covered"
    desk: str
    instead_of: PersonId | None
    until: datetime


@dataclass(frozen=True, kw_only=True)
class ShiftEnding(DutyEvent):
    """Fifteen minutes before ``change``: the one who goes and the one who comes see what is open."""

    kind: ClassVar[str] = "shift_ending"
    desk: str
    goes: PersonId | None
    comes: PersonId
    change: datetime


@dataclass(frozen=True, kw_only=True)
class DutyUncovered(DutyEvent):
    """``planned`` is on duty now by the roster, but away, and nobody stands in."""

    kind: ClassVar[str] = "duty_uncovered"
    desk: str
    planned: PersonId


@dataclass(frozen=True, kw_only=True)
class PersonDisabled(DutyEvent):
    """The account is closed; everything that was theirs has been handed over in the same moment."""

    kind: ClassVar[str] = "person_disabled"
    person: PersonId
    given: int
    pooled: int


@dataclass(frozen=True, kw_only=True)
class PersonEnabled(DutyEvent):
    kind: ClassVar[str] = "person_enabled"
    person: PersonId


@dataclass(frozen=True, kw_only=True)
class OwnerRestored(DutyEvent):
    """The check found tickets on somebody who is away, and handed them over: it should have happened before."""

    kind: ClassVar[str] = "owner_restored"
    person: PersonId
    given: int
    pooled: int


@dataclass(frozen=True, kw_only=True)
class NobodyThere(DutyEvent):
    """Open tickets of a desk at which nobody is available: only people can mend that."""

    kind: ClassVar[str] = "nobody_there"
    desk: str
    tickets: tuple[TicketId, ...]


@dataclass(frozen=True, kw_only=True)
class PeopleJoined(DutyEvent):
    """``gone`` was somebody of their own before. ``accounts`` are "platform:user id" of theirs."""

    kind: ClassVar[str] = "people_joined"
    kept: PersonId
    gone: PersonId
    accounts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PeopleSplit(DutyEvent):
    kind: ClassVar[str] = "people_split"
    kept: PersonId
    gone: PersonId


@dataclass(frozen=True, kw_only=True)
class AccountClosed(DutyEvent):
    """``others`` is how many accounts of theirs are left."""

    kind: ClassVar[str] = "account_closed"
    person: PersonId
    account: str
    others: int


@dataclass(frozen=True, kw_only=True)
class AccountRenamed(DutyEvent):
    kind: ClassVar[str] = "account_renamed"
    person: PersonId
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class AccountReturned(DutyEvent):
    """It stays closed until an administrator opens it."""

    kind: ClassVar[str] = "account_returned"
    person: PersonId
    account: str
