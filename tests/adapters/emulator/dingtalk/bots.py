"""A company, its emulated DingTalk on a real port, and a small bot that speaks the wire by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, web

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC
from adapters.emulator.dingtalk.server import DingTalkServer
from adapters.emulator.wire import Wire

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BUILTIN = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
GROUP = "cidItSupport=="
SECRET = "s3cr3t"
ALL_TOPICS = (("EVENT", "*"), ("CALLBACK", ROBOT_TOPIC), ("CALLBACK", CARD_TOPIC))

Json = dict[str, Any]
Result = TypeVar("Result")


def example_company() -> Company:
    people = [
        Employee("张三", dingtalk="zhangsan", mobile="13800000001"),
        Employee("李四", dingtalk="lisi01", title="工程师", mobile="13800000002"),
        Employee("王芳", dingtalk="wangfang"),
        Employee("只在企业微信", wecom="OnlyWeCom"),
    ]
    group = Group(GROUP, "dingtalk", "IT 支持群", ["zhangsan", "lisi01"])
    return Company("dingcorp", employees=people, groups={GROUP: group})


def spawn(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    return asyncio.get_running_loop().create_task(work)


@asynccontextmanager
async def running_server(clock: Clock | None = None) -> AsyncIterator[DingTalkServer]:
    server = DingTalkServer(
        example_company(),
        clock or Clock(START),
        Wire(),
        client_id="dingabc",
        client_secret=SECRET,
        robot_code="dingabc",
    )
    app = web.Application()
    server.add_routes(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@dataclass
class Caller:
    """HTTP calls as a bot makes them."""

    server: DingTalkServer
    http: ClientSession
    token: str = ""

    async def open(self, path: str, body: Any = None, method: str = "POST", **query: str) -> ClientResponse:
        headers = {"Accept": "application/json", "x-acs-dingtalk-access-token": self.token}
        address = f"{self.server.base_url}{path}"
        return await self.http.request(method, address, json=body, headers=headers, params=query)

    async def call(self, path: str, body: Any = None, method: str = "POST", **query: str) -> Json:
        async with await self.open(path, body, method, **query) as response:
            answer: Json = await response.json()
            return answer | {"http": response.status}

    async def code(self, path: str, body: Any = None, method: str = "POST", **query: str) -> tuple[int, Any]:
        """Status and error code, which is all that most refusals are about."""
        answer = await self.call(path, body, method, **query)
        return answer["http"], answer.get("code", answer.get("errcode"))

    async def sign_in(self) -> None:
        body = {"appKey": "dingabc", "appSecret": SECRET}
        self.token = (await self.call("/v1.0/oauth2/accessToken", body))["accessToken"]


Answer = Callable[[Json], Any]


@dataclass
class StreamBot:
    """Keeps every frame and acks it with ``answer``; None means no ack at all."""

    socket: ClientWebSocketResponse
    answer: Answer = lambda _: {"response": None}
    frames: list[Json] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async for message in self.socket:
            frame = json.loads(message.data)
            async with self.arrived:
                self.frames.append(frame)
                self.arrived.notify_all()
            await self._ack(frame)
        self.closed.set()

    async def _ack(self, frame: Json) -> None:
        data = json.loads(frame["data"]) if frame["headers"]["topic"] == "ping" else self.answer(frame)
        if data is not None and "messageId" in frame["headers"]:
            await self.ack(frame, data)

    async def ack(self, frame: Json, data: Any, code: int = 200) -> None:
        headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
        body = {"code": code, "headers": headers, "message": "OK", "data": json.dumps(data)}
        await self.socket.send_str(json.dumps(body))

    async def got(self, count: int) -> list[Json]:
        """Wait until that many frames have come."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.frames) >= count), 5)
        return self.frames

    def payload(self, index: int = -1) -> Json:
        data: Json = json.loads(self.frames[index]["data"])
        return data


async def open_stream(caller: Caller, topics: Any = ALL_TOPICS) -> Json:
    body = {
        "clientId": "dingabc",
        "clientSecret": SECRET,
        "subscriptions": [{"type": kind, "topic": topic} for kind, topic in topics],
    }
    address = f"{caller.server.base_url}/v1.0/gateway/connections/open"
    async with caller.http.post(address, json=body, headers={"Accept": "application/json"}) as response:
        answer: Json = await response.json()
        return answer


@asynccontextmanager
async def stream_bot(caller: Caller, topics: Any = ALL_TOPICS) -> AsyncIterator[StreamBot]:
    opened = await open_stream(caller, topics)
    async with caller.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}") as socket:
        bot = StreamBot(socket)
        reading = spawn(bot.run())
        try:
            yield bot
        finally:
            reading.cancel()


def card_body(out_track_id: str = "tkt-1", **changes: Any) -> Json:
    buttons = [
        {"text": "接单", "color": "blue", "id": "accept", "request": True},
        {"text": "看", "url": "https://x"},
    ]
    body = {
        "cardTemplateId": BUILTIN,
        "outTrackId": out_track_id,
        "callbackType": "STREAM",
        "cardData": {
            "cardParamMap": {
                "title": "T-1 打印机",
                "markdown": "待接单",
                "sys_full_json_obj": json.dumps({"msgButtons": buttons}),
            }
        },
        "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
        "imGroupOpenSpaceModel": {"supportForward": False},
        "imGroupOpenDeliverModel": {"robotCode": "dingabc"},
    }
    return body | changes
