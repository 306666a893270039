"""One AI bot on Tencent's side: who is connected, who is in its chats, and what is delivered to it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from aiohttp import web

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.wecom.aibot.book import Asked, Book, BotCard
from adapters.emulator.wecom.aibot.commands import Commands
from adapters.emulator.wecom.aibot.connection import Connection, Health
from adapters.emulator.wecom.aibot.files import BotFiles
from adapters.emulator.wecom.aibot.switches import BotSwitches
from adapters.emulator.wecom.aibot.url_mode import UrlMode
from adapters.emulator.wecom.messages import Shown
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.state import State
from adapters.emulator.wire import Passed

PATH = "/_aibot/ws"  # the real address has none; it is a setting everywhere
_ROTTEN = {Health.SILENT, Health.ZOMBIE, Health.FORGOTTEN}


class AiBot:
    """``groups`` are the chat ids in which the bot is. Chats with one member are called ``private(userid)``."""

    def __init__(self, state: State, *, bot_id: str, secret: str, name: str) -> None:
        self.state = state
        self.bot_id, self.secret, self.name = bot_id, secret, name
        self.switches = BotSwitches()
        self.book = Book()
        self.files = BotFiles(state.clock, state.faults.files)
        self.commands = Commands(self)
        self.by_url = UrlMode(self)
        self.groups: set[str] = set()
        self.connections: list[Connection] = []
        self.subscribes = 0
        self.offline = False  # nobody can connect
        self._held: deque[Asked] = deque()  # for want of a place in the conversation
        self._missed: deque[Asked] = deque()  # while nobody was connected
        self._arrived = asyncio.Event()
        self._writing: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return self.state.clock.now()

    def private(self, userid: str) -> str:
        return f"aibot:{userid}"

    def opaque(self, userid: str) -> str:
        return f"wo{sha256(f'{self.bot_id} {userid}'.encode()).hexdigest()[:30]}"

    def member_called(self, delivered: str) -> str:
        """The userid behind what the bot was told, as it was spelt; "" where there is none."""
        named = {member.wecom: member.wecom for member in self.state.members()}
        hidden = {self.opaque(userid): userid for userid in named}
        return (hidden if self.switches.opaque_ids else named).get(delivered, "")

    def is_group(self, chat: str) -> bool:
        return not chat.startswith("aibot:")

    @property
    def ws_url(self) -> str:
        return self.state.base_url.replace("http", "ws", 1) + PATH

    # ── connections ─────────────────────────────────────────────────────────────────────────────

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._connect)
        self.files.add_routes(app)
        self.by_url.add_routes(app)

    @property
    def live(self) -> Connection | None:
        return next((c for c in self.connections if c.subscribed), None)

    async def connected(self, within: float = 5.0) -> Connection:
        """The subscribed connection, as soon as there is one."""
        async with asyncio.timeout(within):
            while (live := self.live) is None:
                self._arrived.clear()
                await self._arrived.wait()
        return live

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        if self.offline:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=4 << 20)
        await socket.prepare(request)
        transport = request.transport if isinstance(request.transport, asyncio.Transport) else None
        connection = Connection(socket, transport)
        self.connections.append(connection)
        try:
            async for text in connection.frames():
                await self._hear(connection, text)
        finally:
            self.connections.remove(connection)
        return socket

    async def _hear(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            self.state.defect("a frame that is no JSON")
            return
        connection.received.append(frame)
        if self.commands.ack_delay:
            self._spawn(self.commands.obey(connection, frame))
        else:
            await self.commands.obey(connection, frame)

    def subscribed(self, connection: Connection) -> None:
        """The newest wins; the older one is told and closed."""
        self.subscribes += 1
        older = [c for c in self.connections if c.subscribed and c is not connection]
        for one in older:
            one.subscribed = False
            self._spawn(self._kick(one))
        connection.subscribed = True
        self._arrived.set()
        missed, self._missed = self._missed, deque()
        for asked in missed if self.switches.redelivers_after_gap else ():
            self._deliver(asked)

    async def kick(self) -> None:
        """As when somebody else subscribes with the same bot for a moment."""
        for connection in [c for c in self.connections if c.subscribed]:
            connection.subscribed = False
            await self._kick(connection)

    async def _kick(self, connection: Connection) -> None:
        await connection.write(self._frame("aibot_event_callback", self._event("disconnected_event", {})))
        if self.switches.kicked_stays_open:
            connection.health = Health.ZOMBIE
        else:
            with suppress(ConnectionError):
                await connection.socket.close()

    async def close_all(self, code: int = 1000) -> None:
        for connection in tuple(self.connections):
            connection.subscribed = False
            await connection.socket.close(code=code)

    def drop_all(self) -> None:
        for connection in tuple(self.connections):
            connection.subscribed = False
            connection.drop()

    def rot(self, health: Health) -> None:
        """The connection goes bad without ending."""
        for connection in self.connections:
            connection.health = health

    # ── delivering ──────────────────────────────────────────────────────────────────────────────

    def ask(self, asked: Asked) -> Asked:
        """Delivers a callback, or holds it back while its sender has three unanswered messages."""
        crowded = self.book.waiting_of(asked.by) >= self.switches.limits.in_conversation
        self.book.asked[asked.req_id] = asked
        if asked.kind == "message" and crowded:
            self._held.append(asked)
        else:
            self._deliver(asked)
        return asked

    def make_room(self, member: str) -> None:
        held = next((a for a in self._held if a.by == member), None)
        if held is not None:
            self._held.remove(held)
            self._deliver(held)

    def _deliver(self, asked: Asked) -> None:
        connection = self.live
        cmd = "aibot_event_callback" if asked.kind != "message" else "aibot_msg_callback"
        if cmd == "aibot_msg_callback" and self.switches.legacy_callback_name:
            cmd = "aibot_callback"
        what = asked.body.get("event", {}).get("eventtype") or asked.body["msgtype"]
        self.state.wire.note(Passed(self.now(), "wecom", True, f"WS {cmd} {what}", asked.body))
        if self.by_url.url:
            self._spawn(self.by_url.deliver(asked))
        elif connection is None:
            self._missed.append(asked)
        elif connection.health not in _ROTTEN:
            self._spawn(connection.write(self._frame(cmd, asked.body, asked.req_id)))

    def _frame(self, cmd: str, body: dict[str, Any], req_id: str = "") -> dict[str, Any]:
        return {"cmd": cmd, "headers": {"req_id": req_id or new_req_id()}, "body": body}

    def _event(self, kind: str, detail: dict[str, Any]) -> dict[str, Any]:
        created = int(self.now().timestamp())
        event = {"eventtype": kind} | ({kind: detail} if detail else {})
        head = {"msgid": token_hex(16), "create_time": created, "aibotid": self.bot_id}
        return {**head, "msgtype": "event", "event": event}

    def _spawn(self, writing: Any) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(writing))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    # ── chats ───────────────────────────────────────────────────────────────────────────────────

    def post(self, chat: str, said: Shown, *, counted: bool = True) -> Bubble:
        if counted:
            self.count(chat)
        bubble = Bubble(self.state.new_id(), self.now(), ROBOT, said.kind, said.text, said.body)
        if said.kind == "card" and (task_id := said.body.get("task_id", "")):
            if task_id in self.book.cards:
                raise Refusal(42014)
            self.book.cards[task_id] = BotCard(bubble.id, chat, task_id)
        self.state.chats.add(chat, bubble)
        return bubble

    def count(self, chat: str) -> None:
        """Replies and pushes of one chat are counted together."""
        limits = self.switches.limits
        minute = self.state.per_minute.take(f"aibot {chat}", limits.chat_per_minute)
        if not minute or not self.state.per_hour.take(f"aibot {chat}", limits.chat_per_hour):
            raise Refusal(45009)


def new_req_id() -> str:
    return token_hex(12)


async def _quietly(writing: Any) -> None:
    with suppress(ConnectionError):
        await writing
