"""URL-callback mode (wecom.md §4.3): the same bodies in a JSON envelope whose receiveid is empty.

Nothing can be pushed in this mode. An answer that comes in time is the callback's own; later there is one more
word through its response_url; everything else goes the way round.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiohttp import ClientSession, web

from adapters.chat import NotReachable, Rejected
from adapters.crew import Crew
from adapters.wecom.aibot.app import AiBotApp
from adapters.wecom.aibot.decode import Malformed
from adapters.wecom.aibot.desk import Desk
from adapters.wecom.aibot.errors import SpentTurn
from adapters.wecom.aibot.files import trusted
from adapters.wecom.aibot.frames import EVENTS, Frame
from adapters.wecom.capped import TooBig, read_capped
from adapters.wecom.envelope import Envelope, EnvelopeRefused, check_time
from adapters.wecom.exchange import Question, ask
from adapters.wecom.xmltree import read_xml

log = structlog.get_logger(__name__)

PATH = "/wecom/aibot/callback"
ANSWER_WITHIN = 4.0  # seconds; WeCom waits five
MAX_BODY = 128 * 1024
_REMEMBERED = 1000
_REFUSED = 403


@dataclass
class _Open:
    """A callback that may still be answered: at once, or once through ``url``."""

    url: str
    answer: asyncio.Future[Mapping[str, Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Answers:
    """The wire of this mode."""

    def __init__(self, app: AiBotApp, session: ClientSession) -> None:
        self._app = app
        self._session = session
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def expect(self, req_id: str, url: str) -> asyncio.Future[Mapping[str, Any]]:
        opened = self._open[req_id] = _Open(url)
        if len(self._open) > _REMEMBERED:
            self._open.popitem(last=False)
        return opened.answer

    async def ask(self, cmd: str, body: Mapping[str, Any], req_id: str = "") -> Mapping[str, Any]:
        if cmd == "aibot_send_msg":
            raise NotReachable("no_push", "an AI bot in URL mode can't push")
        opened = self._open.get(req_id)
        if opened is None:
            raise Rejected("unsupported", f"{cmd} needs the long connection")
        if not opened.answer.done():
            opened.answer.set_result(body)
            return {}
        await self._late(opened, cmd, body)
        return {}

    async def _late(self, opened: _Open, cmd: str, body: Mapping[str, Any]) -> None:
        """One more word, and no card update (40008)."""
        url, opened.url = opened.url, ""
        if not url or cmd == "aibot_respond_update_msg" or not trusted(url, self._app.ws_url):
            raise SpentTurn("late", "the callback's time is over")
        if body["msgtype"] == "stream":
            body = {"msgtype": "markdown", "markdown": {"content": body["stream"]["content"]}}
        address, _, query = url.partition("?")
        code = query.partition("response_code=")[2]
        (await ask(self._session, Question(address, {"response_code": code}, body))).ok()


class UrlDoor:
    """Raises ``envelope.BadKey`` where the key cannot be one."""

    def __init__(self, app: AiBotApp, answers: Answers, desk: Desk, *, now: Callable[[], datetime]) -> None:
        self._answers = answers
        self._desk = desk
        self._now = now
        self._envelope = Envelope(app.token, app.encoding_aes_key, "")
        self._crew = Crew()

    def routes(self, path: str = PATH) -> list[web.RouteDef]:
        return [web.get(path, self.verify, allow_head=False), web.post(path, self.take)]

    async def stop(self) -> None:
        await self._crew.settle(2.0)
        await self._crew.cancel()

    async def verify(self, request: web.Request) -> web.Response:
        try:
            plain = self._opened(request, request.query.get("echostr", ""))
        except EnvelopeRefused as refused:
            return _refused(refused)
        return web.Response(body=plain.encode(), content_type="text/plain")

    async def take(self, request: web.Request) -> web.Response:
        try:
            body = await self._body(request)
        except (EnvelopeRefused, Malformed, TooBig, ValueError) as refused:
            return _refused(refused)
        if body.get("msgtype") == "stream":
            return web.Response()  # a refresh: our streams are finished at once
        answer = await self._answered(body)
        return self._sealed(request, answer) if answer else web.Response()

    async def _answered(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        req_id = secrets.token_hex(12)
        answer = self._answers.expect(req_id, str(body.get("response_url") or ""))
        cmd = EVENTS if body.get("msgtype") == "event" else "aibot_msg_callback"
        work = self._crew.spawn(self._desk.work(Frame(cmd, req_id, body)), "aibot callback")
        either: set[asyncio.Future[Any]] = {answer, work}
        done, _ = await asyncio.wait(either, timeout=ANSWER_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if answer not in done:
            # Worked, with its answer still on the way through the outbox.
            await asyncio.wait({answer}, timeout=ANSWER_WITHIN / 2)
        if answer.done():
            return answer.result()
        answer.set_result({})  # from now on only the response_url is left
        return None

    async def _body(self, request: web.Request) -> dict[str, Any]:
        raw = await read_capped(request.content, MAX_BODY, announced=request.content_length)
        envelope = json.loads(raw)
        encrypt = envelope.get("encrypt") if isinstance(envelope, dict) else None
        body = json.loads(self._opened(request, str(encrypt or "")))
        if not isinstance(body, dict):
            raise Malformed("no object inside")
        return body

    def _opened(self, request: web.Request, encrypt: str) -> str:
        query = request.query
        plain = self._envelope.open(
            encrypt,
            signature=query.get("msg_signature", ""),
            timestamp=query.get("timestamp", ""),
            nonce=query.get("nonce", ""),
        )
        check_time(query.get("timestamp", ""), self._now())
        return plain

    def _sealed(self, request: web.Request, answer: Mapping[str, Any]) -> web.Response:
        """The key is ``msgsignature``, the time a number, and the nonce must be the callback's."""
        timestamp, nonce = str(int(self._now().timestamp())), request.query["nonce"]
        sealed = self._envelope.seal(json.dumps(answer, ensure_ascii=False), timestamp=timestamp, nonce=nonce)
        parts = read_xml(sealed)
        return web.json_response(
            {
                "encrypt": parts.value("Encrypt"),
                "msgsignature": parts.value("MsgSignature"),
                "timestamp": int(timestamp),
                "nonce": nonce,
            }
        )


def _refused(refused: Exception) -> web.Response:
    kind = refused.kind if isinstance(refused, EnvelopeRefused) else type(refused).__name__
    log.warning("aibot callback refused", kind=kind)
    response = web.Response(status=_REFUSED)
    response.force_close()
    return response
