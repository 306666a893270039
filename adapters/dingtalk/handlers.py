"""What is done with each topic, as the SDK's handlers. Receive, then acknowledge, then answer.

The acknowledgement says "it is kept": it is never sent before ``receive`` has returned, and nothing that
can wait is done before it (dingtalk.md §0.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.chat import Incoming, PlatformError, Pressed, RateLimited, Receive, Reply, Unreachable
from adapters.dingtalk import decode
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.crew import Crew
from adapters.dingtalk.decode_press import card_press
from adapters.dingtalk.door import CARD_TOPIC, ROBOT_TOPIC
from adapters.dingtalk.downloading import trusted
from adapters.dingtalk.frames import acknowledgement
from adapters.dingtalk.identity import direct
from adapters.dingtalk.payload import Undecodable, json_object
from adapters.dingtalk.platform import DingTalk
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, EventMessage, QuietCallbacks, QuietEvents
from adapters.fit import fit
from adapters.ports import Sessions

log = structlog.get_logger(__name__)

_TRIES = 3
_REMEMBERING = 0.5  # seconds; the reply address is worth less than the acknowledgement
Pause = Callable[[float], Awaitable[object]]


@dataclass(frozen=True)
class OrgEvent:
    """Something that happened in the organisation's directory or chats; ``id`` is for recognising repeats."""

    id: str
    kind: str
    corp_id: str
    body: Mapping[str, Any]


Hear = Callable[[OrgEvent], Awaitable[None]]


@dataclass(frozen=True)
class Desk:
    """What the handlers share."""

    app: DingTalkApp
    receive: Receive
    platform: DingTalk
    sessions: Sessions
    crew: Crew
    pause: Pause
    answer_within: float


class RobotMessages(QuietCallbacks):
    topic = ROBOT_TOPIC

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def process(self, message: CallbackMessage) -> tuple[int, object]:
        """Lets what ``receive`` raises rise: then nothing is kept, and nothing is acknowledged."""
        try:
            data = json_object(message.data)
            incoming = decode.robot_message(data, self._desk.app)
        except Undecodable as error:
            log.warning("dingtalk message unreadable", why=str(error))
            return AckMessage.STATUS_BAD_REQUEST, None
        await self._remember(data)
        reply = await self._desk.receive(incoming)
        self._desk.crew.spawn(self._reply(incoming, reply), "dingtalk reply")
        return AckMessage.STATUS_OK, None

    async def _remember(self, data: Mapping[str, Any]) -> None:
        """Before ``receive``, since effects of the message may need the way back at once."""
        session = decode.session(data)
        if session is None or not trusted(session.url, self._desk.app):
            return
        keeping = self._desk.sessions.remember(session.place, session.url, session.until)
        await asyncio.wait(
            {self._desk.crew.spawn(_awaited(keeping), "dingtalk session")}, timeout=_REMEMBERING
        )

    async def _reply(self, incoming: Incoming, reply: Reply) -> None:
        place = incoming.place
        if place is None:
            return
        platform, key = self._desk.platform, f"reply:{incoming.id}"
        if reply.card:
            card = fit(reply.card, platform.capabilities(place))
            await _patiently(lambda: platform.post(place, card, key=key), self._desk.pause)
        if reply.text:
            await _patiently(lambda: platform.say(place, reply.text, key=key), self._desk.pause)


class CardPresses(QuietCallbacks):
    topic = CARD_TOPIC

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    async def process(self, message: CallbackMessage) -> tuple[int, object]:
        try:
            pressed = card_press(json_object(message.data), message.headers.message_id or "", self._desk.app)
        except Undecodable as error:
            log.warning("dingtalk press unreadable", why=str(error))
            return AckMessage.STATUS_BAD_REQUEST, None
        if pressed is None:
            return AckMessage.STATUS_OK, {}
        return AckMessage.STATUS_OK, await self._answer(pressed)

    async def _answer(self, pressed: Pressed) -> object:
        """After two seconds DingTalk throws the answer away (§4.6), so a slow one is finished behind an
        empty one and shown by an edit."""
        desk = self._desk
        receiving = desk.crew.hold(_awaited(desk.receive(pressed)), "dingtalk press")
        done, _ = await asyncio.wait({receiving}, timeout=desk.answer_within)
        if not done:
            desk.crew.spawn(self._late(pressed, receiving), "dingtalk late press")
            return {}
        reply = receiving.result()
        self._say(pressed, reply)
        return desk.platform.press_answer(pressed, reply)

    async def _late(self, pressed: Pressed, receiving: asyncio.Task[Reply]) -> None:
        log.warning("dingtalk press answered late", copy=pressed.copy)
        reply = await receiving
        await _patiently(lambda: self._desk.platform.show_late(pressed, reply), self._desk.pause)
        self._say(pressed, reply)

    def _say(self, pressed: Pressed, reply: Reply) -> None:
        """A note stands on the card already, for the presser alone; the text is its twin for other chats."""
        if not reply.text or reply.note:
            return
        place, key = pressed.place or direct(pressed.sender), f"reply:{pressed.id}"
        said = _patiently(lambda: self._desk.platform.say(place, reply.text, key=key), self._desk.pause)
        self._desk.crew.spawn(said, "dingtalk reply")


class Events(QuietEvents):
    def __init__(self, desk: Desk, hear: Hear | None) -> None:
        super().__init__()
        self._desk = desk
        self._hear = hear

    async def raw_process(self, event: EventMessage) -> AckMessage:
        """The documents want a ``status``, which the SDK does not send (§1.4)."""
        status = "SUCCESS" if await self._heard(event) else "LATER"
        return acknowledgement(event, AckMessage.STATUS_OK, {"status": status, "message": status})

    async def _heard(self, event: EventMessage) -> bool:
        if self._hear is None or not isinstance(event.data, dict):
            return True
        headers = event.headers
        told = OrgEvent(
            str(headers.event_id or headers.message_id or ""),
            str(headers.event_type or ""),
            str(headers.event_corp_id or ""),
            event.data,
        )
        hearing = self._desk.crew.spawn(_awaited(self._hear(told)), "dingtalk event")
        await asyncio.wait({hearing})
        return not hearing.cancelled() and hearing.exception() is None


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def _patiently(attempt: Callable[[], Awaitable[object]], pause: Pause) -> None:
    """An answer is worth a second try, but nobody waits for it for minutes: the outbox is not for this."""
    for left in reversed(range(_TRIES)):
        try:
            await attempt()
        except (Unreachable, RateLimited) as error:
            if not left:
                log.warning("dingtalk answer given up", why=str(error))
                return
            await pause(min(error.retry_after, 10.0) if isinstance(error, RateLimited) else 1.0)
        except PlatformError as error:
            log.warning("dingtalk answer refused", why=str(error))
            return
        else:
            return
