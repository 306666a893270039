"""The sockets of the running bots: tickets, the upgrade, and the many ways in which a socket can go bad."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from aiohttp import WSMsgType, web

from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.faults import Fault, Faults, reset
from adapters.emulator.dingtalk.frames import Push, bare, frame, headers_of, new_message_id
from adapters.emulator.dingtalk.refusals import refuse
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.wire import Passed

OPEN_PATH = "/v1.0/gateway/connections/open"
_XML = "<?xml version='1.0'?><error><code>accept</code><message>only JSON when asked for</message></error>"
# Java refuses longer frames, so no real one is longer (§1.2).
_LONGEST_FRAME = 256 * 1024

Topic = tuple[str, str]  # type, topic


class Health(Enum):
    LIVE = "live"
    RETIRED = "retired"  # got ``disconnect``: nothing more is delivered to it
    STALLED = "stalled"  # pongs come, nothing else does
    HALF_OPEN = "half open"  # not even pongs


@dataclass(frozen=True)
class Ticket:
    topics: frozenset[Topic]
    until: datetime
    opened_by: str  # the user agent of the open call


@dataclass(eq=False)
class Connection:
    id: str
    topics: frozenset[Topic]
    opened_by: str
    request: web.BaseRequest
    socket: web.WebSocketResponse
    app_id: str
    health: Health = Health.LIVE
    frames: deque[Json] = field(default_factory=lambda: deque(maxlen=1000))

    @property
    def deaf(self) -> bool:
        return self.health in (Health.STALLED, Health.HALF_OPEN) or self.socket.closed

    async def write(self, push: Push, tenant: Tenant, message_id: str = "") -> str:
        """Send ``push`` and say under which message id."""
        message_id = message_id or new_message_id(tenant.millis())
        headers = headers_of(push, message_id, connection=self.id, app=self.app_id, millis=tenant.millis())
        extra = {"unknownToClients": {"since": "tomorrow"}} if tenant.switches.extra_fields else {}
        full = frame(push, headers, extra=extra)
        if push.type == "SYSTEM" and tenant.switches.bare_system_frames:
            full = bare(full)
        self.frames.append(full)
        await self.write_raw(json.dumps(full, ensure_ascii=False))
        return message_id

    async def write_raw(self, raw: str | bytes) -> None:
        if self.deaf:
            return
        try:
            await (self.socket.send_bytes(raw) if isinstance(raw, bytes) else self.socket.send_str(raw))
        except ConnectionError:
            # The peer has gone while we wrote; its read loop ends by itself.
            return


class Connections:
    """``on_text`` gets what the bots write; ``on_open`` and ``on_close`` a connection that came or went."""

    def __init__(self, tenant: Tenant, faults: Faults) -> None:
        self._tenant = tenant
        self._faults = faults
        self._tickets: dict[str, Ticket] = {}
        self._open: list[Connection] = []
        self._changed = asyncio.Condition()
        self.opens = 0
        self.on_text: Callable[[Connection, str], None] = _ignore
        self.on_open: Callable[[Connection], None] = _ignore
        self.on_close: Callable[[Connection], None] = _ignore

    def apis(self) -> list[Api]:
        return [Api("POST", OPEN_PATH, self._open_call, metered=False, token=False)]

    def all(self) -> tuple[Connection, ...]:
        return tuple(self._open)

    def listening(self, topic: Topic) -> list[Connection]:
        """Those among which the server draws; a stalled one is drawn like any other."""
        anyone = not self._tenant.switches.choice_looks_at_subscriptions
        return [c for c in self.served() if anyone or topic in c.topics]

    def served(self) -> list[Connection]:
        return [c for c in self._open if c.health is not Health.RETIRED and not c.socket.closed]

    def _open_call(self, call: Call) -> Json | web.Response:
        self.opens += 1
        if self._tenant.switches.xml_without_accept and "json" not in call.headers.get("Accept", ""):
            return web.Response(text=_XML, content_type="application/xml")
        self._check_app(call)
        ticket = str(uuid4())
        until = self._tenant.now() + timedelta(seconds=self._tenant.switches.ticket_seconds)
        self._tickets[ticket] = Ticket(_topics(call), until, call.headers.get("User-Agent", ""))
        return {"endpoint": f"{self._tenant.base_url.replace('http', 'ws', 1)}/connect", "ticket": ticket}

    def _check_app(self, call: Call) -> None:
        app = self._tenant.app
        if (call.text("clientId"), call.text("clientSecret")) != (app.client_id, app.client_secret):
            raise refuse("authFailed", "鉴权失败", status=401)
        if not self._tenant.switches.published:
            # Users report 400 for a robot that is not published or not in Stream mode; the code is our guess.
            raise refuse("robotNotPublished", "机器人未发布或未开启Stream模式", status=400)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The upgrade. Planned faults: refused with 503, reset instead of it, or reset right after it."""
        trouble = self._faults.take(request.path)
        match trouble.fault if trouble else None:
            case Fault.UNAVAILABLE:
                return web.Response(status=503)
            case Fault.RESET_BEFORE:
                return reset(request)
            case fault:
                return await self._upgrade(request, dies=fault is Fault.RESET_AFTER)

    async def _upgrade(self, request: web.Request, *, dies: bool) -> web.StreamResponse:
        ticket = self._tickets.pop(request.query.get("ticket", ""), None)
        if ticket is None or ticket.until <= self._tenant.now():
            return web.Response(status=self._tenant.switches.bad_ticket_status, text="invalid ticket")
        socket = web.WebSocketResponse(autoping=False, max_msg_size=_LONGEST_FRAME)
        await socket.prepare(request)
        if dies:
            reset(request)
            return socket
        if self._tenant.switches.closes_after_handshake:
            await socket.close()
            return socket
        app_id = str(uuid5(NAMESPACE_URL, self._tenant.app.client_id))
        connection = Connection(str(uuid4()), ticket.topics, ticket.opened_by, request, socket, app_id)
        await self._serve(connection)
        return socket

    async def _serve(self, connection: Connection) -> None:
        self._open.append(connection)
        self.on_open(connection)
        self._note(connection, "CONNECT")
        await self._tell()
        try:
            async for message in connection.socket:
                if message.type is WSMsgType.PING and connection.health is not Health.HALF_OPEN:
                    await connection.socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self.on_text(connection, message.data)
        finally:
            self._open.remove(connection)
            self.on_close(connection)
            self._note(connection, "CLOSED")
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _note(self, connection: Connection, what: str) -> None:
        topics = [f"{kind} {topic}" for kind, topic in sorted(connection.topics)]
        body = {"connectionId": connection.id, "topics": topics}
        self._tenant.wire.note(Passed(self._tenant.now(), "dingtalk", False, f"{what} /connect", body))

    async def until(self, count: int, timeout: float) -> None:
        """Wait until exactly so many sockets are served. Those that were told to go do not count."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: len(self.served()) == count)

    async def close_all(self) -> None:
        for connection in self.all():
            await connection.socket.close()

    def reset_all(self) -> None:
        for connection in self.all():
            reset(connection.request)


def _ignore(*_: object) -> None:
    pass


def _topics(call: Call) -> frozenset[Topic]:
    listed = call.need("subscriptions")
    if not isinstance(listed, list) or not listed:
        raise refuse("Invalidsubscriptions", "subscriptions must be a list that is not empty")
    return frozenset((_word(entry, "type"), _word(entry, "topic")) for entry in listed)


def _word(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(value, str):
        raise refuse("Invalidsubscriptions", f"{name} must be a string")
    return value
