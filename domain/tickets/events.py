"""Everything that can happen to a ticket. Timeline, notices, webhooks and audit are readings of these.

``kind`` is stored and exported: never rename one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import Event, PersonId
from domain.tickets.states import Priority


@dataclass(frozen=True, kw_only=True)
class DraftStarted(Event):
    kind: ClassVar[str] = "draft_started"
    text: str


@dataclass(frozen=True, kw_only=True)
class DraftAmended(Event):
    kind: ClassVar[str] = "draft_amended"
    text: str


@dataclass(frozen=True, kw_only=True)
class DraftReminded(Event):
    kind: ClassVar[str] = "draft_reminded"


@dataclass(frozen=True, kw_only=True)
class ContextDropped(Event):
    """What others had said goes not along, but at most one message of it."""

    kind: ClassVar[str] = "context_dropped"
    count: int


@dataclass(frozen=True, kw_only=True)
class WordsAdded(Event):
    """The requester went on telling, where they had begun."""

    kind: ClassVar[str] = "words_added"
    text: str


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Event):
    kind: ClassVar[str] = "opened"
    number: str
    title: str
    desk: str
    priority: Priority
    at_once: bool  # without a draft before


@dataclass(frozen=True, kw_only=True)
class TicketAccepted(Event):
    kind: ClassVar[str] = "accepted"


@dataclass(frozen=True, kw_only=True)
class TicketDeclined(Event):
    kind: ClassVar[str] = "declined"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Event):
    kind: ClassVar[str] = "assigned"
    to: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketReleased(Event):
    kind: ClassVar[str] = "released"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketHandedOver(Event):
    """Nobody chose it for this ticket: whoever had it is away, or is back. ``previous`` is None from the pool."""

    kind: ClassVar[str] = "handed_over"
    previous: PersonId | None
    to: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class TransferOffered(Event):
    kind: ClassVar[str] = "transfer_offered"
    to: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class TransferAccepted(Event):
    kind: ClassVar[str] = "transfer_accepted"
    previous: PersonId | None


@dataclass(frozen=True, kw_only=True)
class TransferReturned(Event):
    """The receiver gave it back, or (``by`` the clock) did not answer in time."""

    kind: ClassVar[str] = "transfer_returned"
    to: PersonId
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeskChanged(Event):
    kind: ClassVar[str] = "desk_changed"
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    kind: ClassVar[str] = "asked"
    question: str


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    kind: ClassVar[str] = "answered"
    text: str


@dataclass(frozen=True, kw_only=True)
class RequesterReminded(Event):
    """A question or a solution still waits for the requester's word."""

    kind: ClassVar[str] = "reminded"


@dataclass(frozen=True, kw_only=True)
class CommentAdded(Event):
    kind: ClassVar[str] = "commented"
    text: str
    internal: bool


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Event):
    kind: ClassVar[str] = "resolved"
    result: str


@dataclass(frozen=True, kw_only=True)
class ResolutionConfirmed(Event):
    kind: ClassVar[str] = "confirmed"


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Event):
    kind: ClassVar[str] = "reopened"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketCancelled(Event):
    kind: ClassVar[str] = "cancelled"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Event):
    """Closed without the requester's word: by the lead, or (``by`` the clock) after the silence allowed."""

    kind: ClassVar[str] = "closed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PriorityChanged(Event):
    kind: ClassVar[str] = "priority_changed"
    before: Priority
    after: Priority


@dataclass(frozen=True, kw_only=True)
class TicketUrged(Event):
    kind: ClassVar[str] = "urged"
    times: int


@dataclass(frozen=True, kw_only=True)
class TicketFollowed(Event):
    kind: ClassVar[str] = "followed"


@dataclass(frozen=True, kw_only=True)
class TicketUnfollowed(Event):
    kind: ClassVar[str] = "unfollowed"


@dataclass(frozen=True, kw_only=True)
class TicketJoined(Event):
    """我也遇到. ``affected`` counts everybody who has the trouble by then, the requester included."""

    kind: ClassVar[str] = "joined"
    affected: int
