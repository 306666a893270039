"""What members do in chats with an AI bot (§4.1, §4.2). Each act becomes a callback; its answer is waited for."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from adapters.emulator.chats import Bubble
from adapters.emulator.wecom.aibot.book import Asked, BotCard
from adapters.emulator.wecom.aibot.bot import AiBot, new_req_id
from adapters.emulator.wecom.members import AMR, MP4, PNG
from adapters.emulator.wecom.presses import NotOnScreen, Press, Selections, any_press, press_on

ANSWER = 3.0  # real seconds; who does not answer at all makes every act take so long


class NotInGroup(LookupError):
    """The bot is no member of that group, or the person is none."""


@dataclass(frozen=True)
class Act:
    """What became of one act. ``asked`` is None where Tencent delivers nothing."""

    answered: bool
    asked: Asked | None = None


class BotMembers(AiBot):
    async def says(
        self, userid: str, text: str, group: str = "", quote: str = "", wait: float = ANSWER
    ) -> Act:
        """In a group only what mentions the bot is delivered, and the mention stays in front of the text."""
        named = f"@{self.name} {text}" if group else text
        content = named if self.switches.delivers_own_name else text
        body = {"msgtype": "text", "text": {"content": content}, **_quoted(quote)}
        return await self._tell(userid, group, body, Bubble("", self.now(), userid, "text", named), wait)

    async def says_aside(self, userid: str, text: str, group: str) -> Act:
        """Without the mention: the bot never hears of it."""
        self._add(self._chat(userid, group), Bubble("", self.now(), userid, "text", text))
        return Act(answered=False)

    async def sends(
        self, userid: str, kind: str, data: bytes = PNG, name: str = "", wait: float = ANSWER
    ) -> Act:
        """A picture, file or video; only in private."""
        data = {"video": MP4}.get(kind, data) if data is PNG else data
        body = {"msgtype": kind, kind: self._file(name or f"{kind}.{_ENDINGS[kind]}", data)}
        return await self._tell(userid, "", body, Bubble("", self.now(), userid, kind, name), wait)

    async def speaks(self, userid: str, words: str, wait: float = ANSWER) -> Act:
        """A voice message: the bot gets what was understood, and no sound."""
        body = {"msgtype": "voice", "voice": {"content": words}}
        bubble = Bubble("", self.now(), userid, "voice", words, {"data": len(AMR)})
        return await self._tell(userid, "", body, bubble, wait)

    async def mixes(
        self,
        userid: str,
        parts: Sequence[str | bytes],
        group: str = "",
        quote: str = "",
        wait: float = ANSWER,
    ) -> Act:
        """Words and pictures in one message."""
        words = " ".join(part for part in parts if isinstance(part, str))
        items = [self._item(part) for part in ([f"@{self.name}", *parts] if group else parts)]
        body = {"msgtype": "mixed", "mixed": {"msg_item": items}, **_quoted(quote)}
        return await self._tell(userid, group, body, Bubble("", self.now(), userid, "text", words), wait)

    async def sends_strange(self, userid: str, msgtype: str, wait: float = ANSWER) -> Act:
        body = {"msgtype": msgtype, msgtype: {"title": "?"}}
        return await self._tell(userid, "", body, Bubble("", self.now(), userid, "text", "?"), wait)

    async def opens(self, userid: str, wait: float = ANSWER) -> Act:
        """The first look into the private chat of a day."""
        chat, body = self._chat(userid, ""), self._event("enter_chat", {})
        body["from"] = self._head(userid)["from"]
        return await self._wait(Asked(new_req_id(), "enter_chat", chat, userid, self.now(), body), wait)

    async def presses(
        self,
        userid: str,
        bubble_or_task_id: str,
        key: str,
        selections: Selections | None = None,
        *,
        stale: bool = False,
        wait: float = 1.0,
    ) -> Act:
        """Presses what the member's copy shows; raises NotOnScreen when it does not show that."""
        card = self.book.card(bubble_or_task_id)
        shown = self.view(card.bubble, userid) if card else None
        if card is None or shown is None:
            raise NotOnScreen(f"{userid} has no card {bubble_or_task_id}")
        press = any_press(key, selections or {}) if stale else press_on(shown, key, selections or {})
        return await self._wait(self._pressed(userid, card, shown, press), wait)

    async def redeliver(self, wait: float = ANSWER) -> Act:
        """The last callback once more: the same msgid in a new frame."""
        last = list(self.book.asked.values())[-1]
        again = replace(last, req_id=new_req_id(), answers=0, streams={}, answered=asyncio.Event())
        return await self._wait(again, wait)

    def view(self, bubble_id: str, member: str) -> Mapping[str, Any] | None:
        """The card as one member sees it: a repaint may have been for some only."""
        own = self.book.views.get((bubble_id, member))
        if own is not None:
            return own
        card = self.book.card(bubble_id)
        bubble = self.state.bubble(card.chat, card.bubble) if card else None
        return bubble.body if bubble else None

    # ── parts ──

    async def _tell(
        self, userid: str, group: str, content: Mapping[str, Any], bubble: Bubble, wait: float
    ) -> Act:
        chat = self._chat(userid, group)
        msgid = token_hex(16)
        self._add(chat, replace(bubble, id=msgid))
        self.book.spoken[chat] = self.now()
        body = {**self._head(userid, group), "msgid": msgid, **content}
        return await self._wait(Asked(new_req_id(), "message", chat, userid, self.now(), body), wait)

    async def _wait(self, asked: Asked, wait: float) -> Act:
        self.ask(asked)
        try:
            async with asyncio.timeout(wait):
                await asked.answered.wait()
        except TimeoutError:
            return Act(False, asked)
        return Act(True, asked)

    def _chat(self, userid: str, group: str) -> str:
        self.state.member(userid)
        if not group:
            return self.private(userid)
        if group not in self.groups or userid not in self.state.company.groups[group].members:
            raise NotInGroup(group)
        return group

    def _add(self, chat: str, bubble: Bubble) -> None:
        self.state.chats.add(chat, replace(bubble, id=bubble.id or token_hex(16)))

    def _head(self, userid: str, group: str = "") -> dict[str, Any]:
        sender = self.opaque(userid) if self.switches.opaque_ids else userid
        place = {"chatid": group, "chattype": "group"} if group else {"chattype": "single"}
        created = int(self.now().timestamp())
        return {"create_time": created, "aibotid": self.bot_id, "from": {"userid": sender}, **place}

    def _pressed(self, userid: str, card: BotCard, shown: Mapping[str, Any], press: Press) -> Asked:
        items = [
            {"question_key": question, "option_ids": {"option_id": list(options)}}
            for question, options in press.selected.items()
        ]
        detail = {"card_type": shown["card_type"], "event_key": press.key, "task_id": card.task_id}
        if items:
            detail["selected_items"] = {"selected_item": items}
        group = card.chat if self.is_group(card.chat) else ""
        body = {**self._event("template_card_event", detail), **self._head(userid, group)}
        return Asked(new_req_id(), "card", card.chat, userid, self.now(), body, bubble=card.bubble)

    def _file(self, name: str, data: bytes) -> dict[str, str]:
        if self.by_url.url:
            path, _ = self.files.add(name, data, b64decode(self.by_url.encoding_aes_key + "="))
            return {"url": f"{self.state.base_url}{path}"}
        path, aeskey = self.files.add(name, data)
        return {"url": f"{self.state.base_url}{path}", "aeskey": aeskey}

    def _item(self, part: str | bytes) -> dict[str, Any]:
        if isinstance(part, str):
            return {"msgtype": "text", "text": {"content": part}}
        return {"msgtype": "image", "image": self._file("image.png", part)}


_ENDINGS = {"image": "png", "file": "bin", "video": "mp4"}


def _quoted(words: str) -> dict[str, Any]:
    return {"quote": {"msgtype": "text", "text": {"content": words}}} if words else {}
