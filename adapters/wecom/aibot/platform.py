"""The way out to the bot's chats: answers where a callback waits for one, pushes where none does.

A card can be changed only in the five seconds after a press on it, by whoever works the press (``desk``); later
it needs a successor. The bot can't mention anybody, and its right to push ages out (§4.7): what it may not say
goes through the application or the group's webhook.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import ClientSession

from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    ChatPlatform,
    EditSpent,
    FileRef,
    Finding,
    NotReachable,
    Parcel,
    PlatformError,
    Profile,
    RateLimited,
    Rejected,
    Sink,
    Unreachable,
)
from adapters.fit import as_text, split_bytes
from adapters.uploads import Uploads
from adapters.wecom.aibot import files
from adapters.wecom.aibot.app import AIBOT, AiBotApp
from adapters.wecom.aibot.errors import SpentTurn, is_known_card, is_odd
from adapters.wecom.aibot.markdown import MOST_BYTES, as_markdown
from adapters.wecom.aibot.turns import Turn, Turns
from adapters.wecom.aibot.uploading import MOST_OF_A_PICTURE, upload
from adapters.wecom.aibot.wire import Wire
from adapters.wecom.app import WECOM
from adapters.wecom.pace import Limit, Pace
from adapters.wecom.parcels import kind_of
from adapters.wecom.render import CARD, Json, message, showable, task_id_of
from domain.base import Account, Conversation

log = structlog.get_logger(__name__)

# WeCom allows 30 and 1,000; replies and pushes count together (§4.7).
CHAT_LIMITS = (Limit(25, timedelta(minutes=1)), Limit(900, timedelta(hours=1)))
# Swapped marks take three bytes for one, and line ends grow by two.
_PIECE = MOST_BYTES // 4
CHAT = replace(CARD, text_bytes=_PIECE)
# A repaint shows to everybody there, so what is for the presser has to be said elsewhere.
GROUP = replace(CHAT, asides=False)


@dataclass(frozen=True)
class WayRound:
    """What says it where the bot may not: the application in private, a webhook in its group."""

    application: ChatPlatform | None = None
    webhooks: ChatPlatform | None = None
    groups: Mapping[str, Conversation] = field(default_factory=dict)  # chat id -> the webhook's conversation

    def to(self, place: Conversation) -> tuple[ChatPlatform, Conversation] | None:
        if place.kind == "direct" and self.application is not None:
            return self.application, Conversation(WECOM, "direct", place.key)
        if place.key in self.groups and self.webhooks is not None:
            return self.webhooks, self.groups[place.key]
        return None


class AiBot:
    name = AIBOT

    def __init__(
        self,
        app: AiBotApp,
        session: ClientSession,
        wire: Wire,
        turns: Turns,
        *,
        now: Callable[[], datetime],
        way_round: WayRound = WayRound(),
        findings: Callable[[], Awaitable[list[Finding]]] | None = None,
    ) -> None:
        self._app = app
        self._session = session
        self._wire = wire
        self._turns = turns
        self._pace = Pace(now, *CHAT_LIMITS)
        self._way_round = way_round
        self._uploads = Uploads()
        self._findings = findings

    def capabilities(self, place: Conversation) -> Capabilities:
        return GROUP if place.kind == "group" else CHAT

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        place, card, task_id = own(place), showable(card), task_id_of(key)
        said = message(card, task_id)
        if said["msgtype"] == "text":
            said = _words(as_text(card))
        try:
            await self._deliver(place, said)
        except NotReachable as refusal:
            other, there = self._other_way(place, refusal)
            return await other.post(there, card, key=key)
        except Rejected as refusal:
            if is_known_card(refusal):
                # Our task_ids are never used twice: an earlier attempt arrived and its answer did not.
                log.warning("card was already delivered", task_id=task_id)
            elif is_odd(refusal) and said["msgtype"] == "template_card":
                log.warning("no cards in this chat", chat=place.key, says=refusal.message)
                await self._deliver(place, _words(as_text(card)))
            else:
                raise
        return CardCopy(place, task_id)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        raise EditSpent(copy.handle)

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """Nobody is called: ``<@userid>`` is not rendered as a mention (§0.2). A webhook can."""
        place = own(place)
        try:
            for piece in split_bytes(text, _PIECE):
                if piece.strip():
                    await self._deliver(place, _words(piece))
        except NotReachable as refusal:
            other, there = self._other_way(place, refusal)
            await other.say(there, text, key=key, mention=mention)

    async def whisper(self, to: Account, text: str) -> None:
        """For one person's eyes, at once or never: what a press in a group is answered with."""
        key = f"w{secrets.token_hex(8)}"
        try:
            if self._way_round.application is not None and to.platform == WECOM:
                place = Conversation(WECOM, "direct", to.user_id)
                await self._way_round.application.say(place, text, key=key)
            else:
                await self.say(Conversation(AIBOT, "direct", to.user_id), text, key=key)
        except PlatformError as error:
            log.warning("whisper lost", why=str(error))

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        place, kind = own(place), kind_of(file, most_of_a_picture=MOST_OF_A_PICTURE)
        media_id = await self._uploads.once(kind, file, partial(upload, self._wire))
        try:
            await self._deliver(place, {"msgtype": kind, kind: {"media_id": media_id}})
        except NotReachable as refusal:
            other, there = self._other_way(place, refusal)
            await other.send_file(there, file, key=key)

    async def profile(self, account: Account) -> Profile:
        raise Rejected("unsupported", "an AI bot knows no names")

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        aeskey, _, url = file.key.partition(" ")
        await files.fetch(self._session, url, aeskey, into, limit=limit, ws_url=self._app.ws_url)

    async def diagnose(self) -> list[Finding]:
        return await self._findings() if self._findings is not None else []

    # ── answering and pushing ──

    async def answer(self, turn: Turn, said: Json) -> None:
        """A whole answer in one frame: an unfinished stream would turn for ever on the screen (§4.6)."""
        if turn.kind == "welcome":
            words = {"msgtype": "text", "text": {"content": said.get("markdown", {}).get("content", "")}}
            body = said if said["msgtype"] == "template_card" else words
            await self._wire.ask("aibot_respond_welcome_msg", body, turn.req_id)
            return
        if said["msgtype"] == "markdown":
            stream = {"id": secrets.token_hex(8), "finish": True, "content": said["markdown"]["content"]}
            said = {"msgtype": "stream", "stream": stream}
        await self._wire.ask("aibot_respond_msg", said, turn.req_id)

    async def close(self, turn: Turn, text: str) -> None:
        """Ends what had no other answer in its chat. Counted, but never held back: the sender's place waits."""
        with suppress(RateLimited):
            self._pace.take(f"{turn.place.kind}:{turn.place.key}")
        await self.answer(turn, _words(text))

    async def _deliver(self, place: Conversation, said: Json) -> None:
        self._pace.take(f"{place.kind}:{place.key}")
        turn = self._turns.take(place)
        if turn is not None:
            try:
                await self.answer(turn, said)
                return
            except Unreachable:
                # Its sender's place in the conversation is still taken: the next attempt answers it.
                self._turns.open_again(turn)
                raise
            except SpentTurn as spent:
                log.info("aibot callback can't be answered any more", why=str(spent))
        await self._push(place, said)

    async def _push(self, place: Conversation, said: Json) -> None:
        chat_type = 2 if place.kind == "group" else 1
        try:
            await self._wire.ask("aibot_send_msg", {"chatid": place.key, "chat_type": chat_type, **said})
        except NotReachable as refusal:
            raise NotReachable(refusal.code, refusal.message, (place.key,)) from refusal

    def _other_way(self, place: Conversation, refusal: NotReachable) -> tuple[ChatPlatform, Conversation]:
        other = self._way_round.to(place)
        if other is None:
            raise refusal
        log.warning("aibot may not push here, going round", chat=place.key, errcode=refusal.code)
        return other


def own(place: Conversation) -> Conversation:
    """Where there is no application, people's private chats are the bot's."""
    return replace(place, platform=AIBOT)


def _words(text: str) -> Json:
    return {"msgtype": "markdown", "markdown": {"content": as_markdown(text)}}
