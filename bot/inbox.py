"""Incoming -> person -> command -> bus -> answer. The one place where refusals become words in a chat.

A message's answer goes through the outbox, in the transaction of its effect, so that a crash or a redelivery
neither loses nor doubles it. A press is answered at once with the true card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.card import Card
from adapters.chat import ChatPlatform, Incoming, Joined, Metered, Pressed, Reply, Said, Unreadable
from adapters.fit import fit
from adapters.grammar import (
    Pleasantry,
    UnknownKey,
    Usage,
    asked_for,
    command_of,
    key_of,
    ticket_in,
    understand,
    understand_press,
    with_text,
)
from bot.answering import Answering
from bot.bus import Asking, Bus, PromptSpent, asked_before
from bot.cards.lists import done_card, unchanged_card
from bot.duty_screens import DUTY_READS, subject_of
from bot.effects import Effect, Place, Say, SendFile, ShowAnswer
from bot.refusals import words
from bot.replies import acknowledgement, press_acknowledgement, question_for
from bot.screens import Screens, digest_of, request_of
from bot.thrift import Thrift
from domain.base import Command, Conversation, DomainError
from domain.digest.looking import ShowDigest
from domain.files.attaching import AttachFiles, IncomingFile
from domain.files.looking import ShowFiles
from domain.people.people import Person
from domain.quota.looking import ShowQuota
from domain.tickets.command import TicketCommand
from domain.tickets.conversing import AddComment, AddNote, AnswerQuestion
from domain.tickets.errors import TextMissing
from domain.tickets.joining import MeToo
from domain.tickets.looking import ExplainDue, ListMine, ListTodo, LookAt, SearchTickets, ShowHelp, ShowMoves
from domain.tickets.opening import OpenTicket, StartDraft, SubmitDraft
from domain.tickets.resolving import CancelTicket, CloseTicket, ConfirmResolution
from domain.tickets.steering import FollowTicket, UnfollowTicket
from domain.tickets.ticket import ONLY_FILES
from storage.cards import Cards, Copy
from storage.people import Directory
from storage.prompts import Prompt, Prompts

log = structlog.get_logger()

PROMPT_LASTS = timedelta(minutes=10)
GONE = "您的账号已停用，不能提单，也不能操作工单。如有疑问，请联系管理员或原服务台。"
CHOSEN = frozenset({"to", "priority"})  # from a card with the few that there are
LEFT_OUT = "附件没有收下：这句话不是说某一张单的。请把附件单独发一次，或和「回复 单号 内容」一起发。"
OPENS = (StartDraft, OpenTicket, SubmitDraft)
WITHOUT_FILES = (MeToo, CancelTicket, CloseTicket, ConfirmResolution, FollowTicket, UnfollowTicket)
NEVER_MIND = frozenset({"算了", "取消", "不用了"})
READS = (
    ShowFiles,
    LookAt,
    ExplainDue,
    ShowMoves,
    ListMine,
    ListTodo,
    SearchTickets,
    ShowHelp,
    ShowDigest,
    ShowQuota,
    *DUTY_READS,
)


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


class Inbox:
    def __init__(
        self,
        bus: Bus,
        directory: Directory,
        prompts: Prompts,
        cards: Cards,
        screens: Screens,
        platforms: Mapping[str, ChatPlatform],
        answering: Answering,
        thrift: Thrift,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._bus = bus
        self._directory = directory
        self._prompts = prompts
        self._cards = cards
        self._screens = screens
        self._platforms = platforms
        self._answering = answering
        self._thrift = thrift
        self._now = now

    async def receive(self, incoming: Incoming) -> Reply:
        match incoming:
            case Said():
                return await self._said(incoming)
            case Pressed():
                return await self._pressed(incoming)
            case Joined():
                return await self._joined(incoming)
            case Unreadable():
                return await self._unreadable(incoming)

    # ── messages ──

    async def _said(self, said: Said) -> Reply:
        person = await self._directory.meet(said.sender, said.sender_name, self._now())
        door = Door(said.id, person, said.place)
        if said.place.kind == "group":
            # Operators copy a group's id from here into a desk's ``channels``.
            log.info("heard in a group", platform=said.place.platform, group=said.place.key)
        if not person.active:
            await self._tell(door, GONE)
            return Reply()
        command = understand(said)
        if said.files:
            command = await self._with_files(command, said, person)
        if door.place.kind == "direct" and said.text.strip() in NEVER_MIND:
            await self._never_mind(door, said)
        elif not await self._answered(command, door, said):
            await self._obey(command, door, said)
        return Reply()

    async def _never_mind(self, door: Door, said: Said) -> None:
        await self._prompts.clear(said.sender)
        await self._tell(door, "好的，已取消。")

    async def _answered(self, understood: Any, door: Door, said: Said) -> bool:
        """The sentence after 「请直接回复…」 fills what was asked for; any other order leaves the question open."""
        if (
            door.place.kind != "direct"
            or not said.text
            or not isinstance(understood, StartDraft | Pleasantry)
        ):
            return False
        prompt = await self._prompts.open(said.sender, self._now())
        if prompt is None:
            return False
        try:
            await self._run(
                with_text(command_of(prompt.key), prompt.field, said.text.strip()), door, said, prompt
            )
        except PromptSpent:
            return False
        return True

    async def _for_bare_files(self, said: Said, person: Person) -> Any:
        """A picture without words answers what was asked, or goes with the words around it, else begins a draft
        that asks where it belongs (flow C)."""
        prompt = await self._prompts.open(said.sender, self._now()) if said.place.kind == "direct" else None
        asked = command_of(prompt.key) if prompt is not None else None
        if isinstance(asked, AnswerQuestion):
            await self._prompts.clear(said.sender)
            return replace(asked, text=ONLY_FILES)
        number = await self._screens.place_for_files(person.id, said.place)
        return AttachFiles(number) if number else StartDraft(text=ONLY_FILES, origin=said.place)

    async def _with_files(self, command: Any, said: Said, person: Person) -> Any:
        """A reply to what was said of a ticket belongs to that ticket."""
        number = ticket_in(said.quoted)
        is_free = isinstance(command, StartDraft | Pleasantry)
        if number and (is_free or not said.text):
            return AddComment(number, said.text) if said.text else AttachFiles(number)
        if not said.text or isinstance(command, Pleasantry):
            return await self._for_bare_files(said, person)
        return command

    async def _obey(self, command: Any, door: Door, said: Said) -> None:
        if said.files and not _takes_files(command):
            await self._leave_out(door)
        match command:
            case Usage(word=word, example=example):
                await self._tell(door, f"「{word}」还差一点内容，例如：{example}")
            case Pleasantry():
                await self._tell(door, "不客气。需要帮忙时直接说一句话就行，例如「3楼打印机卡纸」。")
            case _ if isinstance(command, READS):
                await self._show(door, command)
            case MeToo():
                await self._run(replace(command, place=door.place), door, said)
            case StartDraft(text=text) if door.place.kind == "group":
                await self._run(OpenTicket(text=text, origin=door.place), door, said)
            case _:
                await self._run(command, door, said)

    async def _run(self, command: Command[Any], door: Door, said: Said, prompt: Prompt | None = None) -> None:
        files = _incoming_files(said) if _takes_files(command) else ()
        if isinstance(command, AttachFiles):
            command, files = replace(command, files=files), ()
        try:
            await self._bus.execute(
                command,
                by=door.person.actor,
                once=door.id,
                answer=self._answer(command, door),
                prompt=prompt,
                also=lambda result: _attached(command, result, files),
            )
        except DomainError as refusal:
            await self._refuse(refusal, command, door, prompt)
            if files:
                await self._leave_out(door)

    def _answer(self, command: Command[Any], door: Door) -> Callable[[Any], Iterable[Effect]]:
        def answer(result: Any) -> Iterable[Effect]:
            number = command.ticket if isinstance(command, TicketCommand) else ""
            text = acknowledgement(command, result if isinstance(command, MeToo) else number)
            row = number if isinstance(command, AttachFiles) else ""
            return [Say(place=door.place, text=text, row=row)] if text else []

        return answer

    async def _leave_out(self, door: Door) -> None:
        said = Say(place=door.private, text=LEFT_OUT)
        await self._bus.tell([said], by=door.person.actor, once=f"{door.id}:files")

    async def _refuse(
        self, refusal: DomainError, command: Command[Any], door: Door, prompt: Prompt | None
    ) -> None:
        if isinstance(refusal, TextMissing):
            await self._ask_for(refusal, door, answered=prompt)
            return
        log.info("command refused", command=type(command).__name__, refusal=refusal.code)
        await self._tell(door, await self._in_words(refusal), prompt)

    async def _ask_for(self, missing: TextMissing, door: Door, answered: Prompt | None = None) -> None:
        """The order is fine but lacks its words: ask, and take the next sentence for them."""
        prompt = await self._prompt(missing, door)
        question = Asking(prompt, self._now() + PROMPT_LASTS, _question(missing, door), answered)
        await self._bus.ask(question, by=door.person.actor, once=door.id)

    async def _prompt(self, missing: TextMissing, door: Door) -> Prompt:
        account = await self._directory.home(door.person.id)
        assert account is not None, "who speaks has just been met"
        return Prompt(account, key_of(missing.command), missing.field)

    async def _tell(self, door: Door, text: str, prompt: Prompt | None = None) -> None:
        """Also spends ``prompt``: a refused answer is not tried again with the next sentence."""
        said = Say(place=door.private, text=text)
        await self._bus.tell([said], by=door.person.actor, once=door.id, prompt=prompt)

    async def _show(self, door: Door, command: Command[Any]) -> None:
        effects: list[Effect] = [
            ShowAnswer(place=door.private, person=door.person.id, request=request_of(command))
        ]
        if isinstance(command, ShowFiles):
            sent = await self._screens.files_to_send(command, door.person.id)
            effects += [SendFile(place=door.private, person=door.person.id, file=file) for file in sent]
        await self._bus.tell(effects, by=door.person.actor, once=door.id)

    # ── presses ──

    async def _pressed(self, pressed: Pressed) -> Reply:
        person = await self._directory.meet(pressed.sender, pressed.sender_name, self._now())
        if not person.active:
            return Reply(note=GONE)
        door = pressed.place.platform if pressed.place is not None else pressed.sender.platform
        copy = await self._cards.by_handle(door, pressed.copy)
        if copy is None:
            return Reply(note="这张卡片已失效或不是由本系统发出，请回复「我的」查看最新状态。")
        if pressed.grant is not None:
            # Worth keeping even if the press is refused: it is one more repaint.
            await self._cards.renew(copy.id, pressed.grant.code, pressed.grant.until)
        self._answering.begin(copy.id)
        try:
            return await self._press_answered(pressed, Door(pressed.id, person, copy.place), copy)
        finally:
            self._answering.end()

    async def _press_answered(self, pressed: Pressed, door: Door, copy: Copy) -> Reply:
        try:
            command = await self._command_on(copy, pressed)
        except UnknownKey:
            return await self._repaint(copy, "这个按钮已失效，卡片已更新。")
        if isinstance(command, READS):
            return await self._show_pressed(command, door, copy)
        return await self._run_pressed(command, door, copy)

    async def _command_on(self, copy: Copy, pressed: Pressed) -> Command[Any]:
        """Raises UnknownKey also for a key that names another ticket than the card it came with."""
        command = understand_press(pressed)
        ref = getattr(command, "ticket", None)
        if (
            copy.ticket is not None
            and ref is not None
            and ref not in await self._screens.names_on(copy.ticket, copy.face)
        ):
            raise UnknownKey(pressed.key)
        return command

    async def _show_pressed(self, command: Command[Any], door: Door, copy: Copy) -> Reply:
        await self._show(door, command)
        note = "" if copy.place.kind == "direct" else "已私聊发给您。"
        return await self._repaint(copy, note) if note else Reply()

    async def _run_pressed(self, command: Command[Any], door: Door, copy: Copy) -> Reply:
        if isinstance(command, MeToo):
            command = replace(command, place=copy.place)  # who can press it is where it is shown
        try:
            outcome = await self._bus.execute(command, by=door.person.actor, once=door.id)
        except TextMissing as missing:
            return await self._ask_pressing(missing, door, copy)
        except DomainError as refusal:
            log.info("press refused", command=type(command).__name__, refusal=refusal.code)
            why = await self._in_words(refusal)
            return await self._replied(command, door, copy, why, otherwise=unchanged_card())
        aloud = asked_before(outcome)
        if aloud is not None:  # delivered again: the question is on its way, or on the card
            return await self._repaint(copy, aloud) if aloud else Reply()
        done = press_acknowledgement(command, command.ticket if isinstance(command, TicketCommand) else "")
        reply = await self._replied(command, door, copy, done, otherwise=done_card())
        if copy.ticket is not None and reply.card is not None:
            # Only here: a refused press may be a repeat, whose answer perhaps nobody sees.
            self._answering.will_show(digest_of(reply.card))
        return reply

    async def _replied(
        self, command: Command[Any], door: Door, copy: Copy, note: str, *, otherwise: Card
    ) -> Reply:
        """An answer card shows what it is about as that is now; a list or a question has served: ``otherwise``."""
        if copy.ticket is not None:
            return await self._repaint(copy, note)
        about = subject_of(command)
        answer = await self._screens.answer(key_of(about), door.person.id) if about else otherwise
        shown = answer if isinstance(answer, Card) else otherwise
        return Reply(
            card=fit(shown, self._platforms[copy.place.platform].capabilities(copy.place)), note=note
        )

    async def _ask_pressing(self, missing: TextMissing, door: Door, copy: Copy) -> Reply:
        """On the card itself where words of their own would be a billed call, and nobody else would read them."""
        if missing.field in CHOSEN or not await self._words_are_billed(copy):
            await self._ask_for(missing, door)
            return Reply()
        aloud = _question_text(missing)
        prompt = await self._prompt(missing, door)
        asking = Asking(prompt, self._now() + PROMPT_LASTS, None, aloud=aloud)
        await self._bus.ask(asking, by=door.person.actor, once=door.id)
        return await self._repaint(copy, aloud)

    async def _words_are_billed(self, copy: Copy) -> bool:
        platform = self._platforms[copy.place.platform]
        return (
            copy.ticket is not None
            and copy.place.kind == "direct"
            and isinstance(platform, Metered)
            and await self._thrift.is_frugal(platform.name)
            and await platform.free_way(copy.place) is None
        )

    async def _repaint(self, copy: Copy, note: str) -> Reply:
        """The pressed card as it truly is now. The note is for the presser's eyes only."""
        if copy.ticket is None:
            return Reply(card=unchanged_card(), note=note)
        platform = self._platforms[copy.place.platform]
        drawn = await self._screens.ticket(copy.ticket, copy.face, copy.place)
        return Reply(card=drawn.fitted(platform.capabilities(copy.place)), note=note)

    async def say_late(self, pressed: Pressed, reply: Reply) -> None:
        """What came of a press whose moment for an answer has passed; its card is the courier's to repaint."""
        if reply.note:
            person = await self._directory.meet(pressed.sender, pressed.sender_name, self._now())
            said = Say(place=person.id, text=reply.note)
            await self._bus.tell([said], by=person.actor, once=f"{pressed.id}:late")

    # ── the rest ──

    async def _joined(self, joined: Joined) -> Reply:
        person = await self._directory.meet(joined.sender, "", self._now())
        if person.active and joined.place.kind == "direct" and await self._screens.is_newcomer(person.id):
            await self._show(Door(joined.id, person, joined.place), ShowHelp())
        return Reply()

    async def _unreadable(self, unreadable: Unreadable) -> Reply:
        person = await self._directory.meet(unreadable.sender, "", self._now())
        text = "暂时看不懂这种消息，请用文字、图片或文件告诉我，例如「3楼打印机卡纸」。"
        if unreadable.kind == Unreadable.QUOTA:
            text = "平台本月的消息额度已用完，我收不到内容。急事请直接联系服务台，或在另一个平台找我。"
        door = Door(unreadable.id, person, unreadable.place)
        await self._tell(door, text if person.active else GONE)
        return Reply()

    async def _in_words(self, refusal: DomainError) -> str:
        names = await self._directory.names()
        return words(refusal, lambda person: names.get(person, "系统"), self._now())


def _question(missing: TextMissing, door: Door) -> Effect:
    if missing.field in CHOSEN:
        return ShowAnswer(place=door.private, person=door.person.id, request=key_of(missing.command))
    return Say(place=door.private, text=_question_text(missing))


def _question_text(missing: TextMissing) -> str:
    phrase = asked_for(missing.command)
    example = phrase.example.replace("1042", missing.number) if phrase else ""
    return question_for(missing.field, example)


def _takes_files(command: Any) -> bool:
    """What a picture can go with. To somebody else's trouble, or to a ticket that ends with these words, it can't."""
    if isinstance(command, OPENS):
        return True
    return isinstance(command, TicketCommand) and not isinstance(command, WITHOUT_FILES)


def _attached(command: Command[Any], result: Any, files: tuple[IncomingFile, ...]) -> Iterator[AttachFiles]:
    if files:
        number = result if isinstance(command, OPENS) else getattr(command, "ticket", "")
        yield AttachFiles(number, files, internal=isinstance(command, AddNote))


def _incoming_files(said: Said) -> tuple[IncomingFile, ...]:
    return tuple(IncomingFile(f.platform, f.kind, f.key, f.name) for f in said.files)
