"""Answers to callbacks: messages, welcomes and the one repaint of a pressed card (§4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.wecom.aibot.book import Asked, Kind, Stream
from adapters.emulator.wecom.aibot.showing import MEDIA, MOST_BYTES, card, shown
from adapters.emulator.wecom.cards import Door
from adapters.emulator.wecom.messages import Shown
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node

if TYPE_CHECKING:
    from adapters.emulator.wecom.aibot.bot import AiBot

INVALID_REQ_ID = 846605
STREAM_EXPIRED = 846608
_USABLE = timedelta(hours=24)
_STREAMS = ("stream", "stream_with_template_card")


class Replying:
    def __init__(self, bot: AiBot) -> None:
        self._bot = bot

    def message(self, req_id: str, body: Node) -> Mapping[str, Any]:
        asked = self._asked(req_id, "message", _USABLE)
        if body.child("msgtype").value in _STREAMS:
            self._stream(asked, body)
            return {}
        said = shown(body, self._bot.state.media, allowed=("template_card", "markdown", *MEDIA))
        self._bot.post(asked.chat, said)
        self._finish(asked)
        return {}

    def welcome(self, req_id: str, body: Node) -> Mapping[str, Any]:
        asked = self._asked(req_id, "enter_chat", self._bot.switches.update_window, once=True)
        said = shown(body, self._bot.state.media, allowed=("text", "template_card"))
        self._bot.post(asked.chat, said)
        self._finish(asked)
        return {}

    def update(self, req_id: str, body: Node) -> Mapping[str, Any]:
        """For everybody who sees the card, or for the named members only."""
        asked = self._asked(req_id, "card", self._bot.switches.update_window, once=True)
        if body.child("response_type").text() != "update_template_card":
            raise body.child("response_type").refuse("unknown")
        node = body.child("template_card")
        painted = card(node, Door.UPDATE)
        if node.child("task_id").text() != asked.body["event"]["template_card_event"]["task_id"]:
            raise node.child("task_id").refuse("is not the pressed card's")
        self._repaint(asked, painted, self._named(body))
        self._finish(asked)
        return {}

    # ── parts ──

    def _asked(self, req_id: str, kind: Kind, within: timedelta, *, once: bool = False) -> Asked:
        """A message's answer to a press, an old or a spent req_id: all are 846605."""
        asked = self._bot.book.asked.get(req_id)
        if asked is None or asked.kind != kind or self._bot.now() - asked.at > within:
            raise Refusal(INVALID_REQ_ID, "invalid req_id")
        if once and asked.answers:
            raise Refusal(INVALID_REQ_ID, "invalid req_id, already used")
        return asked

    def _finish(self, asked: Asked) -> None:
        asked.answers += 1
        asked.answered.set()
        self._bot.make_room(asked.by)

    def _named(self, body: Node) -> list[str]:
        return [item.text() for item in body.child("userids").items(1, 100)] if "userids" in body else []

    def _repaint(self, asked: Asked, painted: Shown, members: list[str]) -> None:
        if members:
            for member in members:
                self._bot.book.views[asked.bubble, member] = painted.body
            return
        for key in [key for key in self._bot.book.views if key[0] == asked.bubble]:
            del self._bot.book.views[key]
        bubble = self._bot.state.bubble(asked.chat, asked.bubble)
        if bubble is not None:
            changed = replace(bubble, body=painted.body, text=painted.text)
            self._bot.state.chats.swap(asked.chat, changed)

    # ── streams ──

    def _stream(self, asked: Asked, body: Node) -> None:
        with_card = body.child("msgtype").value == "stream_with_template_card"
        if with_card and not self._bot.switches.stream_with_card:
            raise Refusal(40008, "invalid message type: stream_with_template_card")
        node = body.child("stream")
        stream_id = node.child("id").text(most_bytes=256)
        content = node.child("content").text_or_nothing(most_bytes=MOST_BYTES)
        if "msg_item" in node:
            raise node.child("msg_item").refuse("not supported over a long connection")
        stream = asked.streams.get(stream_id)
        if stream is None:
            stream = asked.streams[stream_id] = self._begin(asked, stream_id, content)
        elif not self._go_on(asked, stream, content):
            return
        if with_card:
            self._bot.post(asked.chat, card(body.child("template_card"), Door.SEND), counted=False)
        if node.child("finish").value is True:
            stream.finished = True
            self._finish(asked)

    def _begin(self, asked: Asked, stream_id: str, content: str) -> Stream:
        now = self._bot.now()
        bubble = self._bot.post(asked.chat, Shown("markdown", content, {"content": content}))
        return Stream(stream_id, bubble.id, now, now)

    def _go_on(self, asked: Asked, stream: Stream, content: str) -> bool:
        now, switches = self._bot.now(), self._bot.switches
        since = stream.last if switches.later_frames_prolong else stream.began
        if stream.finished or now - since > switches.stream_window:
            if switches.late_stream_is_swallowed:
                return False
            minutes = switches.stream_window.total_seconds() / 60
            raise Refusal(STREAM_EXPIRED, f"stream message update expired (>{minutes:.0f} minutes)")
        if switches.stream_frames_count:
            self._bot.count(asked.chat)
        stream.last = now
        body = {"content": content}
        self._bot.state.chats.swap(
            asked.chat, Bubble(stream.bubble, stream.began, ROBOT, "markdown", content, body)
        )
        return True
