"""A button is obeyed and answered at once, with the card as it truly is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from adapters.card import Card
from adapters.chat import ChatPlatform, Metered, Pressed, Reply
from adapters.fit import fit
from adapters.grammar import UnknownKey, key_of, understand_press
from bot.answering import Answering
from bot.bus import Asking, Bus, asked_before
from bot.cards.lists import done_card, unchanged_card
from bot.cards.ticket import retired
from bot.duty_screens import subject_of
from bot.effects import Say
from bot.inbox.attachments import ticket_of
from bot.inbox.reads import READS
from bot.inbox.telling import CHOSEN, PROMPT_LASTS, Door, Telling, question_text
from bot.replies import press_acknowledgement
from bot.screens import Screens, digest_of
from bot.thrift import Thrift
from domain.base import Command, DomainError
from domain.people.people import Person
from domain.tickets.command import TicketCommand
from domain.tickets.errors import TextMissing
from domain.tickets.joining import MeToo
from storage.cards import Cards, Copy

log = structlog.get_logger()

ASKED_BEFORE = "刚才已经问过您，请直接回复。"


class Presses:
    def __init__(
        self,
        bus: Bus,
        cards: Cards,
        screens: Screens,
        platforms: Mapping[str, ChatPlatform],
        answering: Answering,
        thrift: Thrift,
        telling: Telling,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._bus = bus
        self._cards = cards
        self._screens = screens
        self._platforms = platforms
        self._answering = answering
        self._thrift = thrift
        self._telling = telling
        self._now = now

    async def __call__(self, pressed: Pressed, person: Person) -> Reply:
        platform = pressed.place.platform if pressed.place is not None else pressed.sender.platform
        copy = await self._cards.by_handle(platform, pressed.copy)
        if copy is None:
            return Reply(note="这张卡片已失效或不是由本系统发出，请回复「我的」查看最新状态。")
        if pressed.grant is not None:
            # Worth keeping even if the press is refused: it is one more repaint.
            await self._cards.renew(copy.id, pressed.grant.code, pressed.grant.until)
        self._answering.begin(copy.id)
        try:
            return await self._pressed(pressed, person, copy)
        finally:
            self._answering.end()

    async def _pressed(self, pressed: Pressed, person: Person, copy: Copy) -> Reply:
        """One that nobody keeps up to date any more, and that nothing has followed, is brought back by its press."""
        is_back = not copy.live and copy.ticket is not None and not await self._cards.is_followed(copy)
        as_live = replace(copy, live=copy.live or is_back)
        door = Door(pressed.id, person, copy.place)
        reply = await self._press_answered(pressed, door, as_live)
        if is_back and reply.card is None:
            reply = await self._repaint(as_live, reply.note)
        if is_back or (copy.live and not self._answering.shows_something()):
            await self._forget_look(copy, reply)
        return await self._aside(reply, door)

    async def _forget_look(self, copy: Copy, reply: Reply) -> None:
        """The answer may have repainted it or not: taken for unchanged, it would stay wrong if the ticket turned
        back."""
        is_same = reply.card is None or (copy.live and digest_of(reply.card) == copy.digest)
        if copy.ticket is None or is_same:
            return
        state = (await self._screens.ticket(copy.ticket, copy.face, copy.place)).state
        await self._cards.forget_look(copy, state.value if state else None)

    async def _aside(self, reply: Reply, door: Door) -> Reply:
        """Where the card has no room for words to one person, they go through the outbox, once."""
        can = self._platforms[door.place.platform].capabilities(door.place)
        if can.asides or not reply.note:
            return reply
        said = Say(place=door.person.id, text=reply.note)
        await self._bus.tell([said], by=door.person.actor, once=f"{door.id}:aside")
        return replace(reply, note="")

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
        await self._telling.show(door, command)
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
            why = await self._telling.in_words(refusal)
            return await self._replied(command, door, copy, why, otherwise=unchanged_card())
        log.info("command done", command=type(command).__name__, ticket=ticket_of(command, outcome))
        aloud = asked_before(outcome)
        if aloud is not None:  # delivered again: the question is on its way, or on the card
            return await self._repaint(copy, aloud) if aloud else Reply()
        done = press_acknowledgement(command, command.ticket if isinstance(command, TicketCommand) else "")
        reply = await self._replied(command, door, copy, done, otherwise=done_card())
        if copy.ticket is not None and copy.live and reply.card is not None:
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
            is_news = await self._telling.ask_for(missing, door)
            return Reply() if is_news else await self._repaint(copy, ASKED_BEFORE)
        aloud = question_text(missing)
        prompt = await self._telling.prompt(missing, door)
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
        if not copy.live:
            drawn = replace(
                drawn, card=retired(drawn.card)
            )  # the one below is kept up to date, this one is not
        return Reply(card=drawn.fitted(platform.capabilities(copy.place)), note=note)
