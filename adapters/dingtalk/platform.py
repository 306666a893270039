"""The way out to DingTalk: cards where they can be shown, markdown with links where they can't."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    Edits,
    EditSpent,
    FileRef,
    Finding,
    Misconfigured,
    NotReachable,
    Parcel,
    Pressed,
    Profile,
    Rejected,
    Reply,
    Sink,
    Unfit,
)
from adapters.dingtalk.app import PLATFORM
from adapters.dingtalk.asides import Asides
from adapters.dingtalk.client import DingTalkClient
from adapters.dingtalk.delivering import delivery
from adapters.dingtalk.diagnosing import diagnose
from adapters.dingtalk.errors import TEMPLATE_CODES, suffix
from adapters.dingtalk.health import StreamHealth
from adapters.dingtalk.identity import is_outsider
from adapters.dingtalk.messages import mentioning, session_message
from adapters.dingtalk.parcels import cover, file_param, fitted, video_param, voice_param
from adapters.dingtalk.payload import text_at
from adapters.dingtalk.render import (
    Look,
    Variables,
    as_markdown,
    look_of,
    look_of_config,
    neutral,
    out_track_id,
    smaller,
    summary,
)
from adapters.dingtalk.templates import private_note, variables
from adapters.fit import fit, split_bytes
from adapters.ports import Sessions
from adapters.uploads import Uploads
from domain.base import Account, Conversation

log = structlog.get_logger(__name__)

_MOST_RUNG_UP = 20  # by SMS and phone; in the app 200 (§3.10)
_TEXT_BYTES = 5000  # a message may have 15 000 with its wrapping (§3.5); longer ones are not read anyway
_TOO_LONG_AGO = "对方不在本企业，且距上次发言过久，请改用其他方式联系"
_CARD = Capabilities(
    Edits.ANYTIME,
    buttons=4,
    fields=8,
    title_chars=40,
    lead_chars=300,
    field_name_chars=12,
    field_value_chars=40,
    button_chars=8,
    text_bytes=_TEXT_BYTES,
)
_TEXT = Capabilities(
    Edits.NEVER,
    buttons=6,  # as links that speak
    fields=8,
    title_chars=60,
    lead_chars=600,
    field_name_chars=12,
    field_value_chars=80,
    button_chars=12,
    text_bytes=_TEXT_BYTES,
)


class DingTalk:
    name = PLATFORM

    def __init__(self, client: DingTalkClient, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions
        self._look = look_of_config(client.app.card)
        self._asides = Asides()
        self._uploads = Uploads()

    def capabilities(self, place: Conversation) -> Capabilities:
        can = _TEXT if self._look_in(place) is Look.TEXT else _CARD
        return _mentioning(can, place)

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        look = self._look_in(place)
        handle = out_track_id(look, key)
        if look is Look.TEXT:
            await self._post_text(place, card)
            return CardCopy(place, handle)
        try:
            await _or_less(card, lambda less: self._deliver(look, handle, place, less))
        except Misconfigured as error:
            if suffix(error.code) not in TEMPLATE_CODES:
                raise
            return await self._without_template(error, place, card, key)
        return CardCopy(place, handle)

    async def free_way(self, place: Conversation) -> Capabilities | None:
        """A session is no API call: it is at most a message, of which there is another budget (§0.1)."""
        return _mentioning(_TEXT, place) if await self._sessions.lookup(place) else None

    async def post_freely(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        await self._post_text(place, card)
        return CardCopy(place, out_track_id(Look.TEXT, key))

    def is_fixed(self, handle: str) -> bool:
        return look_of(handle) is Look.TEXT

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        look = look_of(copy.handle)
        if look is Look.TEXT:
            raise EditSpent("a text can't be repainted")
        await _or_less(card, lambda less: self._repaint(look, copy.handle, less))
        return copy

    def press_answer(self, pressed: Pressed, reply: Reply) -> Mapping[str, Any]:
        """The new card, inside the acknowledgement of the press: seen by all at once and not billed (§4.6)."""
        shown, aside = self._after_press(pressed, reply)
        answer: dict[str, Any] = {}
        if shown:
            answer["cardData"] = {"cardParamMap": dict(shown)}
        if aside:
            answer["userPrivateData"] = {"cardParamMap": dict(aside)}
        if answer:
            answer["cardUpdateOptions"] = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
        return answer

    async def show_late(self, pressed: Pressed, reply: Reply) -> None:
        """The same by an update, when the moment for the answer has passed."""
        shown, aside = self._after_press(pressed, reply)
        if shown or aside:
            await self._client.update(pressed.copy, shown, {pressed.sender.user_id: aside} if aside else {})

    def _after_press(self, pressed: Pressed, reply: Reply) -> tuple[Variables, Variables]:
        """What all see of the pressed card, and what only the presser sees."""
        look, card = look_of(pressed.copy), _without_aside(reply)
        card = fit(card, _mentioning(_CARD, pressed.place)) if card else None
        shown = variables(card, look) if card else {}
        if not reply.note and pressed.sender.user_id not in self._asides.on(pressed.copy):
            return shown, {}
        self._asides.remember(pressed.copy, pressed.sender.user_id)
        return shown, private_note(card, look, reply.note)

    def _look_in(self, place: Conversation) -> Look:
        """No card can be sent to somebody from outside: they have no id that the call would take."""
        return Look.TEXT if place.kind == "direct" and is_outsider(place.key) else self._look

    async def _deliver(self, look: Look, handle: str, place: Conversation, card: Card) -> None:
        await self._client.create_and_deliver(delivery(self._client.app, look, handle, place, card))

    async def _repaint(self, look: Look, handle: str, card: Card) -> None:
        public = private_note(card, look, "")
        private = dict.fromkeys(sorted(self._asides.on(handle)), public)
        await self._client.update(handle, variables(card, look), private)

    async def _without_template(
        self, error: Misconfigured, place: Conversation, card: Card, key: str
    ) -> CardCopy:
        """A ticket must be seen even if the template is missing; from now on cards are texts."""
        log.error("dingtalk card template unusable", code=error.code, fix=error.fix)
        self._look = Look.TEXT
        return await self.post(place, fit(card, self.capabilities(place)), key=key)

    async def _post_text(self, place: Conversation, card: Card) -> None:
        async def send(less: Card) -> None:
            message = as_markdown(less)
            param = {"title": message.title, "text": message.text}
            await self._send(place, "sampleMarkdown", param, card.mention)

        await _or_less(card, send)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """``key`` is of no use here: robot messages have no idempotency key (§3.4, §3.5)."""
        for piece in split_bytes(text, _TEXT_BYTES):
            await self._send(place, "sampleText", {"content": piece}, mention)

    async def _send(
        self, place: Conversation, msg_key: str, param: Mapping[str, str], mention: Sequence[Account]
    ) -> None:
        """Through a session where one is open: that is no API call with its monthly budget and 20 a second,
        and nothing else can mention somebody in a group (§3.5) or reach somebody from outside."""
        url = await self._sessions.lookup(place)
        if url is None:
            await self._send_by_api(place, msg_key, param)
            return
        people = mentioning(mention) if place.kind == "group" else []
        try:
            await self._client.send_session(url, session_message(msg_key, param, people))
        except Rejected as error:  # ended before its time, or the budget of webhooks is spent
            log.info("dingtalk session refused", code=error.code)
            await self._send_by_api(place, msg_key, param)

    async def _send_by_api(self, place: Conversation, msg_key: str, param: Mapping[str, str]) -> None:
        if place.kind == "group":
            await self._client.send_group(place.key, msg_key, param)
        elif is_outsider(place.key):
            raise NotReachable("session.expired", _TOO_LONG_AGO, (place.key,))
        else:
            await self._client.send_direct([place.key], msg_key, param)

    async def insist(self, people: Sequence[Account], text: str) -> None:
        """A DING. Standard editions have none, and say so in their own ways: then it is for an administrator."""
        ids = [who.user_id for who in people if not is_outsider(who.user_id)][:_MOST_RUNG_UP]
        if ids:
            await self._client.ding(ids, text)

    async def count_heard(self) -> None:
        await self._client.count_heard()

    # ── people, files, health ────────────────────────────────────────────────────────────────────────

    async def profile(self, account: Account) -> Profile:
        if is_outsider(account.user_id):
            raise NotReachable("user.outside", "对方不在本企业通讯录中", (account.user_id,))
        user = await self._client.user(account.user_id)
        return Profile(account, text_at(user, "name") or account.user_id)

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        await self._client.download(file.key, into, limit)

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        """A picture goes through an open session, as cards' words do: that is not billed."""
        ready = fitted(file)
        if ready.kind != "image" and is_outsider(place.key):
            raise Unfit("session.file", "会话里只能发图片")
        media_id = await self._uploads.once(ready.kind, ready.file, self._client.upload)
        match ready.kind:
            case "voice":
                await self._send_by_api(place, "sampleAudio", voice_param(media_id, ready.millis))
            case "video":
                cover_id = await self._uploads.once("image", cover(), self._client.upload)
                await self._send_by_api(place, "sampleVideo", video_param(media_id, cover_id, ready.millis))
            case "file":
                await self._send_by_api(place, "sampleFile", file_param(media_id, ready.file))
            case _:
                await self._send_picture(place, media_id)

    async def _send_picture(self, place: Conversation, media_id: str) -> None:
        if await self._sessions.lookup(place) is not None or is_outsider(place.key):
            await self._send(place, "sampleMarkdown", {"title": "[图片]", "text": f"![]({media_id})"}, ())
        else:
            await self._send_by_api(place, "sampleImageMsg", {"photoURL": media_id})

    async def diagnose(self, health: StreamHealth | None = None) -> list[Finding]:
        return await diagnose(self._client, health)


def _without_aside(reply: Reply) -> Card | None:
    """The presser's note may be the card's small print too, which everybody reads here."""
    if reply.card and reply.note and reply.card.note == reply.note:
        return replace(reply.card, note="")
    return reply.card


def _mentioning(can: Capabilities, place: Conversation | None) -> Capabilities:
    """In a chat of two nobody needs to be called."""
    return can if place is None or place.kind == "direct" else replace(can, mentions=True)


async def _or_less(card: Card, send: Callable[[Card], Awaitable[None]]) -> None:
    """Sends ``card``, and where its words are refused for size or content, what is left without them."""
    try:
        await send(card)
    except Rejected as error:
        lesser = _lesser(card, error.code)
        if lesser is None:
            raise
        log.warning("dingtalk refused a card's content", code=error.code, title=summary(lesser))
        await send(lesser)


def _lesser(card: Card, code: str) -> Card | None:
    word = suffix(code)
    if word == "contentUnsafe" or word.startswith("contain."):
        return neutral(card)
    if "tooLong" in word or "too large" in word or "tooLarge" in word:
        return smaller(card)
    return None
