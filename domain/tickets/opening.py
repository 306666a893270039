"""From a sentence to a ticket: start a draft, amend it, submit it; or open at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.base import Command, Conversation, TicketId
from domain.tickets import events as happened
from domain.tickets.command import TEXT_LIMIT, TicketCommand, enter, require_text
from domain.tickets.errors import AlreadySubmitted, NotNow, TextTooLong
from domain.tickets.filing import file_away
from domain.tickets.guessing import guess
from domain.tickets.ports import Unit
from domain.tickets.states import Priority, State
from domain.tickets.ticket import ONLY_FILES, Ticket

SAME_BREATH = timedelta(seconds=60)  # flow A: sentences sent within a minute are one draft
WITH_PICTURES = timedelta(minutes=10)  # flow C: a picture and its words
DRAFT_REMINDER = timedelta(hours=24)


@dataclass(frozen=True)
class StartDraft(Command[str]):
    """A free sentence. Answers the draft's number, which is an old one if the last sentence is still warm."""

    text: str
    origin: Conversation


@dataclass(frozen=True)
class DraftFrom:
    """``said`` are the author's own words, for the timeline; ``text`` may hold others' as well."""

    text: str
    said: str
    origin: Conversation


@dataclass(frozen=True)
class OpenTicket(Command[str]):
    """提单/报修: no confirmation asked. Answers the new number."""

    text: str
    origin: Conversation
    desk: str = ""
    priority: Priority | None = None


@dataclass(frozen=True)
class AmendDraft(TicketCommand[None]):
    verb: ClassVar[str] = "amend"
    text: str = ""


@dataclass(frozen=True)
class SubmitDraft(TicketCommand[str]):
    """Answers the ticket's number. ``priority`` overrides the guess, and so does ``desk``: a desk or a category."""

    verb: ClassVar[str] = "submit"
    desk: str = ""
    priority: Priority | None = None


@dataclass(frozen=True)
class RemindDraft(TicketCommand[None]):
    """The clock's: a draft lay about for a day. Once."""

    verb: ClassVar[str] = "remind"


async def start_draft(command: StartDraft, unit: Unit) -> str:
    check_length(command.text)
    warm = await warm_draft(command, unit)
    if warm is not None:
        await _go_on(warm, command, unit)
        return warm.number
    return (await begin_draft(DraftFrom(command.text, command.text, command.origin), unit)).number


async def warm_draft(command: StartDraft, unit: Unit) -> Ticket | None:
    """The one that ``command`` goes on with."""
    draft = await unit.tickets.newest_draft(unit.actor.person)
    return draft if draft and draft.origin == command.origin and _is_warm(draft, command, unit) else None


async def begin_draft(made: DraftFrom, unit: Unit) -> Ticket:
    ticket = await _new(made.text, made.origin, unit)
    await unit.tickets.add(ticket)
    ticket.record(happened.DraftStarted(at=unit.now, by=unit.actor.person, text=made.said))
    await unit.timers.set(f"draft:{ticket.id}", ticket.id, unit.now + DRAFT_REMINDER)
    return ticket


def _is_warm(draft: Ticket, command: StartDraft, unit: Unit) -> bool:
    """Finding words for a picture, or a picture for words, takes longer than the next sentence."""
    has_picture = ONLY_FILES in {draft.text, command.text}
    return unit.now - draft.since <= (WITH_PICTURES if has_picture else SAME_BREATH)


async def _go_on(draft: Ticket, command: StartDraft, unit: Unit) -> None:
    if command.text == ONLY_FILES:
        draft.since = unit.now
        return
    draft.amend(unit.actor, command.text, unit.now)
    await read_again(draft, unit)


async def open_ticket(command: OpenTicket, unit: Unit) -> str:
    check_length(command.text)
    ticket = await _new(command.text, command.origin, unit)
    await file_away(ticket, command.desk, unit)
    ticket.priority = command.priority or ticket.priority
    await unit.tickets.add(ticket)
    return await _open(ticket, unit, at_once=True)


async def amend_draft(command: AmendDraft, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.amend(unit.actor, require_text(ticket, command, "text"), unit.now)
    await read_again(ticket, unit)


async def submit_draft(command: SubmitDraft, unit: Unit) -> str:
    ticket = await enter(command, unit)
    if ticket.state is State.CANCELLED:
        raise NotNow(ticket.number, "submit", ticket.state, None, ticket.since)
    if ticket.state is not State.DRAFT:
        raise AlreadySubmitted(ticket.number)
    await file_away(ticket, command.desk, unit)
    ticket.priority = command.priority or ticket.priority
    return await _open(ticket, unit, at_once=False)


async def remind_draft(command: RemindDraft, unit: Unit) -> None:
    ticket = await enter(command, unit)
    if ticket.state is State.DRAFT:
        ticket.record(happened.DraftReminded(at=unit.now, by=unit.actor.person))


async def _open(ticket: Ticket, unit: Unit, *, at_once: bool) -> str:
    desk = await unit.desks.get(ticket.desk)
    number = await unit.tickets.next_number(desk.prefix)
    ticket.open(number, unit.actor, unit.now, at_once=at_once)
    await unit.timers.cancel(f"draft:{ticket.id}")
    return ticket.number


async def _new(text: str, origin: Conversation, unit: Unit) -> Ticket:
    guessed = guess(text, await unit.desks.all())
    return Ticket(
        id=TicketId(0),
        number="",
        draft="",
        desk=guessed.fit.desk,
        title=guessed.title,
        text=text,
        state=State.DRAFT,
        since=unit.now,
        priority=guessed.priority,
        requester=unit.actor.person,
        place=guessed.place,
        category=guessed.fit.category,
        origin=origin,
        created_at=unit.now,
    )


async def read_again(ticket: Ticket, unit: Unit) -> None:
    guessed = guess(ticket.text, await unit.desks.all())
    ticket.title, ticket.place, ticket.priority = guessed.title, guessed.place, guessed.priority
    # More words may also bring doubt: then it is asked again, instead of keeping what fits no better.
    ticket.desk, ticket.category = guessed.fit.desk, guessed.fit.category


def check_length(text: str) -> None:
    if len(text) > TEXT_LIMIT:
        raise TextTooLong(TEXT_LIMIT)
