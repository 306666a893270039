"""The way out to one person: the private chat with the application.

An edit costs a code: one comes with every card that has buttons, one more with every press (document 94888).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    EditSpent,
    FileRef,
    Finding,
    Grant,
    Misconfigured,
    NotReachable,
    Paced,
    Parcel,
    Profile,
    Rejected,
    Sink,
)
from adapters.fit import split_bytes
from adapters.ports import Turns
from adapters.uploads import Uploads
from adapters.wecom.app import WECOM
from adapters.wecom.client import Sent, WeComClient
from adapters.wecom.decode import GRANT_LIFE
from adapters.wecom.doctor import findings, of_further
from adapters.wecom.errors import MEDIA_GONE, TASK_ID_USED
from adapters.wecom.pace import Limit, Pace
from adapters.wecom.parcels import kind_of
from adapters.wecom.render import CARD, MAX_TEXT_BYTES, Json, message, showable, task_id_of, update
from adapters.wecom.wording import literal
from domain.base import Account, Conversation

log = structlog.get_logger()

# Above 30 a minute or 1,000 an hour WeCom says "ok" and drops the message (document 90454).
# Of all replicas together: at most 27 in a minute and 900 in an hour.
MEMBER_RATES = ((12, timedelta(seconds=4)), (450, timedelta(seconds=8)))
MEMBER_LIMITS = (Limit(25, timedelta(minutes=1)), Limit(900, timedelta(hours=1)))
# A card's task_id makes it unique, so the longest window is safe; two equal sentences may both be meant.
CARD_WINDOW = 14_400
TEXT_WINDOW = 120


class WeCom:
    def __init__(
        self,
        client: WeComClient,
        *,
        now: Callable[[], datetime],
        turns: Turns | None = None,
        name: str = WECOM,
    ) -> None:
        """``turns`` are shared where there are replicas. ``name`` is ``WeComApp.platform``."""
        self.name = name
        self._client = client
        self._turns = turns
        self._now = now
        self._pace = Pace(now, *MEMBER_LIMITS)
        self._uploads = Uploads()
        self._update_forms: tuple[bool, ...] = (False, True)

    def capabilities(self, place: Conversation) -> Capabilities:
        return CARD

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        task_id = task_id_of(key)
        await self._take_turns(_member(place))
        try:
            sent = await self._send(place, message(showable(card), task_id), CARD_WINDOW)
        except Rejected as refusal:
            if refusal.code != str(TASK_ID_USED):
                raise
            # Our task_ids are never used twice, so an earlier attempt arrived and its answer did not.
            log.warning("card was already delivered", task_id=task_id)
            return CardCopy(place, task_id)
        return CardCopy(place, task_id, self._grant(sent.response_code))

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        """The answer brings no new code: the next edit needs a press first, or a new copy."""
        if copy.grant is None or copy.grant.until <= self._now():
            raise EditSpent(copy.handle)
        unreached = await self._repaint(copy.place.key, copy.grant.code, update(showable(card)), copy.handle)
        if _is_in(copy.place, unreached):
            raise EditSpent(f"{copy.handle}: nobody there")
        return CardCopy(copy.place, copy.handle)

    async def _repaint(self, to: str, code: str, shape: Json, task_id: str) -> tuple[str, ...]:
        """Whether an update may or must name its task is not documented: once one way has worked, it is the way.

        Nor is which number a used or old code gets: whatever is refused here is spent.
        """
        spent = EditSpent(task_id)
        for names_task in self._update_forms:
            try:
                card = {**shape, "task_id": task_id} if names_task else shape
                unreached = await self._client.update_card([to], code, card)
            except Misconfigured:
                raise  # a new card would fail just the same
            except Rejected as refusal:
                spent = EditSpent(f"{task_id}: {refusal.code}")
                continue
            self._update_forms = (names_task,)
            return unreached
        raise spent

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """In a chat of two there is nobody to mention."""
        pieces = [piece for piece in split_bytes(literal(text), MAX_TEXT_BYTES) if piece.strip()]
        await self._take_turns(_member(place), len(pieces))
        for piece in pieces:
            await self._send(place, {"msgtype": "text", "text": {"content": piece}}, TEXT_WINDOW)

    async def _take_turns(self, member: str, times: int = 1) -> None:
        """Beyond it WeCom drops without a word (document 90454), so that waiting is the only way."""
        if self._turns is None:
            self._pace.take(member, times)
            return
        key = f"{self._client.door}:{member}"
        wait = await self._turns.take(key, MEMBER_RATES, self._now(), times)
        if wait > timedelta():
            raise Paced(wait.total_seconds(), "turns")

    async def profile(self, account: Account) -> Profile:
        member = await self._client.member(account.user_id)
        return Profile(Account(WECOM, member.user_id), member.name)

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        await self._client.media(file.key, into, limit)

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        await self._take_turns(_member(place))
        kind = kind_of(file)
        try:
            await self._send_media(place, kind, file, key)
        except Rejected as refusal:
            if refusal.code != str(MEDIA_GONE):
                raise
            self._uploads.forget(kind, file, send=key)  # three days are over
            await self._send_media(place, kind, file, key)

    async def _send_media(self, place: Conversation, kind: str, file: Parcel, key: str) -> None:
        """A repeat of one send has the same bytes, and is dropped; who asks twice gets it twice."""
        media_id = await self._uploads.once(kind, file, self._client.upload, send=key)
        await self._send(place, {"msgtype": kind, kind: {"media_id": media_id}}, TEXT_WINDOW)

    async def diagnose(self) -> list[Finding]:
        """What ``paidan doctor`` says about this application."""
        if self.name != WECOM:
            return await of_further(self._client, self.name)
        return await findings(self._client)

    async def _send(self, place: Conversation, body: Json, window: int) -> Sent:
        try:
            sent = await self._client.send(place.key, body, repeat_window=window)
        except NotReachable as nobody:
            raise NotReachable(nobody.code, nobody.message, (place.key,)) from nobody
        if _is_in(place, sent.unreached):
            raise NotReachable("invaliduser", "not in the visible range", (place.key,))
        return sent

    def _grant(self, code: str) -> Grant | None:
        return Grant(code, self._now() + GRANT_LIFE) if code else None


def _member(place: Conversation) -> str:
    """User ids are looked up without case, so they are counted without case too."""
    return place.key.casefold()


def _is_in(place: Conversation, users: Sequence[str]) -> bool:
    return _member(place) in {user.casefold() for user in users}
