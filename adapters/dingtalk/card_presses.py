"""Buttons pressed on cards. The answer travels in the acknowledgement, and must be quick (dingtalk.md §4.6)."""

from __future__ import annotations

import asyncio

import structlog

from adapters.chat import Pressed, Reply
from adapters.dingtalk.decode_press import card_press
from adapters.dingtalk.desk import Desk, awaited
from adapters.dingtalk.identity import direct
from adapters.dingtalk.payload import Undecodable, json_object
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, QuietCallbacks

log = structlog.get_logger(__name__)


class CardPresses(QuietCallbacks):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def process(self, message: CallbackMessage) -> tuple[int, object]:
        try:
            pressed = card_press(json_object(message.data), message.headers.message_id or "", self._desk.app)
        except Undecodable as error:
            log.warning("dingtalk press unreadable", why=str(error))
            return AckMessage.STATUS_BAD_REQUEST, None
        return AckMessage.STATUS_OK, await self._answer(pressed) if pressed else {}

    async def _answer(self, pressed: Pressed) -> object:
        """After two seconds DingTalk throws the answer away, so a slow one is finished behind an empty one
        and shown by an edit. What ``receive`` raises in time rises: no acknowledgement then."""
        desk = self._desk
        receiving = desk.crew.hold(awaited(desk.receive(pressed)), "dingtalk press")
        done, _ = await asyncio.wait({receiving}, timeout=desk.answer_within)
        if not done:
            desk.crew.spawn(self._late(pressed, receiving), "dingtalk late press")
            return {}
        reply = receiving.result()
        self._say(pressed, reply)
        return await self._drawn(pressed, reply)

    async def _drawn(self, pressed: Pressed, reply: Reply) -> object:
        """The press is kept by now, so a card that can't be drawn must not cost the acknowledgement."""

        async def draw() -> object:
            return self._desk.platform.press_answer(pressed, reply)

        drawing = self._desk.crew.spawn(draw(), "dingtalk press answer")
        await asyncio.wait({drawing})
        return {} if drawing.cancelled() or drawing.exception() else drawing.result()

    async def _late(self, pressed: Pressed, receiving: asyncio.Task[Reply]) -> None:
        log.warning("dingtalk press answered late", copy=pressed.copy)
        reply = await receiving
        await self._desk.patiently(lambda: self._desk.platform.show_late(pressed, reply))
        self._say(pressed, reply)

    def _say(self, pressed: Pressed, reply: Reply) -> None:
        """A note stands on the card already, for the presser alone; the text is its twin for other chats."""
        if reply.text and not reply.note:
            place, key = pressed.place or direct(pressed.sender), f"reply:{pressed.id}"
            self._desk.answer(lambda: self._desk.platform.say(place, reply.text, key=key))
