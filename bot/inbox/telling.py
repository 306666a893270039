"""Answers, questions and refusals, through the outbox: a crash or a redelivery neither loses nor doubles them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.grammar import asked_for, key_of
from bot.bus import Asking, Bus
from bot.effects import Effect, Place, Say, SendFile, ShowAnswer
from bot.refusals import words
from bot.replies import question_for
from bot.screens import Screens, request_of
from domain.base import Command, Conversation, DomainError, PersonId
from domain.files.looking import ShowFiles
from domain.people.people import Person
from domain.tickets.errors import TextMissing
from storage.people import Directory
from storage.prompts import Prompt

log = structlog.get_logger()

PROMPT_LASTS = timedelta(minutes=10)
GONE = "您的账号已停用，不能提单，也不能操作工单。如有疑问，请联系管理员或原服务台。"
CHOSEN = frozenset({"to", "priority"})  # from a card with the few that there are


@dataclass(frozen=True)
class Door:
    """Who came in, from where, under which key of once."""

    id: str
    person: Person
    place: Conversation

    @property
    def private(self) -> Place:
        """Where an answer is nobody else's business."""
        return self.place if self.place.kind == "direct" else self.person.id


class Telling:
    def __init__(
        self, bus: Bus, directory: Directory, screens: Screens, *, now: Callable[[], datetime]
    ) -> None:
        self._bus = bus
        self._directory = directory
        self._screens = screens
        self._now = now

    async def tell(self, door: Door, text: str, prompt: Prompt | None = None) -> None:
        """Also spends ``prompt``: a refused answer is not tried again with the next sentence."""
        said = Say(place=door.private, text=text)
        await self._bus.tell([said], by=door.person.actor, once=door.id, prompt=prompt)

    async def show(self, door: Door, command: Command[Any]) -> None:
        effects: list[Effect] = [
            ShowAnswer(place=door.private, person=door.person.id, request=request_of(command))
        ]
        if isinstance(command, ShowFiles):
            sent = await self._screens.files_to_send(command, door.person.id)
            effects += [SendFile(place=door.private, person=door.person.id, file=file) for file in sent]
        await self._bus.tell(effects, by=door.person.actor, once=door.id)

    async def refuse(
        self, refusal: DomainError, command: Command[Any], door: Door, prompt: Prompt | None
    ) -> None:
        if isinstance(refusal, TextMissing):
            await self.ask_for(refusal, door, answered=prompt)
            return
        log.info("command refused", command=type(command).__name__, refusal=refusal.code)
        await self.tell(door, await self.in_words(refusal), prompt)

    async def ask_for(self, missing: TextMissing, door: Door, answered: Prompt | None = None) -> bool:
        """The order is fine but lacks its words: ask, and take the next sentence for them. False when the same
        question was put a moment ago and is not put again."""
        prompt = await self.prompt(missing, door)
        question = Asking(prompt, self._now() + PROMPT_LASTS, _question(missing, door), answered)
        return await self._bus.ask(question, by=door.person.actor, once=door.id)

    async def prompt(self, missing: TextMissing, door: Door) -> Prompt:
        account = await self._directory.home(door.person.id)
        assert account is not None, "who speaks has just been met"
        return Prompt(account, key_of(missing.command), missing.field)

    async def in_words(self, refusal: DomainError) -> str:
        """Said twice: the first time shows whose names it takes."""
        told, now = defaultdict[PersonId, str](str), self._now()
        words(refusal, told.__getitem__, now)
        names = await self._directory.names_of(told)
        return words(refusal, lambda person: names.get(person, "系统"), now)


def _question(missing: TextMissing, door: Door) -> Effect:
    if missing.field in CHOSEN:
        return ShowAnswer(place=door.private, person=door.person.id, request=key_of(missing.command))
    return Say(place=door.private, text=question_text(missing))


def question_text(missing: TextMissing) -> str:
    phrase = asked_for(missing.command)
    example = phrase.example.replace("1042", missing.number) if phrase else ""
    return question_for(missing.field, example)
