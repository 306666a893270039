"""One socket from handshake to farewell: reads frames, matches acknowledgements, pings (wecom.md §4.4, §4.5).

Callbacks are handed over and never worked here: while a handler ran, acknowledgements of pings would lie unread
and a live socket would pass for a dead one. Several frames may carry one req_id, and their acknowledgements
can't be told apart, hence one at a time.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import structlog
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from adapters.chat import Unreachable
from adapters.crew import Crew
from adapters.wecom.aibot.errors import bot_error
from adapters.wecom.aibot.frames import BadFrame, Frame, parse, written

log = structlog.get_logger(__name__)

# Frames that have arrived are read without a pause; somebody else must get a turn in between.
_IN_ONE_GO = 50


@dataclass(frozen=True)
class Pulse:
    """Seconds."""

    ping: float = 30.0
    missed: int = 2  # pings without an answer: the socket is dead, whatever TCP says
    ack: float = 5.0
    subscribing: float = 10.0
    closing: float = 2.0
    most_age: float = 4 * 3600.0  # then a fresh socket, in a quiet minute: some die without a sign
    quiet: float = 60.0


@dataclass
class _Waiting:
    ack: asyncio.Future[Frame] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Link:
    """``over`` says why it ended: kicked · closed · silent · forgotten · aged · dropped (by us)."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        hear: Callable[[str], None],
        *,
        pulse: Pulse,
        pause: Callable[[float], Awaitable[object]],
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._socket = socket
        self._hear = hear
        self._pulse = pulse
        self._pause = pause
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._began = self._worked_at = self._loop.time()
        self._waiting: dict[str, _Waiting] = {}
        # A lock lives as long as somebody holds it or waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._crew = Crew()
        self._missed = 0
        self.delivered = 0
        self.over: asyncio.Future[str] = self._loop.create_future()
        self._crew.spawn(self._read(), "aibot link")

    @property
    def age(self) -> float:
        return self._loop.time() - self._began

    async def subscribe(self, bot_id: str, secret: str) -> None:
        """Raises what the refusal means. Only then is the connection up, and kept so by pings."""
        body = {"bot_id": bot_id, "secret": secret}
        await self.ask("aibot_subscribe", body, within=self._pulse.subscribing)
        self._crew.spawn(self._keep_alive(), "aibot pings")

    async def ask(
        self, cmd: str, body: Mapping[str, Any] | None, req_id: str = "", within: float = 0.0
    ) -> Mapping[str, Any]:
        """The body of the acknowledgement. Raises PlatformError; Unreachable where none came."""
        req_id = req_id or f"{cmd}_{secrets.token_hex(8)}"
        turn = self._turns.setdefault(req_id, asyncio.Lock())
        async with turn:
            frame = await self._exchanged(cmd, req_id, body, within or self._pulse.ack)
        if frame.code:
            raise bot_error(frame.code, frame.message)
        return frame.body

    def end(self, why: str) -> None:
        """Whoever waits for an acknowledgement need not wait on."""
        if not self.over.done():
            self.over.set_result(why)
        for waiting in self._waiting.values():
            if not waiting.ack.done():
                waiting.ack.set_exception(Unreachable(f"connection {why}"))
                waiting.ack.exception()  # somebody may have stopped waiting already

    async def close(self) -> None:
        """By us, always: in the field a kicked socket stayed open, half alive (§4.5)."""
        self.end("dropped")
        await self._crew.cancel()
        try:
            async with asyncio.timeout(self._pulse.closing):
                await self._socket.close()
        except TimeoutError:
            log.warning("aibot socket left open")

    # ── inside ──

    async def _exchanged(self, cmd: str, req_id: str, body: Mapping[str, Any] | None, within: float) -> Frame:
        if self.over.done():
            raise Unreachable(f"connection {self.over.result()}")
        waiting = self._waiting[req_id] = _Waiting()
        try:
            async with asyncio.timeout(within):
                await self._socket.send_str(written(cmd, req_id, body))
                return await waiting.ack
        except TimeoutError:
            raise Unreachable(f"{cmd}: no answer") from None
        except (ClientError, OSError) as error:
            raise Unreachable(f"{cmd}: {type(error).__name__}") from None
        finally:
            self._waiting.pop(req_id, None)

    async def _read(self) -> None:
        try:
            read = 0
            while (message := await self._socket.receive()).type is WSMsgType.TEXT:
                self._take(message.data)
                read += 1
                if read % _IN_ONE_GO == 0:
                    await asyncio.sleep(0)
        finally:
            self.end("closed")

    def _take(self, text: str) -> None:
        self._heard()
        try:
            frame = parse(text)
        except BadFrame as bad:
            log.warning("aibot frame ignored", why=str(bad))
            return
        if frame.is_kick:
            self.end("kicked")
        elif frame.is_callback:
            self.delivered += 1
            self._worked_at = self._loop.time()
            # As text: thousands of parsed frames would each be looked at by every full garbage collection.
            self._hear(text)
        elif waiting := self._waiting.get(frame.req_id):
            if not waiting.ack.done():
                waiting.ack.set_result(frame)
        elif frame.cmd:
            log.info("aibot command unknown", cmd=frame.cmd)

    async def _keep_alive(self) -> None:
        while not self.over.done():
            await self._pause(self._pulse.ping)
            if self._missed >= self._pulse.missed:
                self.end("silent")
            elif self.age > self._pulse.most_age and self._is_quiet():
                self.end("aged")
            else:
                self._missed += 1
                self._crew.spawn(self._ping(), "aibot ping")

    async def _ping(self) -> None:
        try:
            await self.ask("ping", None, within=self._pulse.ping)
        except Unreachable:
            return  # counted by whoever sent it
        self._missed = 0

    def _is_quiet(self) -> bool:
        return self._loop.time() - self._worked_at > self._pulse.quiet
