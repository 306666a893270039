"""Groups that the application makes itself (documents 90245 to 90248): it speaks there and hears nothing.

Nothing that is said there can be changed or taken back, and no button can be pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
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
    Paced,
    Parcel,
    PlatformError,
    Profile,
    Rejected,
    Sink,
    TooFew,
)
from adapters.fit import cut, fit, split_bytes
from adapters.ports import Turns
from adapters.uploads import Uploads
from adapters.wecom.app import ROOMS, WECOM
from adapters.wecom.client import WeComClient
from adapters.wecom.errors import CHAT_GONE, MEDIA_GONE, PARTLY_VISIBLE
from adapters.wecom.notice import MAX_BYTES, Notice, of_card, of_text
from adapters.wecom.pace import Limit, Pace
from adapters.wecom.parcels import kind_of
from adapters.wecom.wording import line, literal
from domain.base import Account, Conversation

log = structlog.get_logger()

ROOM = Capabilities(
    edits=Edits.NEVER,
    fields=6,
    mentions=True,
    title_chars=60,
    lead_chars=400,
    field_name_chars=8,
    field_value_chars=60,
    text_bytes=MAX_BYTES,
)
NAME_CHARS = 50
FEWEST = 2
AT_A_TIME = 1000
# One member gets 200 a minute and 10,000 a day from one application; what is above it is dropped without a word
# (document 90248). Somebody may be in all rooms, so all rooms are counted together.
LIMITS = (Limit(180, timedelta(minutes=1)), Limit(9_000, timedelta(days=1)))
RATES = ((75, timedelta(milliseconds=600)), (4_500, timedelta(seconds=20)))
_NO_RIGHT = "建群需要应用看得到整个企业：请在企业微信管理后台打开该应用，把「可见范围」设为根部门。"
_PROBE = "paidandoctor"


class WeComRooms:
    name = ROOMS

    def __init__(
        self, client: WeComClient, *, now: Callable[[], datetime], turns: Turns | None = None
    ) -> None:
        """``turns`` are shared where there are replicas."""
        self._client = client
        self._now = now
        self._turns = turns
        self._pace = Pace(now, *LIMITS)
        self._uploads = Uploads()

    def capabilities(self, place: Conversation) -> Capabilities:
        return ROOM

    # ── the group itself ──

    async def open_room(
        self, place: Conversation, name: str, members: Sequence[Account]
    ) -> frozenset[Account]:
        try:
            return await self._create(place, name, members)
        except Misconfigured:
            raise
        except Rejected as refusal:
            # An earlier attempt may have arrived and its answer not: with which code a taken id is refused is
            # not documented, so the group is looked for.
            if await self._members(place) is not None:
                return await self.change_room(place, members)
            there = await self._visible(members)
            if len(there) == len(members):
                raise
            log.warning("left out of a room", refused=refusal.code, left_out=len(members) - len(there))
            return await self._create(place, name, there)

    async def change_room(self, place: Conversation, members: Sequence[Account]) -> frozenset[Account]:
        present = await self._members(place)
        if present is None:
            raise NotReachable(str(CHAT_GONE), "the group is gone", (place.key,))
        try:
            return await self._update(place, present, members)
        except NotReachable as gone:
            if gone.code == str(CHAT_GONE):
                raise
            return await self._update(place, present, await self._visible(members))
        except Misconfigured:
            raise
        except Rejected:
            there = await self._visible(members)
            if len(there) == len(members):
                raise
            return await self._update(place, present, there)

    async def _create(self, place: Conversation, name: str, members: Sequence[Account]) -> frozenset[Account]:
        users = _users(members)
        if len(users) < FEWEST:
            raise TooFew(members)
        body = {
            "chatid": place.key,
            "name": cut(line(name), NAME_CHARS),
            "owner": users[0],
            "userlist": users,
        }
        await self._call("appchat/create", body)
        return await self._inside(place, members)

    async def _update(
        self, place: Conversation, present: Sequence[str], members: Sequence[Account]
    ) -> frozenset[Account]:
        wanted, there = _users(members), {user.casefold() for user in present}
        kept = {user.casefold() for user in wanted}
        if len(wanted) < FEWEST:
            raise TooFew(members)
        added = [user for user in wanted if user.casefold() not in there]
        gone = [user for user in present if user.casefold() not in kept]
        if not added and not gone:
            return frozenset(members)
        # Whoever owned it may be among those who leave.
        owner = {"owner": wanted[0]} if gone else {}
        change = {"chatid": place.key, "add_user_list": added[:AT_A_TIME], "del_user_list": gone[:AT_A_TIME]}
        await self._call("appchat/update", {k: v for k, v in {**change, **owner}.items() if v})
        return await self._inside(place, members)

    async def _inside(self, place: Conversation, members: Sequence[Account]) -> frozenset[Account]:
        """Whether somebody who can't be added is refused or left out without a word is not documented."""
        there = {user.casefold() for user in await self._members(place) or ()}
        return frozenset(account for account in members if account.user_id.casefold() in there)

    async def _members(self, place: Conversation) -> Sequence[str] | None:
        """As the group has them; None when there is no such group of this application's."""
        try:
            answer = await self._call("appchat/get", query={"chatid": place.key})
        except NotReachable:
            return None
        info = answer.get("chat_info")
        users = info.get("userlist") if isinstance(info, dict) else None
        return [str(user) for user in users] if isinstance(users, list) else []

    async def _visible(self, members: Sequence[Account]) -> Sequence[Account]:
        return [account for account in members if await self._is_visible(account)]

    async def _is_visible(self, account: Account) -> bool:
        try:
            return (await self._client.member(account.user_id)).active
        except NotReachable:
            return False

    # ── what is said there ──

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        await self._send(place, *_text(of_card(fit(card, ROOM))))
        return CardCopy(place, key)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        raise EditSpent(copy.handle)

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """People are called once, at the end of the last piece. A repeat is said twice: there is no key for it."""
        pieces = [piece for piece in split_bytes(literal(text), MAX_BYTES) if piece.strip()]
        for number, piece in enumerate(pieces, 1):
            await self._send(place, *_text(of_text(piece, mention if number == len(pieces) else ())))

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        kind = kind_of(file)
        try:
            await self._send_media(place, kind, file, key)
        except Rejected as refusal:
            if refusal.code != str(MEDIA_GONE):
                raise
            self._uploads.forget(kind, file, send=key)  # three days are over
            await self._send_media(place, kind, file, key)

    async def profile(self, account: Account) -> Profile:
        raise Rejected("unsupported", "a room knows no people")

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        raise Rejected("unsupported", "a room receives no files")

    async def diagnose(self) -> list[Finding]:
        """Asking for a group that cannot be there tells whether the application may have groups at all."""
        key, what = ROOMS, "企业微信：应用可以建作战群"
        try:
            await self._members(Conversation(ROOMS, "group", _PROBE))
        except Misconfigured as refusal:
            return [Finding(ok=False, what=what, fix=refusal.fix, id=key)]
        except PlatformError as failure:
            fix = f"没有查到（{failure}），请先处理上面的问题，再运行一次。"
            return [Finding(ok=False, what=what, fix=fix, id=key)]
        return [Finding(ok=True, what=what, id=key)]

    async def _send_media(self, place: Conversation, kind: str, file: Parcel, key: str) -> None:
        media_id = await self._uploads.once(kind, file, self._client.upload, send=key)
        await self._send(place, kind, {"media_id": media_id})

    async def _send(self, place: Conversation, kind: str, content: Mapping[str, Any]) -> None:
        await self._take_turn()
        try:
            await self._call("appchat/send", {"chatid": place.key, "msgtype": kind, kind: content})
        except NotReachable as gone:
            raise NotReachable(gone.code, gone.message, (place.key,)) from gone

    async def _take_turn(self) -> None:
        if self._turns is None:
            self._pace.take(ROOMS)
            return
        wait = await self._turns.take(f"{self._client.door}:rooms", RATES, self._now())
        if wait > timedelta():
            raise Paced(wait.total_seconds(), "turns")

    async def _call(
        self, path: str, body: Mapping[str, Any] | None = None, *, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        try:
            return (await self._client.call(path, body, query=query)).body
        except NotReachable as refusal:
            if refusal.code == str(PARTLY_VISIBLE):
                raise Misconfigured(refusal.code, refusal.message, _NO_RIGHT) from refusal
            raise


def _text(notice: Notice) -> tuple[str, dict[str, Any]]:
    called = {"mentioned_list": list(notice.mention)} if notice.mention else {}
    return "text", {"content": notice.text, **called}


def _users(members: Sequence[Account]) -> list[str]:
    """Ids are looked up without case, so that two spellings are one member."""
    found = {a.user_id.casefold(): a.user_id for a in reversed(members) if a.platform == WECOM}
    return list(reversed(found.values()))
