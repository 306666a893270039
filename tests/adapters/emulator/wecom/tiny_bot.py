"""A bot of a few lines: receives the app's callbacks, answers what a test tells it to, and calls the API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from aiohttp import ClientSession, web

from adapters.emulator.wecom import xml
from adapters.emulator.wecom.crypto import Envelope, Sealed
from adapters.emulator.wecom.server import WeComServer

Answer = Callable[[dict[str, str]], Awaitable[web.Response]]


@dataclass(frozen=True)
class Received:
    query: Mapping[str, str]
    outer: Mapping[str, str]
    plain: str
    fields: dict[str, str]


class TinyBot:
    def __init__(self, server: WeComServer) -> None:
        self.server = server
        self.received: list[Received] = []
        self.answer: Answer = self.nothing
        self.session = ClientSession()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/callback", self._verify)
        app.router.add_get("/newline", self._verify_with_newline)
        app.router.add_post("/callback", self._receive)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.server.callback_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/callback"

    async def stop(self) -> None:
        await self.session.close()
        if self._runner:
            await self._runner.cleanup()

    @property
    def envelope(self) -> Envelope:
        return Envelope(self.server.token, self.server.encoding_aes_key, self.server.corp_id)

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    async def nothing(self, fields: dict[str, str]) -> web.Response:
        return web.Response()

    def replies(self, kind: str, content: xml.Fields) -> None:
        """From now on every callback is answered with this passive reply."""

        async def answer(fields: dict[str, str]) -> web.Response:
            return self.sealed(
                {
                    "ToUserName": fields["FromUserName"],
                    "FromUserName": self.server.corp_id,
                    "CreateTime": 1767225600,
                    "MsgType": kind,
                    **content,
                }
            )

        self.answer = answer

    def sealed(self, fields: xml.Fields) -> web.Response:
        sealed = self.envelope.seal(xml.write(fields).encode(), "1767225600", "own-nonce")
        outer = {
            "Encrypt": sealed.encrypt,
            "MsgSignature": sealed.signature,
            "TimeStamp": sealed.timestamp,
            "Nonce": sealed.nonce,
        }
        return web.Response(text=xml.write(outer), content_type="application/xml")

    def statuses(self, *statuses: int) -> None:
        """Answers with these statuses in turn, the last one for ever."""
        left = list(statuses)

        async def answer(fields: dict[str, str]) -> web.Response:
            return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

        self.answer = answer

    # ── the API ─────────────────────────────────────────────────────────────────────────────────

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self.session.get(self._url(path), params=query) as response:
            assert response.status == 200
            return dict(await response.json())

    async def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        async with self.session.post(self._url(path), params=query, data=BytesIO(data)) as response:
            assert response.status == 200
            return dict(await response.json())

    async def token(self) -> str:
        answer = await self.get("gettoken", corpid=self.server.corp_id, corpsecret=self.server.secret)
        return str(answer["access_token"])

    async def call(self, path: str, body: Any) -> dict[str, Any]:
        return await self.post(path, body, access_token=await self.token())

    async def send(self, touser: str, msgtype: str, content: Any, **more: Any) -> dict[str, Any]:
        body = {"touser": touser, "agentid": self.server.agent_id, "msgtype": msgtype, msgtype: content}
        return await self.call("message/send", body | more)

    async def send_card(self, touser: str, card: Any, **more: Any) -> dict[str, Any]:
        return await self.send(touser, "template_card", card, **more)

    async def update(self, code: str, **body: Any) -> dict[str, Any]:
        whole = {"agentid": self.server.agent_id, "response_code": code} | body
        return await self.call("message/update_template_card", whole)

    def _url(self, path: str) -> str:
        return f"{self.server.base_url}/cgi-bin/{path}"

    # ── the callback ────────────────────────────────────────────────────────────────────────────

    async def _verify(self, request: web.Request) -> web.Response:
        return web.Response(body=self._open(request, request.query["echostr"]))

    async def _verify_with_newline(self, request: web.Request) -> web.Response:
        return web.Response(body=self._open(request, request.query["echostr"]) + b"\n")

    async def _receive(self, request: web.Request) -> web.Response:
        outer = _children(await request.text())
        plain = self._open(request, outer["Encrypt"]).decode()
        fields = _children(plain)
        self.received.append(Received(dict(request.query), outer, plain, fields))
        return await self.answer(fields)

    def _open(self, request: web.Request, encrypt: str) -> bytes:
        query = request.query
        return self.envelope.open(Sealed(encrypt, query["msg_signature"], query["timestamp"], query["nonce"]))


def _children(text: str) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ElementTree.fromstring(text)}
