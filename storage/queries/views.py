"""What screens get: frozen rows, complete enough to draw without asking again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.base import Conversation, PersonId, TicketId
from domain.dispatch.round import Offer
from domain.files.file import TicketFile
from domain.people.people import Desk
from domain.sla.deadline import Deadline
from domain.tickets.states import Priority, State


@dataclass(frozen=True)
class Named:
    """A person as the screen shows one. Id 0 is the clock."""

    id: PersonId
    name: str


@dataclass(frozen=True)
class Refusal:
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketView:
    id: TicketId
    number: str
    draft: str
    desk: Desk | None
    title: str
    text: str
    state: State
    since: datetime
    priority: Priority
    requester: Named
    assignee: Named | None
    receiver: Named | None  # of a transfer that is offered
    transfer_by: Named | None
    transfer_reason: str
    transfer_at: datetime | None
    place: str
    origin: Conversation
    created_at: datetime
    opened_at: datetime | None
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    urged_at: datetime | None
    question: str
    resolution: str
    declines: int
    transfers: int
    reopens: int
    urges: int
    followers: tuple[Named, ...]
    files: tuple[TicketFile, ...]
    deadlines: tuple[Deadline, ...]  # the newest cycle of each goal
    version: int
    category: str = ""
    affected: frozenset[PersonId] = frozenset()  # who said 我也遇到
    offer: Offer | None = None  # somebody is being asked to take it
    asked: tuple[Named, ...] = ()  # all who were, when nobody is left to be
    refusals: tuple[Refusal, ...] = ()  # the last few, while nobody has it


@dataclass(frozen=True, kw_only=True)
class TicketLine:
    """One ticket in a list."""

    id: TicketId
    number: str
    title: str
    state: State
    priority: Priority
    desk: str
    requester_name: str
    assignee_name: str
    since: datetime
    opened_at: datetime | None


@dataclass(frozen=True)
class TimelineRow:
    seq: int
    at: datetime
    kind: str
    actor_id: PersonId
    actor_name: str
    payload: Mapping[str, Any]
