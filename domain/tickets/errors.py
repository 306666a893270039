"""Refusals about tickets. They carry facts; people read ``bot.refusals``' sentence with names and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from domain.base import Command, DomainError, PersonId, TicketRef
from domain.tickets.states import State


class TicketNotFound(DomainError):
    """Also the answer for a ticket that exists but is none of the actor's business (no probing)."""

    code: ClassVar[str] = "not_found"

    def __init__(self, ref: TicketRef) -> None:
        super().__init__(ref)
        self.ref = ref


class AmbiguousNumber(DomainError):
    code: ClassVar[str] = "ambiguous_number"

    def __init__(self, ref: TicketRef, candidates: Sequence[str]) -> None:
        super().__init__(ref)
        self.ref = ref
        self.candidates = tuple(candidates)


class NotAllowed(DomainError):
    code: ClassVar[str] = "not_allowed"

    def __init__(self, number: str, verb: str) -> None:
        super().__init__(f"{verb} {number}")
        self.number = number
        self.verb = verb


class NotNow(DomainError):
    """The ticket is not in a state that allows this; the facts say what it is in, who has it, since when."""

    code: ClassVar[str] = "not_now"

    def __init__(
        self, number: str, verb: str, state: State, assignee: PersonId | None, since: datetime
    ) -> None:
        super().__init__(f"{verb} {number} in {state.value}")
        self.number = number
        self.verb = verb
        self.state = state
        self.assignee = assignee
        self.since = since


class AlreadyAccepted(DomainError):
    """``mine`` when the same person pressed twice."""

    code: ClassVar[str] = "already_accepted"

    def __init__(self, number: str, by: PersonId, at: datetime, *, mine: bool) -> None:
        super().__init__(number)
        self.number = number
        self.by = by
        self.at = at
        self.mine = mine


class AlreadyDone(DomainError):
    """The same person asked for the same thing again: nothing changes, and they are told since when."""

    code: ClassVar[str] = "already_done"

    def __init__(self, number: str, verb: str, at: datetime) -> None:
        super().__init__(f"{verb} {number}")
        self.number = number
        self.verb = verb
        self.at = at


class AlreadySubmitted(DomainError):
    """A draft that became a ticket long ago was submitted again."""

    code: ClassVar[str] = "already_submitted"

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class TextMissing(DomainError):
    """The command is fine and allowed, but lacks its words; ``field`` is where they go."""

    code: ClassVar[str] = "text_missing"

    def __init__(self, number: str, command: Command[Any], field: str) -> None:
        super().__init__(f"{field} of {type(command).__name__}")
        self.number = number
        self.command = command
        self.field = field


class UrgedTooSoon(DomainError):
    code: ClassVar[str] = "urged_too_soon"

    def __init__(self, number: str, again_at: datetime) -> None:
        super().__init__(number)
        self.number = number
        self.again_at = again_at


class PointlessTransfer(DomainError):
    """To oneself, to the present assignee, or back to the desk that has it."""

    code: ClassVar[str] = "pointless_transfer"

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class NotOnDesk(DomainError):
    """A ticket can be assigned only to somebody who serves its desk."""

    code: ClassVar[str] = "not_on_desk"

    def __init__(self, number: str, name: str, desk: str) -> None:
        super().__init__(number)
        self.number = number
        self.name = name
        self.desk = desk


class TextTooLong(DomainError):
    code: ClassVar[str] = "text_too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit
