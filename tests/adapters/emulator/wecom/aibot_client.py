"""A bare client of the long connection: writes frames, keeps what comes, matches acknowledgements by req_id."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from adapters.emulator.wecom.aibot.members import BotMembers


class Client:
    def __init__(self, socket: ClientWebSocketResponse, bot: BotMembers) -> None:
        self.socket = socket
        self._bot = bot
        self._ids = count(1)
        self._acks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.callbacks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            await (self.callbacks if "cmd" in frame else self._acks).put(frame)
        self.closed.set()

    async def subscribe(self, secret: str = "", bot_id: str = "") -> int:
        body = {"bot_id": bot_id or self._bot.bot_id, "secret": secret or self._bot.secret}
        return await self.code("aibot_subscribe", body)

    async def code(self, cmd: str, body: Any = None, req_id: str = "") -> int:
        return int((await self.ask(cmd, body, req_id))["errcode"])

    async def ask(self, cmd: str, body: Any = None, req_id: str = "") -> dict[str, Any]:
        await self.write(cmd, body, req_id)
        return await self.ack()

    async def write(self, cmd: str, body: Any = None, req_id: str = "") -> None:
        frame = {"cmd": cmd, "headers": {"req_id": req_id or f"{cmd}_{next(self._ids)}"}, "body": body}
        await self.socket.send_json(frame)

    async def ack(self) -> dict[str, Any]:
        async with asyncio.timeout(2):
            return await self._acks.get()

    async def callback(self) -> dict[str, Any]:
        async with asyncio.timeout(2):
            return await self.callbacks.get()

    async def push(self, chatid: str, text: str = "好", chat_type: int = 0, **said: Any) -> int:
        body = said or {"msgtype": "markdown", "markdown": {"content": text}}
        return await self.code("aibot_send_msg", {"chatid": chatid, "chat_type": chat_type, **body})

    async def stream(self, req_id: str, content: str, *, finish: bool, stream_id: str = "s") -> int:
        stream = {"id": stream_id, "finish": finish, "content": content}
        return await self.code("aibot_respond_msg", {"msgtype": "stream", "stream": stream}, req_id)


@asynccontextmanager
async def connected(bot: BotMembers) -> AsyncIterator[Client]:
    async with ClientSession() as session, session.ws_connect(bot.ws_url) as socket:
        client = Client(socket, bot)
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(client.read())
            yield client
            reading.cancel()


@asynccontextmanager
async def subscribed(bot: BotMembers) -> AsyncIterator[Client]:
    async with connected(bot) as client:
        assert await client.subscribe() == 0
        yield client


def card(task_id: str, title: str = "T-1 打印机", *keys: str) -> dict[str, Any]:
    buttons = [{"text": key, "key": key, "style": 1} for key in keys or ("accept", "look")]
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "button_list": buttons,
        "task_id": task_id,
    }


def as_card(*args: str) -> dict[str, Any]:
    return {"msgtype": "template_card", "template_card": card(*args)}
