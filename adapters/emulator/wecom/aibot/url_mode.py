"""URL-callback mode (§4.3): the same callbacks as sealed JSON over HTTP, answered at once or through response_url."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from adapters.emulator.wecom.aibot.book import Asked
from adapters.emulator.wecom.aibot.replying import Replying
from adapters.emulator.wecom.aibot.showing import shown
from adapters.emulator.wecom.crypto import Envelope, Sealed
from adapters.emulator.wecom.loopback import require_loopback_url
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node

if TYPE_CHECKING:
    from adapters.emulator.wecom.aibot.bot import AiBot

PATH = "/cgi-bin/aibot/response"
_KEYS = {"encrypt", "msgsignature", "timestamp", "nonce"}


class UrlMode:
    """``url`` is where the bot listens; "" while the long connection is chosen."""

    def __init__(self, bot: AiBot) -> None:
        self._bot = bot
        self._replying = Replying(bot)
        self._codes: dict[str, Asked] = {}
        self.url = ""
        self.token = token_hex(12)
        self.encoding_aes_key = ""
        self.life = timedelta(hours=1)  # of a response_url; five minutes say others
        self.refused: list[str] = []

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._late)

    async def verify(self) -> bool:
        """What the console does when the address is saved."""
        sealed = self._seal("8613579")
        query = _query(sealed) | {"echostr": sealed.encrypt}
        async with ClientSession() as session, session.get(self.url, params=query) as response:
            return response.status == 200 and await response.read() == b"8613579"

    async def deliver(self, asked: Asked) -> None:
        require_loopback_url(self.url)
        code = asked.response_code = token_urlsafe(16)
        self._codes[code] = asked
        if asked.kind != "enter_chat":
            asked.body["response_url"] = f"{self._bot.state.base_url}{PATH}?response_code={code}"
        sealed = self._seal(json.dumps(asked.body, ensure_ascii=False))
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=5)) as session,
                session.post(self.url, params=_query(sealed), json={"encrypt": sealed.encrypt}) as response,
            ):
                raw = await response.read()
        except (ClientError, TimeoutError):
            return
        if response.status == 200 and raw:
            self._take(asked, json.loads(raw), sealed)

    def _take(self, asked: Asked, answer: Mapping[str, Any], question: Sealed) -> None:
        """Every name counts here: ``msgsignature`` without the underscore, a number, the callback's own nonce."""
        if set(answer) != _KEYS or not isinstance(answer["timestamp"], int):
            self._bot.state.defect(f"an aibot answer with {sorted(answer)}")
            return
        if answer["nonce"] != question.nonce:
            self._bot.state.defect("an aibot answer with another nonce")
        sealed = Sealed(answer["encrypt"], answer["msgsignature"], str(answer["timestamp"]), answer["nonce"])
        body = Node(json.loads(self._envelope().open(sealed)), "", report=self._bot.state.defect)
        work = {
            "message": self._replying.message,
            "enter_chat": self._replying.welcome,
            "card": self._replying.update,
        }
        try:
            work[asked.kind](asked.req_id, body)
        except Refusal as refusal:
            self.refused.append(str(refusal))

    async def _late(self, request: web.Request) -> web.Response:
        """Once: markdown or a card, and no update of one."""
        asked = self._codes.pop(request.query.get("response_code", ""), None)
        body = Node(await request.json(), "")
        try:
            if asked is None or self._bot.now() - asked.at > self.life:
                raise Refusal(40058, "invalid response_code")
            said = shown(body, self._bot.state.media, allowed=("markdown", "template_card"))
            self._bot.post(asked.chat, said)
        except Refusal as refusal:
            return web.json_response({"errcode": refusal.errcode, "errmsg": refusal.text})
        asked.answers += 1
        asked.answered.set()
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    def _seal(self, text: str) -> Sealed:
        timestamp = str(int(self._bot.now().timestamp()))
        return self._envelope().seal(text.encode(), timestamp, token_hex(8))

    def _envelope(self) -> Envelope:
        """For an internal bot the receiveid is empty."""
        return Envelope(self.token, self.encoding_aes_key, "")


def _query(sealed: Sealed) -> dict[str, str]:
    return {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
