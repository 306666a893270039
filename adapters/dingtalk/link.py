"""One socket from handshake to farewell: reads frames, has them worked, acknowledges on itself.

Acknowledgements go to the socket that brought the frame, or nowhere (dingtalk.md §1.10). Frames are worked
side by side; while all hands are busy nothing is read, so that the server feels the pressure.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import ClientError, ClientWebSocketResponse, WSMessage, WSMsgType

from adapters.crew import Crew
from adapters.dingtalk.frames import BadFrame, Frame, parse, refusal, text_of
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, EventMessage, QuietSystem, SystemMessage

log = structlog.get_logger(__name__)

Work = Callable[[EventMessage | CallbackMessage], Awaitable[AckMessage]]


class Link:
    """``notice`` is called when it retires or ends. ``silence`` is how long without a frame is suspicious."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        work: Work,
        *,
        room: asyncio.Semaphore,
        silence: float,
        notice: Callable[[], None],
        heard: Callable[[], None],
        misread: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._work = work
        self._room = room
        self._silence = silence
        self._notice = notice
        self._heard = heard
        self._misread = misread
        self._system = QuietSystem()
        self._hands = Crew()
        self._reader = Crew()
        self._loop = asyncio.get_running_loop()
        self._began = self._heard_at = self._loop.time()
        self._listening = False
        self._watch: asyncio.TimerHandle | None = None
        self.frames = 0
        self.delivered = 0
        self.retiring = ""  # why a successor is wanted
        self.over = False

    def start(self) -> None:
        self._reader.spawn(self._read(), "dingtalk link")

    @property
    def age(self) -> float:
        return self._loop.time() - self._began

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────

    async def _read(self) -> None:
        self._listen_for_silence()
        try:
            while (message := await self._next()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                await self._take(message)
        finally:
            self.over = True
            if self._watch:
                self._watch.cancel()
            self._notice()

    async def _next(self) -> WSMessage:
        self._listening = True
        message = await self._socket.receive()
        self._listening = False
        self._heard_at = self._loop.time()
        return message

    def _listen_for_silence(self) -> None:
        """A socket may be open, even answer pings, and bring nothing (§1.6). While we don't read for want
        of hands, the silence is ours. One timer for all frames: a timeout around each costs as much as
        reading it."""
        quiet = self._loop.time() - self._heard_at if self._listening else 0.0
        if quiet >= self._silence:
            self._retire("silent")
        else:
            self._watch = self._loop.call_later(self._silence - quiet, self._listen_for_silence)

    def _retire(self, why: str) -> None:
        """Reading goes on until a successor is connected."""
        self.retiring = self.retiring or why
        self._notice()

    async def _take(self, message: WSMessage) -> None:
        self._heard()
        sys.audit("paidan.frame.arrived")
        try:
            frame = parse(message.data if message.type is WSMsgType.TEXT else "")
        except BadFrame as bad:
            self._misread()
            log.warning("dingtalk frame ignored", why=str(bad))
            if bad.message_id:
                await self._send(refusal(bad.message_id))
            return
        self.frames += 1
        if isinstance(frame, SystemMessage):
            await self._obey(frame)
        else:
            await self._room.acquire()
            self.delivered += 1
            self._hands.spawn(self._serve(frame), "dingtalk frame")

    async def _obey(self, frame: SystemMessage) -> None:
        """Topics like CONNECTED and KEEPALIVE ask for nothing (§1.6)."""
        if frame.headers.topic == "ping":
            await self._send(await self._system.raw_process(frame))
        elif frame.headers.topic == SystemMessage.TOPIC_DISCONNECT:
            self._retire("disconnect")

    # ── working ──────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self, frame: Frame) -> None:
        """What the work raises is logged by the crew, and the frame stays without acknowledgement."""
        try:
            await self._send(await self._work(frame))
            sys.audit("paidan.frame.answered")
        finally:
            self._room.release()

    async def _send(self, ack: AckMessage) -> None:
        """Where nobody reads at the other end, no pong comes either, and the heartbeat ends the wait."""
        try:
            await self._socket.send_str(text_of(ack))
        except (ClientError, OSError) as error:
            log.warning("dingtalk acknowledgement lost", why=type(error).__name__)

    # ── farewell ─────────────────────────────────────────────────────────────────────────────────────

    async def bow_out(self, seconds: float) -> None:
        """Lets the work under way be acknowledged, then closes. Work that takes longer is not cut short:
        its acknowledgement is lost, what it stores is not."""
        await self._hands.settle(seconds)
        await self._reader.cancel()
        await self._socket.close()
        await self._hands.settle(None)

    async def finish(self, seconds: float) -> None:
        """The program ends: takes on nothing new. What is unread or unfinished will be delivered again."""
        await self._reader.cancel()
        await self._hands.settle(seconds)
        await self._hands.cancel()
        await self._socket.close()
