"""What a message answers or passes on: a ticket's card, somebody's words, a record of a talk (flow D)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adapters.chat import Said
from adapters.grammar import Pleasantry, Usage, ticket_in, understand
from bot.effects import Effect, Say
from bot.inbox.telling import Door
from bot.screens import Screens
from domain.people.people import Person
from domain.tickets.bringing import BringAlong
from domain.tickets.conversing import AddComment
from domain.tickets.opening import OpenTicket, StartDraft


async def order_in_context(command: Any, said: Said, person: Person, screens: Screens) -> Any:
    """A reply to what was said of a ticket is about that ticket; what others said comes along as a draft.

    An order that says its own ticket stays what it is.
    """
    if not isinstance(command, StartDraft | OpenTicket | Pleasantry | Usage):
        return command
    number = ticket_in(said.quoted)
    if number and await screens.is_known(number, person):
        return _about(number, command, said)
    if said.brought is None or isinstance(command, Usage):
        return command
    own = command.text if isinstance(command, StartDraft | OpenTicket) else said.text
    return BringAlong(own, said.place, said.brought.passages, said.brought.id)


def _about(number: str, command: Any, said: Said) -> Any:
    """「接单」 on a card needs no number; thanks are no news."""
    if isinstance(command, Usage):
        return understand(replace(said, text=f"{said.text.strip()} {number}"))
    return AddComment(number, said.text) if isinstance(command, StartDraft) and said.text else command


def brought(result: str, door: Door) -> Iterable[Effect]:
    """``result`` is a draft's number, or that of the ticket which these words are already."""
    if not result.startswith("D-"):
        yield Say(place=door.place, text=f"已有 {result}，已把您加为关注人，有进展会告诉您。")
    elif door.place.kind == "group":
        yield Say(place=door.place, text=f"{door.person.name}，带上别人的话之前，请在私聊里确认。")
