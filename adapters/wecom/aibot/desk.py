"""Works one callback: hands it in, and sees to it that it is answered (wecom.md §4.6).

A message's own answer comes through the outbox and takes the callback's turn. What gets no answer in its chat
(it was answered in private) is closed with a short line: left open it would keep one of three places.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from adapters.chat import Joined, PlatformError, Pressed, Receive, Reply, Said, Unreadable
from adapters.crew import Crew
from adapters.wecom.aibot.app import AiBotApp
from adapters.wecom.aibot.decode import Malformed, Silent, decode
from adapters.wecom.aibot.frames import Frame
from adapters.wecom.aibot.platform import AiBot
from adapters.wecom.aibot.turns import Turn, Turns
from adapters.wecom.aibot.wire import Wire
from adapters.wecom.render import Json, showable, update
from adapters.wecom.replying import with_words, words_of

log = structlog.get_logger(__name__)

_NOT_KEPT = Reply(text="系统暂时不可用，没能记下这条消息，请稍后再发一次。")
_CLOSING = {"group": "已处理，详情请看私聊。", "direct": "已处理。"}


@dataclass(frozen=True)
class Grace:
    """Seconds that the outbox has for the answer. A welcome is good for five."""

    message: float = 3.0
    welcome: float = 4.5


class Desk:
    def __init__(
        self,
        app: AiBotApp,
        receive: Receive,
        wire: Wire,
        platform: AiBot,
        turns: Turns,
        *,
        grace: Grace = Grace(),
    ) -> None:
        self._app = app
        self._receive = receive
        self._wire = wire
        self._platform = platform
        self._turns = turns
        self._grace = grace
        self._waits = Crew()

    async def work(self, frame: Frame) -> None:
        try:
            incoming = decode(self._app, frame.body)
        except Malformed as broken:
            log.warning("aibot callback ignored", why=str(broken))
            return
        match incoming:
            case Silent(event=event):
                log.info("aibot event ignored", wecom_event=event)
            case Pressed():
                await self._pressed(frame, incoming)
            case Joined():
                turn = Turn(frame.req_id, "welcome", incoming.place)
                await self._heard(incoming, turn, self._grace.welcome)
            case Said() | Unreadable():
                turn = Turn(frame.req_id, "message", incoming.place)
                await self._heard(incoming, turn, self._grace.message)

    async def close(self) -> None:
        await self._waits.cancel()

    # ── messages ──

    async def _heard(self, incoming: Said | Unreadable | Joined, turn: Turn, grace: float) -> None:
        self._turns.open(turn)
        try:
            reply = await self._receive(incoming)
        except Exception:
            # Nobody knocks again here: the sender must hear that nothing was kept, or waits for ever.
            log.exception("aibot message not kept", id=incoming.id)
            reply = _NOT_KEPT
        words = words_of(reply)
        if words:
            await self._close(turn, words)
        else:
            self._waits.spawn(self._close_in_time(turn, grace), "aibot turn")

    async def _close_in_time(self, turn: Turn, grace: float) -> None:
        try:
            async with asyncio.timeout(grace):
                await turn.taken.wait()
        except TimeoutError:
            await self._close(turn, _CLOSING[turn.place.kind] if turn.kind == "message" else "")

    async def _close(self, turn: Turn, words: str) -> None:
        if not self._turns.close(turn) or not words:
            return
        try:
            await self._platform.close(turn, words)
        except PlatformError as error:
            log.warning("aibot callback left unanswered", why=str(error))

    # ── presses ──

    async def _pressed(self, frame: Frame, pressed: Pressed) -> None:
        """The card once, for everybody who sees it; words are the presser's own."""
        reply = await self._receive(pressed)
        in_group = pressed.place is not None and pressed.place.kind == "group"
        if reply.card is not None:
            card = reply.card if in_group else with_words(reply.card, reply)
            await self._update(frame.req_id, {**update(showable(card)), "task_id": pressed.copy})
        words = reply.note or reply.text
        if words and (in_group or reply.card is None):
            await self._platform.whisper(pressed.sender, words)

    async def _update(self, req_id: str, card: Json) -> None:
        body = {"response_type": "update_template_card", "template_card": card}
        try:
            await self._wire.ask("aibot_respond_update_msg", body, req_id)
        except PlatformError as error:
            log.warning("aibot card not repainted", why=str(error))
