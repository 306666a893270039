"""Talk on a ticket: ask the requester, answer, comment for all, note for colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.tickets.command import TicketCommand, enter, require_text
from domain.tickets.ports import Unit
from domain.tickets.reminding import remind_in_a_day
from domain.tickets.states import State


@dataclass(frozen=True)
class AskRequester(TicketCommand[None]):
    verb: ClassVar[str] = "ask"
    question: str = ""


@dataclass(frozen=True)
class AnswerQuestion(TicketCommand[None]):
    verb: ClassVar[str] = "answer"
    text: str = ""


@dataclass(frozen=True)
class AddComment(TicketCommand[None]):
    """回复: to the other side. From the requester of a waiting ticket it is the answer (flow H)."""

    verb: ClassVar[str] = "comment"
    text: str = ""


@dataclass(frozen=True)
class AddNote(TicketCommand[None]):
    """备注: never leaves the desk."""

    verb: ClassVar[str] = "note"
    text: str = ""


async def ask_requester(command: AskRequester, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.ask(unit.actor, require_text(ticket, command, "question"), unit.now)
    await remind_in_a_day(ticket, unit)


async def answer_question(command: AnswerQuestion, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.answer(unit.actor, require_text(ticket, command, "text"), unit.now)


async def add_comment(command: AddComment, unit: Unit) -> None:
    ticket = await enter(command, unit)
    text = require_text(ticket, command, "text")
    if ticket.state is State.WAITING and unit.actor.person == ticket.requester:
        ticket.answer(unit.actor, text, unit.now)
    else:
        ticket.comment(unit.actor, text, unit.now, internal=False)


async def add_note(command: AddNote, unit: Unit) -> None:
    ticket = await enter(command, unit)
    ticket.comment(unit.actor, require_text(ticket, command, "text"), unit.now, internal=True)
