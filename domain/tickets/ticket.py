"""The ticket itself: its state, and the moves that change it. Handlers beside the verbs call these."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.base import Actor, Conversation, Event, PersonId, TicketId
from domain.tickets import events as happened
from domain.tickets.context import more_words
from domain.tickets.errors import (
    AlreadyAccepted,
    AlreadyDone,
    AlreadySubmitted,
    NotNow,
    PointlessTransfer,
    UrgedTooSoon,
)
from domain.tickets.states import OVER, Priority, State

ONLY_FILES = "（见附件）"  # the words of a draft for which only pictures came as yet
URGE_PAUSE = timedelta(minutes=10)  # flow M: one 催办 per ticket every ten minutes


@dataclass(frozen=True)
class PendingTransfer:
    """Offered, not yet accepted: until then the old assignee answers for the ticket (flow G)."""

    to: PersonId
    by: PersonId
    reason: str
    at: datetime


@dataclass(kw_only=True, eq=False)
class Ticket:
    id: TicketId
    number: str  # "IT-1042"; a draft's own number ("D-17") until it is submitted
    draft: str  # "D-17" for ever, so that an old draft card still finds its ticket; "" if opened at once
    desk: str  # "" while a draft has none
    title: str
    text: str
    state: State
    since: datetime  # of the present state
    priority: Priority = Priority.P3
    requester: PersonId
    assignee: PersonId | None = None
    place: str = ""  # where to go: "3楼"
    category: str = ""  # of its desk's; "" when none was guessed
    origin: Conversation  # where it was said
    created_at: datetime
    opened_at: datetime | None = None
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    urged_at: datetime | None = None
    urges: int = 0
    declines: int = 0
    transfers: int = 0
    reopens: int = 0
    question: str = ""
    resolution: str = ""
    transfer: PendingTransfer | None = None
    followers: set[PersonId] = field(default_factory=set)
    affected: set[PersonId] = field(default_factory=set)  # who said 我也遇到; the requester is not among them
    version: int = 0
    events: list[Event] = field(default_factory=list)  # new in this unit; storage appends them

    # ── asking ──

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def require(self, verb: str, *states: State) -> None:
        if self.state not in states:
            raise NotNow(self.number, verb, self.state, self.assignee, self.since)

    # ── draft ──

    def amend(self, by: Actor, text: str, now: datetime) -> None:
        self.require("amend", State.DRAFT)
        before = "" if self.text == ONLY_FILES else self.text
        self.text = more_words(before, text)
        self.since = now
        self._happened(happened.DraftAmended(at=now, by=by.person, text=text))

    def say_more(self, by: Actor, text: str, now: datetime) -> None:
        """The requester goes on telling; whoever takes it reads all of it."""
        before = "" if self.text == ONLY_FILES else self.text
        self.text = more_words(before, text)
        self._happened(happened.WordsAdded(at=now, by=by.person, text=text))

    def open(self, number: str, by: Actor, now: datetime, *, at_once: bool) -> None:
        if self.state is not State.DRAFT:
            raise AlreadySubmitted(self.number)
        self.number = number
        self.opened_at = now
        self._enter(State.OPEN, now)
        self._happened(
            happened.TicketOpened(
                at=now,
                by=by.person,
                number=number,
                title=self.title,
                desk=self.desk,
                priority=self.priority,
                at_once=at_once,
            )
        )

    # ── who has it ──

    def accept(self, by: Actor, now: datetime) -> None:
        if self.state is not State.OPEN and self.assignee is not None and not self.is_over:
            mine = self.assignee == by.person
            raise AlreadyAccepted(self.number, self.assignee, self.since, mine=mine)
        self.require("accept", State.OPEN)
        self._hand_to(by.person, now)
        self._happened(happened.TicketAccepted(at=now, by=by.person))

    def decline(self, by: Actor, reason: str, now: datetime) -> None:
        """Back to the pool when it was theirs; otherwise only counted (flow F)."""
        self.require("decline", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if self.state is not State.OPEN and self.assignee != by.person:
            raise NotNow(self.number, "decline", self.state, self.assignee, self.since)
        self.declines += 1
        self._to_pool(now)
        self._happened(happened.TicketDeclined(at=now, by=by.person, reason=reason))

    def assign(self, by: Actor, to: PersonId, reason: str, now: datetime) -> None:
        self.require("assign", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if self.assignee == to:
            raise AlreadyAccepted(self.number, to, self.since, mine=by.person == to)
        self._hand_to(to, now)
        self._happened(happened.TicketAssigned(at=now, by=by.person, to=to, reason=reason))

    def hand_over(self, by: Actor, to: PersonId, reason: str, now: datetime) -> None:
        """With everything as it stands: an offer to a third person stays open."""
        self.require("assign", State.OPEN, State.IN_PROGRESS, State.WAITING)
        previous, offer = self.assignee, self.transfer
        self._hand_to(to, now)
        self.transfer = offer if offer is not None and offer.to != to else None
        self._happened(
            happened.TicketHandedOver(at=now, by=by.person, previous=previous, to=to, reason=reason)
        )

    def release(self, by: Actor, reason: str, now: datetime) -> None:
        self.require("release", State.IN_PROGRESS, State.WAITING)
        self._to_pool(now)
        self._happened(happened.TicketReleased(at=now, by=by.person, reason=reason))

    def offer(self, by: Actor, to: PersonId, reason: str, now: datetime) -> None:
        self.require("transfer", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if to == self.assignee:
            raise PointlessTransfer(self.number)
        if self.transfer is not None and self.transfer.to == to:
            raise AlreadyDone(self.number, "transfer", self.transfer.at)
        self.transfer = PendingTransfer(to, by.person, reason, now)
        self._happened(happened.TransferOffered(at=now, by=by.person, to=to, reason=reason))

    def take(self, by: Actor, now: datetime) -> None:
        self._require_offer("take", by)
        previous = self.assignee
        self.transfers += 1
        self._hand_to(by.person, now)
        self._happened(happened.TransferAccepted(at=now, by=by.person, previous=previous))

    def give_back(self, by: Actor, reason: str, now: datetime) -> None:
        self._require_offer("return", by)
        self._return_offer(by, reason, now)

    def expire_offer(self, by: Actor, offered_at: datetime, now: datetime) -> None:
        """The clock's move; a newer offer than the one the timer was set for is left alone."""
        if self.transfer is not None and self.transfer.at == offered_at:
            self._return_offer(by, "未及时接受", now)

    def redirect_offer(self, by: Actor, to: PersonId, now: datetime) -> None:
        """The one who was asked is away; their deputy is asked instead, by the same colleague."""
        assert self.transfer is not None
        self.transfer = replace(self.transfer, to=to, at=now)
        self._happened(happened.TransferOffered(at=now, by=by.person, to=to, reason=self.transfer.reason))

    def withdraw_offer(self, by: Actor, reason: str, now: datetime) -> None:
        self._return_offer(by, reason, now)

    def move_to_desk(self, by: Actor, desk: str, reason: str, now: datetime) -> None:
        self.require("transfer", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if desk == self.desk:
            raise PointlessTransfer(self.number)
        before, self.desk = self.desk, desk
        self.transfers += 1
        self._to_pool(now)
        self._happened(happened.DeskChanged(at=now, by=by.person, before=before, after=desk, reason=reason))

    def file_under(self, by: Actor, desk: str, reason: str, now: datetime) -> None:
        """Put where it belongs as it comes in: nobody bounced it, so no transfer is counted."""
        self.require("transfer", State.OPEN)
        before, self.desk = self.desk, desk
        self._happened(happened.DeskChanged(at=now, by=by.person, before=before, after=desk, reason=reason))

    # ── talking ──

    def ask(self, by: Actor, question: str, now: datetime) -> None:
        self.require("ask", State.IN_PROGRESS, State.WAITING)
        if self.state is State.WAITING and self.question == question:
            raise AlreadyDone(self.number, "ask", self.since)
        self.question = question
        self._enter(State.WAITING, now)
        self._happened(happened.QuestionAsked(at=now, by=by.person, question=question))

    def answer(self, by: Actor, text: str, now: datetime) -> None:
        self.require("answer", State.WAITING)
        self.question = ""
        self._enter(State.IN_PROGRESS, now)
        self._happened(happened.QuestionAnswered(at=now, by=by.person, text=text))

    def comment(self, by: Actor, text: str, now: datetime, *, internal: bool) -> None:
        self._happened(happened.CommentAdded(at=now, by=by.person, text=text, internal=internal))

    # ── the end ──

    def resolve(self, by: Actor, result: str, now: datetime) -> None:
        self.require("resolve", State.IN_PROGRESS, State.WAITING)
        self.resolution, self.resolved_at, self.transfer, self.question = result, now, None, ""
        self._enter(State.RESOLVED, now)
        self._happened(happened.TicketResolved(at=now, by=by.person, result=result))

    def confirm(self, by: Actor, now: datetime) -> None:
        if self.state is State.CLOSED:
            raise AlreadyDone(self.number, "confirm", self.since)
        self.require("confirm", State.RESOLVED)
        self._finish(State.CLOSED, now)
        self._happened(happened.ResolutionConfirmed(at=now, by=by.person))

    def reopen(self, by: Actor, reason: str, now: datetime) -> None:
        self.require("reopen", State.RESOLVED, State.CLOSED)
        self.reopens += 1
        self.resolved_at = self.closed_at = None
        # Straight back to whoever did it, without a second 接单 (flow I); to the pool if nobody did.
        self._enter(State.IN_PROGRESS if self.assignee is not None else State.OPEN, now)
        self._happened(happened.TicketReopened(at=now, by=by.person, reason=reason))

    def cancel(self, by: Actor, reason: str, now: datetime) -> None:
        if self.state is State.CANCELLED:
            raise AlreadyDone(self.number, "cancel", self.since)
        self.require("cancel", State.DRAFT, State.OPEN, State.IN_PROGRESS, State.WAITING)
        self._finish(State.CANCELLED, now)
        self._happened(happened.TicketCancelled(at=now, by=by.person, reason=reason))

    def close(self, by: Actor, reason: str, now: datetime) -> None:
        if self.state is State.CLOSED:
            raise AlreadyDone(self.number, "close", self.since)
        self.require("close", State.OPEN, State.IN_PROGRESS, State.WAITING, State.RESOLVED)
        self._finish(State.CLOSED, now)
        self._happened(happened.TicketClosed(at=now, by=by.person, reason=reason))

    # ── steering ──

    def set_priority(self, by: Actor, priority: Priority, now: datetime) -> None:
        self.require("priority", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if priority is self.priority:
            raise AlreadyDone(self.number, "priority", self.since)
        before, self.priority = self.priority, priority
        self._happened(happened.PriorityChanged(at=now, by=by.person, before=before, after=priority))

    def urge(self, by: Actor, now: datetime) -> None:
        self.require("urge", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if self.urged_at is not None and now < self.urged_at + URGE_PAUSE:
            raise UrgedTooSoon(self.number, self.urged_at + URGE_PAUSE)
        self.urged_at, self.urges = now, self.urges + 1
        self._happened(happened.TicketUrged(at=now, by=by.person, times=self.urges))

    def follow(self, by: Actor, now: datetime) -> None:
        if by.person in self.followers:
            raise AlreadyDone(self.number, "follow", now)
        self.followers.add(by.person)
        self._happened(happened.TicketFollowed(at=now, by=by.person))

    def unfollow(self, by: Actor, now: datetime) -> None:
        if by.person not in self.followers | self.affected:
            raise AlreadyDone(self.number, "unfollow", now)
        self.followers.discard(by.person)
        self.affected.discard(by.person)
        self._happened(happened.TicketUnfollowed(at=now, by=by.person))

    def join(self, by: Actor, now: datetime) -> None:
        self.require("metoo", State.OPEN, State.IN_PROGRESS, State.WAITING)
        if by.person == self.requester or by.person in self.affected:
            raise AlreadyDone(self.number, "metoo", now)
        self.affected.add(by.person)
        self._happened(happened.TicketJoined(at=now, by=by.person, affected=len(self.affected) + 1))

    # ── inside ──

    def record(self, event: Event) -> None:
        """For slices that keep their own state beside the ticket (SLA): the ticket's timeline is one."""
        self._happened(event)

    def _happened(self, event: Event) -> None:
        self.events.append(event)

    def _enter(self, state: State, now: datetime) -> None:
        self.state, self.since = state, now

    def _hand_to(self, person: PersonId, now: datetime) -> None:
        self.assignee, self.transfer = person, None
        self.responded_at = self.responded_at or now
        # A ticket that waits for its requester goes on waiting, whoever has it.
        if self.state is not State.WAITING:
            self._enter(State.IN_PROGRESS, now)

    def _to_pool(self, now: datetime) -> None:
        self.assignee, self.transfer, self.question = None, None, ""
        self._enter(State.OPEN, now)

    def _finish(self, state: State, now: datetime) -> None:
        self.transfer, self.closed_at = None, now
        self._enter(state, now)

    def _require_offer(self, verb: str, by: Actor) -> None:
        if self.transfer is None or self.transfer.to != by.person:
            raise NotNow(self.number, verb, self.state, self.assignee, self.since)

    def _return_offer(self, by: Actor, reason: str, now: datetime) -> None:
        assert self.transfer is not None
        to, self.transfer = self.transfer.to, None
        self._happened(happened.TransferReturned(at=now, by=by.person, to=to, reason=reason))
