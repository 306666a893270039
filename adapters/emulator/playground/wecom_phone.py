"""The left phone: the WeCom client, played through the emulated Tencent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from adapters.emulator.chats import Bubble, Chats
from adapters.emulator.company import Group
from adapters.emulator.playground.phones import (
    DONE,
    Attachment,
    CannotDo,
    Outcome,
    Platform,
    Press,
    Trouble,
    bubble_in,
)
from adapters.emulator.wecom.aibot.members import Act
from adapters.emulator.wecom.callback import Callback, Delivery, Outgoing
from adapters.emulator.wecom.passive import Context
from adapters.emulator.wecom.presses import NotOnScreen
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.server import WeComServer

_MANY = 10_000  # as good as "until it is switched off"
_LIMITED = ("message/send", "message/update_template_card", "webhook/send")
_TOO_OFTEN = 45009
_NO_ANSWER = Outcome(ok=False, hint="操作失败，请稍后重试")


class WeComPhone:
    platform: Platform = "wecom"

    def __init__(self, server: WeComServer) -> None:
        self._server = server
        self._bot = server.aibot
        self._again: Callable[[], Awaitable[bool]] | None = None

    @property
    def chats(self) -> Chats:
        return self._server.chats

    @property
    def patience(self) -> float:
        return self._server.switches.callback_timeout

    def private_chats(self, person: str) -> Sequence[str]:
        """The AI bot has one of its own, as soon as somebody has answered for it."""
        return [person, self._bot.private(person)] if self._bot.subscribes else [person]

    def hears(self, group: Group) -> bool:
        return group.id in self._bot.groups

    async def enter(self, person: str) -> None:
        await self._server.opens(person)

    async def say(self, person: str, chat: str, text: str, mentions: Sequence[str]) -> Outcome:
        if chat in self._bot.groups or chat == self._bot.private(person):
            group = chat if chat in self._bot.groups else ""
            return await self._told(self._bot.says(person, text, group, wait=self.patience))
        self._require_direct(person, chat)
        return await self._sent(person, self._server.says(person, text))

    async def send(self, person: str, chat: str, attachment: Attachment) -> Outcome:
        if chat in self._bot.groups and attachment.kind == "image":
            words: list[str | bytes] = [attachment.words] if attachment.words else []
            parts = [*words, attachment.content]
            return await self._told(self._bot.mixes(person, parts, chat, wait=self.patience))
        if chat == self._bot.private(person):
            return await self._told(self._sending_to_bot(person, attachment))
        self._require_direct(person, chat)
        return await self._sent(person, self._sending(person, attachment))

    async def press(self, person: str, chat: str, press: Press) -> Outcome:
        bubble_in(self.chats, chat, press.bubble)
        if self._bot.book.card(press.bubble) is not None:
            return await self._pressed_in_group(person, press)
        self._again = lambda: self._pressed_again(person, press)
        try:
            delivery = await self._server.presses(person, press.bubble, press.key, press.answers)
        except NotOnScreen as gone:
            raise CannotDo("卡片已经变了，请看最新的样子") from gone
        return DONE if delivery.status == 200 else _NO_ANSWER

    async def forward(self, person: str, lines: Sequence[tuple[str, str]]) -> Outcome:
        if len(lines) > 1:
            raise CannotDo("企业微信不把合并转发的聊天记录交给应用，请逐条转发")
        return await self._sent(person, self._server.says(person, lines[0][1]))

    async def redeliver(self) -> Outcome:
        if self._again is None:
            raise CannotDo("企业微信里还没有发生过什么")
        return DONE if await self._again() else _NO_ANSWER

    def trouble(self, active: set[Trouble]) -> None:
        faults = self._server.faults
        faults.clear()
        self._bot.offline = Trouble.OFFLINE in active
        if self._bot.offline:
            self._bot.drop_all()
        if Trouble.OFFLINE in active:
            faults.reset_before("*", _MANY)
        elif Trouble.LIMITED in active:
            for path in _LIMITED:
                faults.fail(path, _TOO_OFTEN, _MANY)

    def expire(self) -> None:
        self._server.cards.expire()

    def medium(self, media_id: str) -> tuple[bytes, str]:
        try:
            found = self._server.media.get(media_id)
        except Refusal as refusal:
            raise LookupError(media_id) from refusal
        return found.data, found.name

    def _require_direct(self, person: str, chat: str) -> None:
        if chat in self._bot.groups:
            raise CannotDo("企业微信的群里不能这样发给机器人")
        if chat != person:
            raise CannotDo("这个群里没有智能机器人，群机器人只发消息，不收消息")

    def _sending(self, person: str, attachment: Attachment) -> Awaitable[Delivery]:
        if attachment.kind == "image":
            return self._server.sends_image(person, attachment.content)
        if attachment.kind == "voice":
            return self._server.sends_voice(person)
        return self._server.sends_file(person, attachment.name, attachment.content)

    def _sending_to_bot(self, person: str, attachment: Attachment) -> Awaitable[Act]:
        if attachment.kind == "voice":
            return self._bot.speaks(person, attachment.words, wait=self.patience)
        content, name = attachment.content, attachment.name
        return self._bot.sends(person, attachment.kind, content, name, wait=self.patience)

    async def _told(self, telling: Awaitable[Act]) -> Outcome:
        """The answer comes over another road; a client does not wait for it."""
        await telling
        self._again = self._told_again
        return DONE

    async def _told_again(self) -> bool:
        return (await self._bot.redeliver(wait=self.patience)).asked is not None

    async def _pressed_in_group(self, person: str, press: Press) -> Outcome:
        try:
            await self._bot.presses(person, press.bubble, press.key, press.answers)
        except NotOnScreen as gone:
            raise CannotDo("卡片已经变了，请看最新的样子") from gone
        self._again = self._told_again
        return DONE

    async def _sent(self, person: str, sending: Awaitable[Delivery]) -> Outcome:
        """A message shows up in the chat whether the app answers or not, so the client has nothing to hint."""
        delivery = await sending
        said = next(bubble for bubble in reversed(self.chats.of(person)) if bubble.sender == person)
        self._again = lambda: self._delivered_again(person, said)
        return DONE if delivery.status == 200 else Outcome(ok=False)

    async def _delivered_again(self, person: str, said: Bubble) -> bool:
        """The very same message: its MsgId is what the bot must know it by."""
        fields = {
            "ToUserName": self._server.corp_id,
            "FromUserName": person,
            "CreateTime": int(said.at.timestamp()),
            "MsgType": said.kind,
            **said.body,
            "MsgId": int(said.id),
            "AgentID": self._server.agent_id,
        }
        callback = Callback(self._server)
        try:
            return (await callback.send(Outgoing(fields, Context(person)))).status == 200
        finally:
            await callback.close()

    async def _pressed_again(self, person: str, press: Press) -> bool:
        """With a fresh ResponseCode. Whether Tencent repeats the old one is not known (wecom.md §1.5)."""
        try:
            delivery = await self._server.presses(person, press.bubble, press.key, press.answers)
        except NotOnScreen:
            delivery = await self._server.presses_stale(person, press.bubble, press.key, press.answers)
        return delivery.status == 200
