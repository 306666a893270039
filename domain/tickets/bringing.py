"""Passing on what others said: a forwarded record, or a message that is replied to (flow D).

It becomes a draft, since others' words are not theirs who bring them: the author sees what would go along and chooses.
Who brings what is a ticket already follows that one instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.base import Command, Conversation
from domain.tickets import events as happened
from domain.tickets.command import TicketCommand, enter
from domain.tickets.context import Passage, own_words, passages_in, with_context
from domain.tickets.opening import DraftFrom, StartDraft, begin_draft, check_length, read_again, warm_draft
from domain.tickets.ports import Unit
from domain.tickets.states import State
from domain.tickets.ticket import Ticket


@dataclass(frozen=True)
class BringAlong(Command[str]):
    """Answers the draft's number, or that of the ticket which these words are already.

    ``key`` is the same for whoever brings the same words.
    """

    text: str
    origin: Conversation
    passages: tuple[Passage, ...]
    key: str


@dataclass(frozen=True)
class KeepOwnWords(TicketCommand[None]):
    """只带这条: without what others said."""

    verb: ClassVar[str] = "own"


async def bring_along(command: BringAlong, unit: Unit) -> str:
    check_length(command.text)
    known = await unit.tickets.brought(command.key)
    if known is not None:
        return _follow(known, unit)
    text = with_context(command.text, command.passages)
    draft = await warm_draft(StartDraft(command.text, command.origin), unit)
    if draft is not None and not passages_in(draft.text):
        await _add_to(draft, command, unit)
    else:
        said = command.text or f"（转发 {len(command.passages)} 条）"
        draft = await begin_draft(DraftFrom(text, said, command.origin), unit)
    await unit.tickets.bring(command.key, draft.id)
    return draft.number


def _follow(ticket: Ticket, unit: Unit) -> str:
    person = unit.actor.person
    if person not in {ticket.requester, *ticket.followers, *ticket.affected}:
        ticket.follow(unit.actor, unit.now)
    return ticket.number


async def _add_to(draft: Ticket, command: BringAlong, unit: Unit) -> None:
    own = "\n".join(filter(None, (own_words(draft.text), command.text)))
    draft.amend(unit.actor, command.text or f"（转发 {len(command.passages)} 条）", unit.now)
    draft.text = with_context(own, command.passages)
    await read_again(draft, unit)


async def keep_own_words(command: KeepOwnWords, unit: Unit) -> None:
    """Where nothing was said to them, the last of the messages is 这条."""
    ticket = await enter(command, unit)
    ticket.require(command.verb, State.DRAFT)
    passages = passages_in(ticket.text)
    ticket.text = own_words(ticket.text) or with_context("", passages[-1:])
    ticket.record(happened.ContextDropped(at=unit.now, by=unit.actor.person, count=len(passages)))
    await read_again(ticket, unit)
