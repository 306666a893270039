"""What came along with words: which order it belongs to, and when it is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.chat import Said
from adapters.grammar import Pleasantry, command_of, ticket_in
from bot.bus import Bus
from bot.effects import Say
from bot.inbox.telling import Door
from bot.screens import Screens
from domain.base import Command
from domain.files.attaching import AttachFiles, IncomingFile
from domain.people.people import Person
from domain.tickets.bringing import BringAlong
from domain.tickets.command import TicketCommand
from domain.tickets.conversing import AddComment, AddNote, AnswerQuestion
from domain.tickets.joining import MeToo
from domain.tickets.opening import OpenTicket, StartDraft, SubmitDraft
from domain.tickets.resolving import CancelTicket, CloseTicket, ConfirmResolution
from domain.tickets.steering import FollowTicket, UnfollowTicket
from domain.tickets.talking import SpeakInGroup
from domain.tickets.ticket import ONLY_FILES
from storage.prompts import Prompts

LEFT_OUT = "附件没有收下：这句话不是说某一张单的。请把附件单独发一次，或和「回复 单号 内容」一起发。"
OPENS = (StartDraft, OpenTicket, SpeakInGroup, BringAlong, SubmitDraft)
WITHOUT_FILES = (MeToo, CancelTicket, CloseTicket, ConfirmResolution, FollowTicket, UnfollowTicket)


class Attachments:
    def __init__(self, bus: Bus, prompts: Prompts, screens: Screens, *, now: Callable[[], datetime]) -> None:
        self._bus = bus
        self._prompts = prompts
        self._screens = screens
        self._now = now

    async def order_for(self, command: Any, said: Said, person: Person) -> Any:
        """A reply to what was said of a ticket belongs to that ticket."""
        number = ticket_in(said.quoted)
        is_free = isinstance(command, StartDraft | Pleasantry)
        known = bool(number) and await self._screens.is_known(number, person)
        if known and (is_free or not said.text):
            return AddComment(number, said.text) if said.text else AttachFiles(number)
        if not said.text or isinstance(command, Pleasantry):
            return await self._for_bare_files(said, person)
        return command

    async def _for_bare_files(self, said: Said, person: Person) -> Any:
        """A picture without words answers what was asked, or goes with the words around it, else begins a draft
        that asks where it belongs (flow C)."""
        prompt = await self._prompts.open(said.sender, self._now()) if said.place.kind == "direct" else None
        asked = command_of(prompt.key) if prompt is not None else None
        if isinstance(asked, AnswerQuestion):
            return replace(asked, text=ONLY_FILES)
        number = await self._screens.place_for_files(person.id, said.place)
        return AttachFiles(number) if number else StartDraft(text=ONLY_FILES, origin=said.place)

    async def leave_out(self, door: Door) -> None:
        said = Say(place=door.private, text=LEFT_OUT)
        await self._bus.tell([said], by=door.person.actor, once=f"{door.id}:files")


def takes_files(command: Any) -> bool:
    """What a picture can go with. To somebody else's trouble, or to a ticket that ends with these words, it can't."""
    if isinstance(command, OPENS):
        return True
    return isinstance(command, TicketCommand) and not isinstance(command, WITHOUT_FILES)


def ticket_of(command: Command[Any], result: Any) -> str:
    """The number of the ticket that ``command`` was about, "" for none."""
    return str(result if isinstance(command, OPENS) else getattr(command, "ticket", ""))


def attached(command: Command[Any], result: Any, files: tuple[IncomingFile, ...]) -> Iterator[AttachFiles]:
    if files:
        yield AttachFiles(ticket_of(command, result), files, internal=isinstance(command, AddNote))


def incoming_files(said: Said) -> tuple[IncomingFile, ...]:
    return tuple(IncomingFile(f.platform, f.kind, f.key, f.name) for f in said.files)
