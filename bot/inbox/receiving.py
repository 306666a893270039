"""The door: whoever comes in is met, and who has left the company is told so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from adapters.chat import (
    AccountChanged,
    Came,
    Change,
    ChatPlatform,
    GroupGone,
    GroupRenamed,
    Happened,
    Incoming,
    Joined,
    Left,
    Pressed,
    Reply,
    Said,
    Unreadable,
)
from bot.answering import Answering
from bot.bus import Bus
from bot.doorways import Doorways
from bot.effects import Say
from bot.inbox.attachments import Attachments
from bot.inbox.messages import Messages
from bot.inbox.presses import Presses
from bot.inbox.telling import GONE, Door, Telling
from bot.lost_groups import GroupWatch
from bot.screens import Screens
from bot.thrift import Thrift
from domain.base import CLOCK, Command
from domain.duty.leaving import CloseAccount, RenameAccount, WelcomeAccount
from domain.tickets.looking import ShowHelp
from domain.tickets.privacy import PRIVATE_WORDS
from storage.cards import Cards
from storage.people import Directory
from storage.prompts import Prompts

log = structlog.get_logger()


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
        groups: GroupWatch,
        *,
        now: Callable[[], datetime],
        private_words: Sequence[str] = PRIVATE_WORDS,
        doorways: Doorways,
    ) -> None:
        self._bus = bus
        self._groups = groups
        self._directory = directory
        self._screens = screens
        self._doorways = doorways
        self._now = now
        self._telling = Telling(bus, directory, screens, now=now)
        attachments = Attachments(bus, prompts, screens, now=now)
        self._messages = Messages(
            bus, prompts, attachments, self._telling, screens, now=now, private_words=private_words
        )
        self._presses = Presses(bus, cards, screens, platforms, answering, thrift, self._telling, now=now)

    async def receive(self, incoming: Incoming | Happened) -> Reply:
        if isinstance(incoming, Happened):
            await self._happened(incoming)
            return Reply()
        if isinstance(incoming, AccountChanged):
            return await self._changed(incoming)
        await self._doorways.entered(incoming.sender, incoming.place)
        match incoming:
            case Said():
                return await self._said(incoming)
            case Pressed():
                return await self._pressed(incoming)
            case Joined():
                return await self._joined(incoming)
            case Unreadable():
                return await self._unreadable(incoming)

    async def _happened(self, event: Happened) -> None:
        match event:
            case Left():
                log.info("people left the organisation", people=len(event.people))
                for account in event.people:
                    once = f"{event.id}:{account.user_id}"
                    await self._bus.execute(CloseAccount(account), by=CLOCK, once=once)
            case Came():
                for account in event.newcomers:
                    once = f"{event.id}:{account.user_id}"
                    await self._bus.execute(WelcomeAccount(account), by=CLOCK, once=once)
            case GroupGone():
                await self._groups.gone(event)
            case GroupRenamed():
                await self._groups.renamed(event)

    async def _changed(self, changed: AccountChanged) -> Reply:
        """Nobody waits for an answer, and nobody is met: who never spoke here has nothing to lose here."""
        log.info("address book changed", platform=changed.sender.platform, change=changed.change.value)
        await self._bus.execute(_command_for(changed), by=CLOCK, once=changed.id)
        return Reply()

    async def _said(self, said: Said) -> Reply:
        person = await self._directory.meet(said.sender, said.sender_name, self._now())
        if said.place.kind == "group":
            # Operators copy a group's id from here into a desk's ``channels``.
            await self._groups.heard(said.place)
            log.info("heard in a group", platform=said.place.platform, group=said.place.key)
        if not person.active:
            await self._telling.tell(Door(said.id, person, said.place), GONE)
            return Reply()
        return await self._messages(said, person)

    async def _pressed(self, pressed: Pressed) -> Reply:
        person = await self._directory.meet(pressed.sender, pressed.sender_name, self._now())
        return await self._presses(pressed, person) if person.active else Reply(note=GONE)

    async def _joined(self, joined: Joined) -> Reply:
        person = await self._directory.meet(joined.sender, "", self._now())
        if person.active and joined.place.kind == "direct" and await self._screens.is_newcomer(person.id):
            await self._telling.show(Door(joined.id, person, joined.place), ShowHelp())
        return Reply()

    async def _unreadable(self, unreadable: Unreadable) -> Reply:
        person = await self._directory.meet(unreadable.sender, "", self._now())
        text = "暂时看不懂这种消息，请用文字、图片或文件告诉我，例如「3楼打印机卡纸」。"
        if unreadable.kind == Unreadable.RECORD:
            text = "平台没有把聊天记录的内容给我。请复制文字发来，或在群里引用那条消息再 @我。"
        if unreadable.kind == Unreadable.QUOTA:
            text = "平台本月的消息额度已用完，我收不到内容。急事请直接联系服务台，或在另一个平台找我。"
        door = Door(unreadable.id, person, unreadable.place)
        await self._telling.tell(door, text if person.active else GONE)
        return Reply()

    async def say_late(self, pressed: Pressed, reply: Reply) -> None:
        """What came of a press whose moment for an answer has passed; its card is the courier's to repaint."""
        if reply.note:
            person = await self._directory.meet(pressed.sender, pressed.sender_name, self._now())
            said = Say(place=person.id, text=reply.note)
            await self._bus.tell([said], by=person.actor, once=f"{pressed.id}:late")


def _command_for(changed: AccountChanged) -> Command[None]:
    match changed.change:
        case Change.LEFT:
            return CloseAccount(changed.sender)
        case Change.RENAMED if changed.became is not None:
            return RenameAccount(changed.sender, changed.became)
    return WelcomeAccount(changed.sender)
