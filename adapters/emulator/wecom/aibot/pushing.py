"""aibot_send_msg: what nobody asked for (§4.7). The chat must have been opened by somebody's words before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adapters.emulator.wecom.aibot.showing import MEDIA, shown
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node

if TYPE_CHECKING:
    from adapters.emulator.wecom.aibot.bot import AiBot

_NAMES = {"chatid", "chat_type", "msgtype", "template_card", "markdown", *MEDIA}


class Pushing:
    def __init__(self, bot: AiBot) -> None:
        self._bot = bot

    def send(self, _: str, body: Node) -> Mapping[str, Any]:
        body.object(known=_NAMES)
        chat = self._chat(body.child("chatid").text(), body.child("chat_type").number(0, 1, 2, default=0))
        said = shown(body, self._bot.state.media, allowed=("template_card", "markdown", *MEDIA))
        if said.kind == "card" and self._bot.is_group(chat) and not self._bot.switches.group_cards:
            raise Refusal(40058, "template_card not supported in a group. invalid Request Parameter")
        self._bot.post(chat, said)
        return {}

    def _chat(self, chatid: str, chat_type: int) -> str:
        """Ids are compared as they are spelt."""
        group = chatid if chatid in self._bot.groups and chat_type != 1 else ""
        if group and not self._bot.switches.group_push:
            raise Refusal(self._bot.switches.push_refusal, "invalid chatid")
        person = self._bot.private(self._bot.member_called(chatid)) if chat_type != 2 else ""
        chat = group or person
        if not self._is_open(chat):
            raise Refusal(self._bot.switches.push_refusal, "invalid chatid")
        return chat

    def _is_open(self, chat: str) -> bool:
        spoken, window = self._bot.book.spoken.get(chat), self._bot.switches.push_window
        return spoken is not None and (window is None or self._bot.now() - spoken <= window)
