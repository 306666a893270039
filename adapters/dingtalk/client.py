"""DingTalk's HTTP APIs as far as Paidan calls them. Knows wire formats and refusals, nothing of cards.

Every call that DingTalk bills is counted in the ledger under its own name; access tokens and the contact
directory are free (dingtalk.md §0.1). Whether a session webhook is billed nobody says, so it is counted
under "webhook.…", apart from the API calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession, FormData
from aiolimiter import AsyncLimiter

from adapters.billing import billed_ticket
from adapters.chat import (
    Finding,
    NotReachable,
    PlaceGone,
    PlatformError,
    QuotaSpent,
    RateLimited,
    Rejected,
    Sink,
    Unreachable,
)
from adapters.clocks import compared
from adapters.dingtalk.access import Access
from adapters.dingtalk.app import PLATFORM, DingTalkApp
from adapters.dingtalk.door import TOPICS, open_stream
from adapters.dingtalk.downloading import download, trusted
from adapters.dingtalk.errors import (
    SESSION_GONE,
    AlreadyThere,
    TokenRefused,
    new_api_refusal,
    old_api_refusal,
)
from adapters.dingtalk.http import Answer, ask, dumps, post_form
from adapters.dingtalk.payload import dict_at, dicts_at, number_at, text_at
from adapters.ports import Ledger, Tokens

# Twenty calls of an API a second are let through (§0.1). A bucket of 5 that empties at 15 a second never
# lets more than that pass in any second, and waiting here is cheaper than being refused.
_PACE = (5, 1 / 3)
_REMIND = {"app": 1, "sms": 2, "phone": 3}
_BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}  # the default erases (§4.3)
_NOT_DELIVERED = "钉钉没有送达任何人"

Json = Mapping[str, Any]
Private = Mapping[str, Mapping[str, str]]  # staff id -> variables


class DingTalkClient:
    def __init__(
        self,
        session: ClientSession,
        app: DingTalkApp,
        tokens: Tokens,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self.app = app
        self._session = session
        self._ledger = ledger
        self._now = now
        self._access = Access(session, app, tokens, now=now)
        self._pace: defaultdict[str, AsyncLimiter] = defaultdict(lambda: AsyncLimiter(*_PACE))

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────

    async def create_and_deliver(self, card: Json) -> None:
        """A card that is there already has been delivered by an earlier try with the same outTrackId."""
        try:
            body = await self._call("POST", "/v1.0/card/instances/createAndDeliver", card, "card.deliver")
        except AlreadyThere:
            return
        _check_deliveries(dicts_at(dict_at(body, "result"), "deliverResults"))

    async def create(self, card: Json) -> None:
        """A card that nobody sees; proves that template and permission are there."""
        try:
            body = await self._call("POST", "/v1.0/card/instances", card, "card.create")
        except AlreadyThere:
            return
        _check_success(body)

    async def update(
        self, out_track_id: str, variables: Mapping[str, str], private: Private | None = None
    ) -> None:
        card: dict[str, Any] = {
            "outTrackId": out_track_id,
            "cardData": {"cardParamMap": dict(variables)},
            "cardUpdateOptions": _BY_KEY,
            "userIdType": 1,
        }
        if private:
            card["privateData"] = {who: {"cardParamMap": dict(what)} for who, what in private.items()}
        _check_success(await self._call("PUT", "/v1.0/card/instances", card, "card.update"))

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────

    async def send_direct(self, user_ids: Sequence[str], msg_key: str, param: Json) -> None:
        """At most twenty people. A 200 can still mean that nobody got it (§3.4)."""
        message = self._message(msg_key, param) | {"userIds": list(user_ids)}
        body = await self._call("POST", "/v1.0/robot/oToMessages/batchSend", message, "robot.direct")
        _check_receivers(body)

    async def send_group(self, conversation_id: str, msg_key: str, param: Json) -> None:
        message = self._message(msg_key, param) | {"openConversationId": conversation_id}
        _check_key(await self._call("POST", "/v1.0/robot/groupMessages/send", message, "robot.group"))

    async def send_session(self, url: str, message: Json) -> None:
        """Raises NotReachable when the session has ended."""
        if not trusted(url, self.app):
            raise NotReachable("session.host", "会话地址不属于钉钉")
        await self._count("webhook.session")
        answer = await ask(self._session, "POST", url, body=message)
        number = number_at(answer.body, "errcode")
        if number == SESSION_GONE:
            raise NotReachable(str(number), "会话已过期")
        _check_old(answer)

    async def count_heard(self) -> None:
        """A message to the robot is billed as well, from the organisation's messages (§0.1)."""
        await self._count("webhook.heard")

    async def ding(self, user_ids: Sequence[str], content: str) -> None:
        """Rings up to twenty people. Whom it did not reach have their cards (§3.10)."""
        asked = {
            "robotCode": self.app.robot,
            "remindType": _REMIND[self.app.ding_by],
            "receiverUserIdList": list(user_ids),
            "content": content,
        }
        body = await self._call("POST", "/v1.0/robot/ding/send", asked, "robot.ding")
        if not text_at(body, "openDingId"):
            raise Unreachable("an answer without openDingId")

    def _message(self, msg_key: str, param: Json) -> dict[str, Any]:
        return {"robotCode": self.app.robot, "msgKey": msg_key, "msgParam": dumps(param)}

    # ── files and people ─────────────────────────────────────────────────────────────────────────────

    async def download(self, download_code: str, into: Sink, limit: int) -> None:
        asked = {"downloadCode": download_code, "robotCode": self.app.robot}
        body = await self._call("POST", "/v1.0/robot/messageFiles/download", asked, "robot.download")
        await download(self._session, text_at(body, "downloadUrl"), self.app, into, limit)

    async def upload(self, kind: str, name: str, data: bytes) -> str:
        """The media_id. How long it lives is not documented (§6)."""

        async def call(token: str) -> Json:
            form = FormData(quote_fields=False)
            form.add_field("type", kind)
            form.add_field("media", data, filename=name, content_type="application/octet-stream")
            params = {"access_token": token}
            answer = await post_form(self._session, self.app.oapi("/media/upload"), form, params)
            _check_old(answer)
            await self._count("media.upload")
            return answer.body

        media_id = text_at(await self._with_token(call), "media_id")
        if not media_id:
            raise Unreachable("an upload without media_id")
        return media_id

    async def user(self, user_id: str) -> Json:
        return await self._call_old("/topapi/v2/user/get", {"userid": user_id, "language": "zh_CN"})

    async def contact(self, path: str, body: Json) -> Json:
        """Any question to the contact directory; none of them is billed (§0.1)."""
        return await self._call_old(path, body)

    # ── the two doors ────────────────────────────────────────────────────────────────────────────────

    async def token(self) -> str:
        return await self._access.token()

    async def try_secret(self) -> None:
        """A token that was kept says nothing of a secret that has been changed since."""
        await self._access.anew()

    async def corp_token(self) -> None:
        """A token that names the company, and is dropped: proves that ``corp_id`` is ours (§3.1)."""
        asked = {
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "grant_type": "client_credentials",
        }
        url = self.app.api(f"/v1.0/oauth2/{quote(self.app.corp_id, safe='')}/token")
        answer = await ask(self._session, "POST", url, body=asked)
        if answer.status != 200 or not text_at(answer.body, "access_token"):
            refusal = new_api_refusal(answer.status, answer.body)
            raise refusal if isinstance(refusal, PlatformError) else Rejected("corpId", str(refusal))

    async def compared_clock(self) -> list[Finding]:
        url = self.app.api_base
        return await compared(self._session, url, self._now(), key="dingtalk.clock", whose="钉钉")

    async def open_stream(self) -> None:
        """Asks for a ticket and lets it lapse: proves that this application may have a stream."""
        await open_stream(self._session, self.app, TOPICS)

    async def _call(self, method: str, path: str, body: Json, api: str) -> Json:
        """Raises PlatformError, and AlreadyThere from the two calls that make cards."""
        return await self._with_token(lambda token: self._call_with(token, method, path, body, api))

    async def _call_old(self, path: str, body: Json) -> Json:
        return await self._with_token(lambda token: self._call_old_with(token, path, body))

    async def _with_token(self, call: Callable[[str], Awaitable[Json]]) -> Json:
        """A token may be refused before its time; then it is dropped once and the call repeated once."""
        token = await self._access.token()
        try:
            return await call(token)
        except TokenRefused:
            token = await self._access.other_than(token)
        try:
            return await call(token)
        except TokenRefused:
            raise Unreachable("the access token was refused twice") from None

    async def _call_with(self, token: str, method: str, path: str, body: Json, api: str) -> Json:
        headers = {"x-acs-dingtalk-access-token": token}
        await self._pace[api].acquire()
        await self._count(api)  # first: a kill while the call is under way must not hide it
        answer = await ask(self._session, method, self.app.api(path), body=body, headers=headers)
        refusal = None if answer.status < 300 else new_api_refusal(answer.status, answer.body)
        if isinstance(refusal, RateLimited | TokenRefused | QuotaSpent):  # refused at the door: not billed
            await self._count(api, -1)
        if refusal:
            raise refusal
        return answer.body

    async def _call_old_with(self, token: str, path: str, body: Json) -> Json:
        params = {"access_token": token}
        answer = await ask(self._session, "POST", self.app.oapi(path), body=body, params=params)
        _check_old(answer)
        return dict_at(answer.body, "result")

    async def _count(self, api: str, times: int = 1) -> None:
        await self._ledger.count(PLATFORM, api, self._now(), billed_ticket(), times)


def _check_old(answer: Answer) -> None:
    """The old API says 200 to everything and means ``errcode``; a blocked address has neither (§3.2)."""
    if answer.status != 200 or "errcode" not in answer.body:
        raise Unreachable(f"HTTP {answer.status} without errcode")
    number = number_at(answer.body, "errcode")
    if number or answer.body["errcode"] not in {0, "0"}:
        raise old_api_refusal(number or -1, text_at(answer.body, "errmsg"))


def _check_deliveries(results: Sequence[Json]) -> None:
    """HTTP 200 is not "delivered": each place has its own verdict (§4.1)."""
    failed = [result for result in results if result.get("success") is not True]
    if failed or not results:
        message = text_at(failed[0], "errorMsg") if failed else ""
        places = tuple(text_at(result, "spaceId") for result in failed)
        # Into a group it fails where there is none, or the robot is out of it; why is told in no documented words.
        in_group = any(text_at(result, "spaceType") == "IM_GROUP" for result in failed)
        refusal = PlaceGone if in_group else NotReachable
        raise refusal("deliverResults", message or _NOT_DELIVERED, places)


def _check_receivers(body: Json) -> None:
    slowed = _names(body, "flowControlledStaffIdList")
    lost = _names(body, "invalidStaffIdList") + _names(body, "filteredStaffIdList")
    if lost:
        raise NotReachable("staffId.invalid", "接收人不在机器人的可见范围内，或已离职", lost)
    if slowed:
        raise RateLimited(60.0, "flowControlled")
    _check_key(body)


def _check_key(body: Json) -> None:
    if not text_at(body, "processQueryKey"):
        raise Unreachable("an answer without processQueryKey")


def _check_success(body: Json) -> None:
    if body.get("success") is not True:
        raise Unreachable("an answer without success")


def _names(body: Json, name: str) -> tuple[str, ...]:
    names = body.get(name)
    return tuple(str(item) for item in names) if isinstance(names, list) else ()
