"""A ticket's past as the clock hears it: from what happened on it to the facts of one promise.

Only what people did is heard, and nothing that a clock made of it then: so the same past can be told under any rules.
``domain.sla.keeping`` does the same as things happen; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from domain.base import Event, PersonId
from domain.sla.clock import (
    Cancelled,
    Changed,
    Extended,
    Fact,
    Met,
    Paused,
    Recounted,
    Resumed,
    Started,
    TakenOver,
)
from domain.sla.events import DueExtended, DueRecounted, EscalationTakenOver
from domain.sla.policy import Goal, Policy
from domain.tickets import events as happened
from domain.tickets.states import Priority

Promises = Mapping[str, Policy]  # by the key of the desk; without the desks that promise nothing

HEARD: frozenset[type[Event]] = frozenset(
    {
        happened.TicketOpened,
        happened.TicketAccepted,
        happened.TicketAssigned,
        happened.TicketHandedOver,
        happened.TransferAccepted,
        happened.TicketReleased,
        happened.TicketDeclined,
        happened.DeskChanged,
        happened.QuestionAsked,
        happened.QuestionAnswered,
        happened.PriorityChanged,
        happened.TicketResolved,
        happened.TicketReopened,
        happened.TicketCancelled,
        happened.TicketClosed,
        EscalationTakenOver,
        DueExtended,
        DueRecounted,
    }
)

_ENDS_A_QUESTION = (
    happened.QuestionAnswered,
    happened.TicketReleased,
    happened.TicketDeclined,
    happened.DeskChanged,
    happened.TicketResolved,
)


def facts_of(past: Iterable[Event], goal: Goal, promises: Promises) -> list[Fact]:
    """Of all cycles, in order. Empty when nothing was ever promised, or the past is not known."""
    ear = _Ear(goal, promises)
    return [fact for event in past for fact in ear.hear(event)] + list(ear.begin_again())


def owned_at(past: Iterable[Event], moment: datetime) -> tuple[str, PersonId | None]:
    """At which desk it was then, and who had it; what happened at that very moment has happened."""
    ear = _Ear(Goal.RESOLVE, {})
    for event in past:
        if event.at <= moment:
            for _ in ear.hear(event):
                pass
    return ear.desk, ear.assignee


class _Ear:
    """As much of the ticket as the clock looks at."""

    def __init__(self, goal: Goal, promises: Promises) -> None:
        self._goal = goal
        self._promises = promises
        self.desk = ""
        self._priority = Priority.P3
        self.assignee: PersonId | None = None
        self._promised: tuple[str, timedelta] | None = (
            None  # the policy's name and its target, while it is open
        )
        self._reopened: happened.TicketReopened | None = None
        self._question = ""  # while it waits for an answer

    def hear(self, event: Event) -> Iterator[Fact]:
        if isinstance(event, _ENDS_A_QUESTION):
            self._question = ""
        if not self._is_let_go_at_once(event):
            yield from self.begin_again()
        yield from self._hear_of_owner(event)
        yield from self.begin_again()
        yield from self._hear_of_rules(event) if self._is_of_rules(event) else self._hear_of_time(event)

    def begin_again(self) -> Iterator[Fact]:
        if self._reopened is not None:
            at, self._reopened = self._reopened.at, None
            yield from self._start(at)

    def _is_let_go_at_once(self, event: Event) -> bool:
        """Who solved it may be away: then it is released in the act of reopening, and a response is owed again."""
        back = self._reopened
        return (
            back is not None
            and isinstance(event, happened.TicketReleased)
            and (event.at, event.by) == (back.at, back.by)
        )

    def _hear_of_owner(self, event: Event) -> Iterator[Fact]:
        match event:
            case happened.TicketAccepted() | happened.TransferAccepted():
                yield from self._respond(event.by, event.at)
            case happened.TicketAssigned(to=to) | happened.TicketHandedOver(to=to):
                yield from self._respond(to, event.at)
            case happened.TicketReleased() | happened.TicketDeclined() | happened.DeskChanged():
                self.assignee = None

    def _is_of_rules(self, event: Event) -> bool:
        return isinstance(event, happened.TicketOpened | happened.PriorityChanged | happened.DeskChanged)

    def _hear_of_rules(self, event: Event) -> Iterator[Fact]:
        match event:
            case happened.TicketOpened(desk=desk, priority=priority):
                self.desk, self._priority = desk, priority
                yield from self._start(event.at)
            case happened.PriorityChanged(after=priority):
                self._priority = priority
                yield from self._change(event.at)
                yield from self._start_asked(event)
            case happened.DeskChanged(after=desk):
                yield from self._resume(event.at)
                self.desk = desk
                yield from self._change(event.at)
                yield from self._start(event.at)

    def _hear_of_time(self, event: Event) -> Iterator[Fact]:
        match event:
            case happened.QuestionAsked(question=question):
                self._question = question
                if self._goal is Goal.RESOLVE and self._promised:
                    yield Paused(at=event.at, by=event.by, reason=question)
            case happened.QuestionAnswered() | happened.TicketReleased() | happened.TicketDeclined():
                yield from self._resume(event.at)
            case happened.TicketResolved():
                yield from self._end(Met(at=event.at))
            case happened.TicketCancelled() | happened.TicketClosed():
                yield from self._end(Cancelled(at=event.at))
            case happened.TicketReopened():
                self._reopened = event
            case EscalationTakenOver() if self._promised:
                yield TakenOver(at=event.at, by=event.by)
            case DueExtended(goal=goal) if goal is self._goal and self._promised:
                yield Extended(at=event.at, extra=event.extra)
            case DueRecounted(goal=goal) if goal is self._goal and self._promised:
                yield Recounted(at=event.at, missed=event.missed, rung=event.rung)

    # ── the promise ──

    def _target(self) -> tuple[Policy, timedelta] | None:
        policy = self._promises.get(self.desk)
        allowed = policy.allowed(self._goal, self._priority) if policy else None
        return (policy, allowed) if policy is not None and allowed is not None else None

    def _start(self, at: datetime) -> Iterator[Fact]:
        is_owed = self._goal is Goal.RESOLVE or self.assignee is None
        target = self._target()
        if target is not None and is_owed and self._promised is None:
            policy, allowed = target
            self._promised = (policy.name, allowed)
            yield Started(at=at, policy=policy, allowed=allowed)

    def _start_asked(self, event: Event) -> Iterator[Fact]:
        """A promise that begins while the requester is asked begins with a pause."""
        is_new = self._promised is None
        yield from self._start(event.at)
        if is_new and self._promised and self._question and self._goal is Goal.RESOLVE:
            yield Paused(at=event.at, by=event.by, reason=self._question)

    def _change(self, at: datetime) -> Iterator[Fact]:
        target = self._target()
        if target is None:
            yield from self._end(Cancelled(at=at))
        elif self._promised is not None and self._promised != (target[0].name, target[1]):
            self._promised = (target[0].name, target[1])
            yield Changed(at=at, policy=target[0], allowed=target[1])

    def _respond(self, person: PersonId, at: datetime) -> Iterator[Fact]:
        self.assignee = person
        if self._goal is Goal.RESPOND:
            yield from self._end(Met(at=at))

    def _resume(self, at: datetime) -> Iterator[Fact]:
        if self._promised is not None:
            yield Resumed(at=at)

    def _end(self, fact: Fact) -> Iterator[Fact]:
        if self._promised is not None:
            self._promised = None
            yield fact
