"""What is said to the bot in a group: one person's sentences about one thing within an hour are one ticket (flow E).

The first opens it at once. What clearly belongs somewhere else, to another desk or category, opens another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.base import Command, Conversation
from domain.people.people import Desk
from domain.tickets.command import TEXT_LIMIT
from domain.tickets.guessing import Fit, guess
from domain.tickets.opening import OpenTicket, check_length, open_ticket
from domain.tickets.ports import Unit
from domain.tickets.states import State
from domain.tickets.ticket import ONLY_FILES, Ticket

ONE_TALK = timedelta(minutes=60)  # flow E: (group, person, 60 minutes), counted from the first sentence


@dataclass(frozen=True)
class SpeakInGroup(Command[str]):
    """A free sentence. Answers the number of the ticket that it opened, or that it went to."""

    text: str
    place: Conversation


async def speak_in_group(command: SpeakInGroup, unit: Unit) -> str:
    check_length(command.text)
    talk = await _talk_that_goes_on(command, unit)
    if talk is None:
        return await open_ticket(OpenTicket(command.text, command.place), unit)
    if command.text != ONLY_FILES:  # what is attached tells of itself
        _add(talk, command.text, unit)
    return talk.number


async def _talk_that_goes_on(command: SpeakInGroup, unit: Unit) -> Ticket | None:
    since = unit.now - ONE_TALK
    lately = await unit.tickets.told_in(command.place, unit.actor.person, since)
    desks = await unit.desks.all()
    return next((talk for talk in lately if _goes_with(talk, command.text, desks)), None)


def _goes_with(talk: Ticket, text: str, desks: Sequence[Desk]) -> bool:
    if len(talk.text) + len(text) > TEXT_LIMIT:
        return False
    return one_matter(talk.text, text, desks)


def _add(talk: Ticket, text: str, unit: Unit) -> None:
    """To whom asked something, it is the answer (flow H)."""
    if talk.state is State.WAITING:
        talk.answer(unit.actor, text, unit.now)
        return
    had_words = talk.text != ONLY_FILES
    talk.say_more(unit.actor, text, unit.now)
    if not had_words:
        guessed = guess(text, ())
        talk.title, talk.place = guessed.title, guessed.place


def one_matter(first: str, second: str, desks: Sequence[Desk]) -> bool:
    """Words without a hint at any desk go with everything; a hint must be at the same desk and category."""
    before, now = guess(first, desks).fits, guess(second, desks).fits
    return any(_agree(one, other) for one in before for other in now) or not desks


def _agree(one: Fit, other: Fit) -> bool:
    return one.desk == other.desk and (one.category == other.category or "" in {one.category, other.category})
