"""A small bot that knows one story, over the vendors' real protocols: enough to see the page at work.

It imports no adapter of ours: what the page shows must not depend on how we write to the vendors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from xml.etree import ElementTree

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from adapters.emulator.server import Emulator
from adapters.emulator.wecom import xml
from adapters.emulator.wecom.crypto import Envelope, Sealed

Json = dict[str, Any]
Heard = Callable[[Json], Awaitable[xml.Fields | Json | None]]
TOPICS = ["/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"]


async def _silent(_: Json) -> None:
    return None


class FakeBot:
    """``on_wecom`` gets the flat fields of a callback and may answer with the fields of a passive reply;
    ``on_dingtalk`` gets the data of a frame, with ``topic``, and may answer with the ack's response."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._made = emulator.credentials
        self._ids = count(1)
        self.heard: list[Json] = []
        self.on_wecom: Heard = _silent
        self.on_dingtalk: Heard = _silent
        self._may_answer = asyncio.Event()
        self._may_answer.set()

    async def start(self) -> None:
        self._http = ClientSession(self._emulator.base_url)
        app = web.Application()
        app.router.add_post("/wecom/callback", self._callback)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._emulator.wecom.callback_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/wecom/callback"
        self._wecom_token = await self._wecom_login()
        self._dingtalk_token = await self._dingtalk_login()

    async def stop(self) -> None:
        await self._http.close()
        await self._runner.cleanup()

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """Inside, the bot hears but does not answer."""
        self._may_answer.clear()
        yield
        self._may_answer.set()

    def new_id(self) -> str:
        return f"id-{next(self._ids)}"

    # ── WeCom ───────────────────────────────────────────────────────────────────────────────────

    async def wecom(self, path: str, body: Json) -> Json:
        answer = await self._wecom(path, body)
        assert answer["errcode"] == 0, answer
        return answer

    async def errcode(self, path: str, body: Json) -> int:
        return int((await self._wecom(path, body))["errcode"])

    async def _wecom(self, path: str, body: Json) -> Json:
        query = {"access_token": self._wecom_token}
        # Tencent refuses \uXXXX (40033).
        raw = json.dumps({"agentid": self._made.wecom_agent_id, **body}, ensure_ascii=False).encode()
        async with self._http.post(f"/cgi-bin/{path}", params=query, data=raw) as response:
            answer: Json = await response.json()
        return answer

    async def card(self, to: str, card: Json) -> Json:
        card = {"task_id": self.new_id(), **card}
        return await self.wecom(
            "message/send", {"touser": to, "msgtype": "template_card", "template_card": card}
        )

    async def webhook(self, key: str, body: Json) -> None:
        raw = json.dumps(body, ensure_ascii=False).encode()
        async with self._http.post("/cgi-bin/webhook/send", params={"key": key}, data=raw) as response:
            assert (await response.json())["errcode"] == 0

    async def _wecom_login(self) -> str:
        query = {"corpid": self._emulator.company.corp_id, "corpsecret": self._made.wecom_secret}
        async with self._http.get("/cgi-bin/gettoken", params=query) as response:
            return str((await response.json())["access_token"])

    async def _callback(self, request: web.Request) -> web.Response:
        envelope = Envelope(
            self._made.wecom_token, self._made.wecom_encoding_aes_key, self._emulator.company.corp_id
        )
        encrypt = ElementTree.fromstring(await request.text()).findtext("Encrypt", "")
        query = request.query
        sealed = Sealed(encrypt, query["msg_signature"], query["timestamp"], query["nonce"])
        fields = _flat(ElementTree.fromstring(envelope.open(sealed)))
        self.heard.append(fields)
        await self._may_answer.wait()
        reply = await self.on_wecom(fields)
        return web.Response(body=self._sealed(envelope, fields, reply) if reply else b"")

    def _sealed(self, envelope: Envelope, fields: Json, reply: Any) -> bytes:
        head = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": 1767225600,
        }
        sealed = envelope.seal(xml.write({**head, **reply}).encode(), "1767225600", "nonce")
        return xml.write(
            {
                "Encrypt": sealed.encrypt,
                "MsgSignature": sealed.signature,
                "TimeStamp": int(sealed.timestamp),
                "Nonce": sealed.nonce,
            }
        ).encode()

    # ── DingTalk ────────────────────────────────────────────────────────────────────────────────

    async def dingtalk(self, method: str, path: str, body: Json) -> Json:
        headers = {"x-acs-dingtalk-access-token": self._dingtalk_token}
        async with self._http.request(method, path, json=body, headers=headers) as response:
            answer: Json = await response.json()
        assert response.status == 200, answer
        return answer

    async def dingtalk_card(self, space: str, variables: Json, **more: Any) -> str:
        """``space`` is IM_GROUP.<id>, IM_ROBOT.<user id> or ONE_BOX.<id>; answers the outTrackId."""
        card = self.new_id()
        robot = {"robotCode": self._made.dingtalk_robot_code}
        body: Json = {
            "cardTemplateId": "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema",
            "outTrackId": card,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": variables},
            "openSpaceId": f"dtv1.card//{space}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imRobotOpenSpaceModel": {"supportForward": False},
            "topOpenSpaceModel": {"spaceType": "ONE_BOX"},
            "imGroupOpenDeliverModel": robot,
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", **robot},
            "topOpenDeliverModel": {"expiredTimeMillis": 4102444800000},
        }
        answer = await self.dingtalk("POST", "/v1.0/card/instances/createAndDeliver", body | more)
        assert all(result["success"] for result in answer["result"]["deliverResults"]), answer
        return card

    async def robot(self, to: str, msg_key: str, param: Json) -> None:
        body = {
            "robotCode": self._made.dingtalk_robot_code,
            "userIds": [to],
            "msgKey": msg_key,
            "msgParam": json.dumps(param),
        }
        await self.dingtalk("POST", "/v1.0/robot/oToMessages/batchSend", body)

    async def session(self, heard: Json, body: Json) -> None:
        async with self._http.post(heard["sessionWebhook"], json=body) as response:
            assert (await response.json())["errcode"] == 0

    async def _dingtalk_login(self) -> str:
        app = {"appKey": self._made.dingtalk_client_id, "appSecret": self._made.dingtalk_client_secret}
        async with self._http.post("/v1.0/oauth2/accessToken", json=app) as response:
            return str((await response.json())["accessToken"])

    async def listen(self) -> None:
        """Opens the stream and serves it until it is closed. Run it as a task."""
        subscriptions = [{"type": "CALLBACK", "topic": topic} for topic in TOPICS]
        app = {"clientId": self._made.dingtalk_client_id, "clientSecret": self._made.dingtalk_client_secret}
        body = {**app, "subscriptions": subscriptions}
        headers = {"Accept": "application/json"}
        async with self._http.post("/v1.0/gateway/connections/open", json=body, headers=headers) as response:
            ticket = await response.json()
        async with self._http.ws_connect(ticket["endpoint"], params={"ticket": ticket["ticket"]}) as socket:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._frame(socket, json.loads(message.data))

    async def _frame(self, socket: ClientWebSocketResponse, frame: Json) -> None:
        headers = frame["headers"]
        data = json.loads(frame["data"])
        answer: Any = data
        if frame["type"] == "CALLBACK":
            self.heard.append(data)
            await self._may_answer.wait()
            answer = {"response": await self.on_dingtalk({**data, "topic": headers["topic"]}) or {}}
        ack = {
            "code": 200,
            "message": "OK",
            "headers": {"messageId": headers.get("messageId", ""), "contentType": "application/json"},
            "data": json.dumps(answer),
        }
        await socket.send_json(ack)


def _flat(root: ElementTree.Element) -> Json:
    """SelectedItems become ``answers``: question -> chosen options."""
    fields: Json = {child.tag: child.text or "" for child in root}
    items = root.findall("SelectedItems/SelectedItem")
    fields["answers"] = {
        item.findtext("QuestionKey", ""): [option.text for option in item.findall("OptionIds/OptionId")]
        for item in items
    }
    return fields
