"""Keeps one stream to DingTalk alive: opens, replaces, backs off, and says how it is doing.

The rules are dingtalk.md §1.5–1.10 and §10: a successor is connected before the old socket goes; every
reopening is a fresh request with full jitter, also after polite closes; refusals that only an administrator
can mend are said once and then asked again in minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

import structlog
from aiohttp import ClientError, ClientSession, ClientWSTimeout

from adapters.chat import Misconfigured, PlatformError, Receive, Unreachable
from adapters.crew import Crew
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.card_presses import CardPresses
from adapters.dingtalk.desk import Desk, Pause
from adapters.dingtalk.door import CARD_TOPIC, EVENTS, ROBOT_TOPIC, TOPICS, open_stream
from adapters.dingtalk.health import StreamHealth
from adapters.dingtalk.link import Link
from adapters.dingtalk.org_events import Hear, OrgEvents
from adapters.dingtalk.platform import DingTalk
from adapters.dingtalk.robot_messages import RobotMessages
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, EventMessage, QuietCallbacks
from adapters.ports import Sessions

log = structlog.get_logger(__name__)

_MAX_FRAME = 1 << 20
_HANDS = 64


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    opening: float = 10.0
    heartbeat: float = 20.0  # of WebSocket pings; a pong may take half as long
    silence: float = 75.0
    most_silence: float = 600.0
    draining: float = 8.0  # the server closes ten seconds after "disconnect"
    stopping: float = 5.0
    answer: float = 1.5
    first_wait: float = 1.0
    most_wait: float = 60.0
    misconfigured: float = 300.0
    settled: float = 60.0  # a link that lived so long, or brought work, was no failure


class Stream:
    def __init__(
        self,
        app: DingTalkApp,
        receive: Receive,
        session: ClientSession,
        *,
        platform: DingTalk,
        sessions: Sessions,
        now: Callable[[], datetime],
        rng: Random,
        hear: Hear | None = None,
        pause: Pause = asyncio.sleep,
        patience: Patience = Patience(),
    ) -> None:
        self._app = app
        self._session = session
        self._now = now
        self._rng = rng
        self._pause = pause
        self._patience = patience
        self._crew = Crew()
        desk = Desk(app, receive, platform, sessions, self._crew, pause, patience.answer)
        self._callbacks = {ROBOT_TOPIC: RobotMessages(desk), CARD_TOPIC: CardPresses(desk)}
        self._unknown = QuietCallbacks()
        self._events = OrgEvents(desk, hear)
        self._topics = (*((EVENTS,) if hear else ()), *TOPICS)
        self._room = asyncio.Semaphore(_HANDS)
        self._turn = asyncio.Event()
        self._link: Link | None = None
        self._leaving: set[Link] = set()
        self._failures = 0
        self._silence = patience.silence
        self._connects = 0
        self._bad_frames = 0
        self._last_frame_at: datetime | None = None
        self._misconfigured = ""
        self._running: asyncio.Task[object] | None = None
        self._stopping = False
        self._stopped = asyncio.Event()

    def health(self) -> StreamHealth:
        return StreamHealth(
            connected=self._link is not None and not self._link.over,
            last_frame_at=self._last_frame_at,
            misconfigured=self._misconfigured,
            reopens=max(self._connects - 1, 0),
            bad_frames=self._bad_frames,
        )

    async def run(self) -> None:
        """Until cancelled or stopped; either way what is under way may finish within five seconds."""
        if self._stopping:
            return
        self._running = asyncio.current_task()
        try:
            while True:
                await self._one_life()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            await self._leave()
            self._stopped.set()

    async def stop(self) -> None:
        """May be said again: whoever waited the first time may have been cut off."""
        if self._running is not None and not self._stopping:
            self._running.cancel()
        self._stopping = True
        if self._running is not None and not self._running.done():
            await self._stopped.wait()

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────

    async def _one_life(self) -> None:
        link = await self._connected()
        old, self._link = self._link, link
        link.start()
        if old is not None:
            self._leaving.add(old)
            self._crew.spawn(self._see_off(old), "dingtalk farewell")
        await self._until_over(link)
        self._judge(link)

    async def _connected(self) -> Link:
        """Backs off until there is a socket."""
        while True:
            await self._wait_a_turn()
            try:
                return await self._connect()
            except Misconfigured as error:
                await self._complain(error)
            except PlatformError as error:
                self._failures += 1
                log.warning("dingtalk stream not opened", why=str(error), failures=self._failures)

    async def _wait_a_turn(self) -> None:
        if self._failures:
            most = self._patience.first_wait * 2.0 ** min(self._failures - 1, 16)
            await self._pause(self._rng.uniform(0, min(most, self._patience.most_wait)))

    async def _complain(self, error: Misconfigured) -> None:
        """Loud once. It does not mend itself, but somebody may mend it without telling us."""
        if self._misconfigured != error.fix:
            log.error("dingtalk stream misconfigured", code=error.code, says=error.message, fix=error.fix)
        self._misconfigured = error.fix
        await self._pause(self._rng.uniform(0.5, 1.0) * self._patience.misconfigured)

    async def _connect(self) -> Link:
        url = await open_stream(self._session, self._app, self._topics)
        try:
            async with asyncio.timeout(self._patience.opening):
                socket = await self._session.ws_connect(
                    url,
                    heartbeat=self._patience.heartbeat,
                    max_msg_size=_MAX_FRAME,
                    timeout=ClientWSTimeout(ws_close=2.0),
                )
        except (ClientError, OSError, TimeoutError) as error:
            raise Unreachable(f"no socket: {type(error).__name__}") from None
        self._misconfigured = ""
        self._connects += 1
        log.info("dingtalk stream connected", connects=self._connects)
        return Link(
            socket,
            self._work,
            room=self._room,
            silence=self._silence,
            notice=self._turn.set,
            heard=self._note_frame,
            misread=self._note_bad_frame,
        )

    async def _until_over(self, link: Link) -> None:
        while not (link.over or link.retiring):
            self._turn.clear()
            await self._turn.wait()

    def _judge(self, link: Link) -> None:
        """What the link's life says about how soon to try again, and how long silence may be normal.

        Nobody documents how often the server speaks (§1.6). Where a link has heard nothing at all, its
        successor is given twice the time, so that a quiet tenant does not reconnect every minute for ever.
        """
        good = link.delivered > 0 or link.age >= self._patience.settled
        self._failures = 0 if good and link.retiring else 1 if good else self._failures + 1
        mute = link.retiring == "silent" and not link.frames
        longer = min(self._silence * 2, self._patience.most_silence)
        self._silence = longer if mute else self._patience.silence
        log.info("dingtalk stream link ends", why=link.retiring or "closed", frames=link.frames)

    # ── frames ───────────────────────────────────────────────────────────────────────────────────────

    async def _work(self, frame: EventMessage | CallbackMessage) -> AckMessage:
        if isinstance(frame, CallbackMessage):
            return await self._callbacks.get(frame.headers.topic, self._unknown).raw_process(frame)
        return await self._events.raw_process(frame)

    def _note_frame(self) -> None:
        self._last_frame_at = self._now()

    def _note_bad_frame(self) -> None:
        self._bad_frames += 1

    # ── leaving ──────────────────────────────────────────────────────────────────────────────────────

    async def _see_off(self, old: Link) -> None:
        await old.bow_out(self._patience.draining)
        self._leaving.discard(old)

    async def _leave(self) -> None:
        """Half of the time for the work, the other half for cancelling what is left and closing."""
        links = [*self._leaving, *([self._link] if self._link else [])]
        working = self._patience.stopping / 2
        try:
            async with asyncio.timeout(self._patience.stopping):
                farewells = asyncio.gather(*(link.finish(working) for link in links))
                await asyncio.gather(farewells, self._replies_done(working))
        except TimeoutError:
            log.warning("dingtalk stream stopped with sockets open")

    async def _replies_done(self, seconds: float) -> None:
        await self._crew.settle(seconds)
        await self._crew.cancel()
