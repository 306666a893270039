"""What a ticket's cards are drawn from: the stored view, the due times at this moment, and where its page is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.card import Field
from bot.wording import card_time, goal_word, hours_word, priority_word
from domain.base import PersonId
from domain.people.people import Desk
from domain.sla.policy import Goal
from domain.tickets.guessing import Fit
from storage.queries.views import TicketView


@dataclass(frozen=True)
class Wish:
    """延期, asked for by name and not yet answered. ``until`` is when it would be due, None while paused."""

    by: str
    extra: timedelta
    why: str
    until: datetime | None


@dataclass(frozen=True)
class Due:
    """One promise as it stands. ``at`` is None while the clock is paused."""

    goal: Goal
    at: datetime | None
    breached: bool
    taken_by: str = ""
    wish: Wish | None = None


@dataclass(frozen=True)
class Facts:
    ticket: TicketView
    dues: Mapping[Goal, Due]  # only open promises
    now: datetime
    link: str = ""
    desks: Sequence[Desk] = ()  # all there are; with a draft
    others: Sequence[str] = ()  # what else goes on with the author; with a draft of pictures only
    doubts: Sequence[Fit] = ()  # where a draft may belong, when that has to be asked

    @property
    def next_due(self) -> Due | None:
        """The promise that is owed next: the response until somebody responds, then the resolution."""
        return self.dues.get(Goal.RESPOND) or self.dues.get(Goal.RESOLVE)

    @property
    def is_late(self) -> bool:
        due = self.next_due
        return due is not None and due.breached

    def is_assignee(self, person: PersonId | None) -> bool:
        assignee = self.ticket.assignee
        return person is not None and assignee is not None and assignee.id == person

    @property
    def body(self) -> str:
        """What was said beyond the title."""
        return "" if self.ticket.text.strip() == self.ticket.title else self.ticket.text.strip()

    def files(self, *, internal: bool = False) -> str:
        """「附件 2 个，回复「附件 IT-1042」查看」, or nothing. What came with notes counts for the desk only."""
        counted = [f for f in self.ticket.files if f.counts and (internal or not f.internal)]
        return f"附件 {len(counted)} 个，回复「附件 {self.ticket.number}」查看" if counted else ""

    # ── fields that several cards share ──

    def owner(self) -> Field:
        ticket = self.ticket
        if ticket.assignee is None:
            return Field("负责人", "待接单")
        waiting = f"（已请 {ticket.receiver.name} 接手）" if ticket.receiver else ""
        return Field("负责人", ticket.assignee.name + waiting)

    def priority(self) -> Field:
        return Field("优先级", priority_word(self.ticket.priority))

    def affected(self) -> tuple[Field, ...]:
        """「影响 3 人」, as soon as it is more than the requester."""
        others = len(self.ticket.affected)
        return (Field("影响", f"{others + 1} 人"),) if others else ()

    def place(self) -> tuple[Field, ...]:
        return (Field("位置", self.ticket.place),) if self.ticket.place else ()

    def due(self) -> tuple[Field, ...]:
        """「11-25 15:30 前响应」「等待回复，计时暂停」. No "2 hours left": cards are not repainted by the minute."""
        due = self.next_due
        if due is None:
            return ()
        if due.at is None:
            return (Field("时限", "等待回复，计时暂停"),)
        wished = f"（申请延期 {hours_word(due.wish.extra)}）" if due.wish else ""
        return (Field("时限", f"{card_time(due.at)} 前{goal_word(due.goal)}{wished}"),)
