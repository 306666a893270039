"""What people type: understood, obeyed, answered in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from adapters.chat import Reply, Said
from adapters.grammar import Pleasantry, Usage, command_of, understand, with_text
from bot.bus import Bus, PromptSpent
from bot.effects import Effect, Say
from bot.inbox.attachments import Attachments, attached, incoming_files, takes_files, ticket_of
from bot.inbox.context import brought, order_in_context
from bot.inbox.groups import group_order, led_aside
from bot.inbox.reads import READS
from bot.inbox.telling import Door, Telling
from bot.replies import acknowledgement
from bot.screens import Screens
from domain.base import Command, DomainError
from domain.files.attaching import AttachFiles
from domain.people.people import Person
from domain.tickets.bringing import BringAlong
from domain.tickets.command import TicketCommand
from domain.tickets.conversing import AnswerQuestion
from domain.tickets.joining import MeToo
from domain.tickets.opening import StartDraft
from storage.prompts import Prompt, Prompts

NEVER_MIND = frozenset({"算了", "取消", "不用了"})

log = structlog.get_logger()


class Messages:
    def __init__(
        self,
        bus: Bus,
        prompts: Prompts,
        attachments: Attachments,
        telling: Telling,
        screens: Screens,
        *,
        now: Callable[[], datetime],
        private_words: Sequence[str],
    ) -> None:
        self._bus = bus
        self._prompts = prompts
        self._attachments = attachments
        self._telling = telling
        self._screens = screens
        self._now = now
        self._private_words = private_words

    async def __call__(self, said: Said, person: Person) -> Reply:
        door = Door(said.id, person, said.place)
        command = understand(said)
        if said.files:
            command = await self._attachments.order_for(command, said, person)
        if door.place.kind == "direct" and said.text.strip() in NEVER_MIND:
            await self._never_mind(door, said)
        elif not await self._answered(command, door, said):
            command = await order_in_context(command, said, person, self._screens)
            await self._obey(group_order(command, said, self._private_words), door, said)
        return Reply()

    async def _never_mind(self, door: Door, said: Said) -> None:
        await self._prompts.clear(said.sender)
        await self._telling.tell(door, "好的，已取消。")

    async def _answered(self, understood: Any, door: Door, said: Said) -> bool:
        """The sentence after 「请直接回复…」 fills what was asked for; any other order leaves the question open."""
        if door.place.kind != "direct" or not _may_answer(understood, said):
            return False
        prompt = await self._prompts.open(said.sender, self._now())
        if prompt is None:
            return False
        # A picture alone is an answer already, without words to be filled in.
        command = (
            with_text(command_of(prompt.key), prompt.field, said.text.strip()) if said.text else understood
        )
        try:
            await self._run(command, door, said, prompt)
        except PromptSpent:
            if said.text:
                return False
            await self._obey(await self._attachments.order_for(understood, said, door.person), door, said)
        return True

    async def _obey(self, command: Any, door: Door, said: Said) -> None:
        if said.files and not takes_files(command):
            await self._attachments.leave_out(door)
        match command:
            case Usage(word=word, example=example):
                await self._telling.tell(door, f"「{word}」还差一点内容，例如：{example}")
            case Pleasantry():
                await self._telling.tell(door, "不客气。需要帮忙时直接说一句话就行，例如「3楼打印机卡纸」。")
            case _ if isinstance(command, READS):
                await self._telling.show(door, command)
            case MeToo():
                await self._run(replace(command, place=door.place), door, said)
            case _:
                await self._run(command, door, said)

    async def _run(self, command: Command[Any], door: Door, said: Said, prompt: Prompt | None = None) -> None:
        files = incoming_files(said) if takes_files(command) else ()
        if isinstance(command, AttachFiles):
            command, files = replace(command, files=files), ()
        try:
            result = await self._bus.execute(
                command,
                by=door.person.actor,
                once=door.id,
                answer=self._answer(command, door),
                prompt=prompt,
                also=lambda result: attached(command, result, files),
            )
        except DomainError as refusal:
            await self._telling.refuse(refusal, command, door, prompt)
            if files:
                await self._attachments.leave_out(door)
        else:
            log.info("command done", command=type(command).__name__, ticket=ticket_of(command, result))

    def _answer(self, command: Command[Any], door: Door) -> Callable[[Any], Iterable[Effect]]:
        def answer(result: Any) -> Iterable[Effect]:
            if isinstance(command, StartDraft) and command.origin.kind != door.place.kind:
                return led_aside(door)
            if isinstance(command, BringAlong):
                return brought(result, door)
            number = command.ticket if isinstance(command, TicketCommand) else ""
            text = acknowledgement(command, result if isinstance(command, MeToo) else number)
            row = number if isinstance(command, AttachFiles) else ""
            return [Say(place=door.place, text=text, row=row)] if text else []

        return answer


def _may_answer(understood: Any, said: Said) -> bool:
    return isinstance(understood, StartDraft | Pleasantry if said.text else AnswerQuestion)
