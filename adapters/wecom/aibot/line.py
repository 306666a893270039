"""The bot's one long connection: who may hold it, when it is opened again, and how it is doing (wecom.md §4.5).

A newer subscription closes the older one, so two replicas would throw each other out for ever: a lease in the
database says whose it is. Who is thrown out all the same (another deployment uses the same bot) stands by and
comes back slowly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog
from aiohttp import ClientError, ClientSession, ClientWSTimeout

from adapters.chat import Elsewhere, Misconfigured, PlatformError, RateLimited, Unreachable
from adapters.crew import Crew
from adapters.ports import Lease
from adapters.wecom.aibot.app import AiBotApp
from adapters.wecom.aibot.errors import Forgotten, OddConflict
from adapters.wecom.aibot.frames import Frame, parse
from adapters.wecom.aibot.link import Link, Pulse

log = structlog.get_logger(__name__)

Pause = Callable[[float], Awaitable[object]]
_MAX_FRAME = 4 << 20
_HANDS = 64


@dataclass(frozen=True)
class Patience:
    """Seconds, but for ``opens``: so many connections within ``opens_within``, whatever happens."""

    opening: float = 10.0
    renewing: float = 5.0
    first_wait: float = 1.0
    most_wait: float = 30.0
    too_often: float = 60.0
    misconfigured: float = 300.0
    first_standby: float = 60.0  # after a kick, doubled each time
    most_standby: float = 900.0
    settled: float = 60.0  # a link that lived so long, or brought work, was no failure
    again: float = 10.0  # how long a call waits for the connection that replaces a forgotten one
    stopping: float = 2.5
    opens: int = 12
    opens_within: timedelta = timedelta(minutes=10)
    pulse: Pulse = field(default_factory=Pulse)


@dataclass(frozen=True)
class LineHealth:
    """``misconfigured`` is the fix in zh-CN. ``kicked``: others use the same bot, and we stand by."""

    leading: bool
    connected: bool
    kicked: bool
    misconfigured: str
    last_frame_at: datetime | None
    opens: int


class Line:
    def __init__(
        self,
        app: AiBotApp,
        session: ClientSession,
        lease: Lease,
        *,
        now: Callable[[], datetime],
        rng: Random,
        pause: Pause = asyncio.sleep,
        patience: Patience = Patience(),
    ) -> None:
        self._app = app
        self._session = session
        self._lease = lease
        self._now = now
        self._rng = rng
        self._pause = pause
        self._patience = patience
        self._work: Callable[[Frame], Awaitable[None]] | None = None
        self._crew = Crew()
        self._hands = Crew()
        self._room = asyncio.Semaphore(_HANDS)
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self._leading = asyncio.Event()
        self._up = asyncio.Event()
        self._link: Link | None = None
        self._leads_until = 0.0
        self._failures = 0
        self._kicks = 0
        self._opened: deque[datetime] = deque(maxlen=patience.opens)
        self._opens = 0
        self._last_frame_at: datetime | None = None
        self._misconfigured = ""
        self._stopped = False

    def serve(self, work: Callable[[Frame], Awaitable[None]]) -> None:
        """Who works the callbacks. Before ``run``."""
        self._work = work

    def health(self) -> LineHealth:
        return LineHealth(
            leading=self._leading.is_set(),
            connected=self._up.is_set(),
            kicked=self._kicks > 0 and not self._up.is_set(),
            misconfigured=self._misconfigured,
            last_frame_at=self._last_frame_at,
            opens=self._opens,
        )

    async def run(self) -> None:
        """Until cancelled or stopped."""
        if self._stopped:
            return
        self._crew.spawn(self._hold_lease(), "aibot lease")
        self._crew.spawn(self._hand_out(), "aibot frames")
        try:
            while True:
                await self._leading.wait()
                await self._one_life()
        finally:
            await self._crew.cancel()
            if self._link is not None:
                await self._link.close()

    async def stop(self) -> None:
        """What is under way may finish and answer; then the connection is another replica's at once."""
        self._stopped = True
        await self._hands.settle(self._patience.stopping)
        await self._hands.cancel()
        await self._crew.cancel()
        if self._link is not None:
            await self._link.close()
        if self._leading.is_set():
            self._leading.clear()
            await self._lease.give_back()

    # ── asking ──

    async def ask(self, cmd: str, body: Mapping[str, Any], req_id: str = "") -> Mapping[str, Any]:
        """Raises PlatformError; Elsewhere where another replica holds the connection."""
        try:
            return await self._link_in_hand().ask(cmd, body, req_id)
        except Forgotten:
            # The session is half dead (§4.5): a fresh one, and once more.
            return await (await self._renewed()).ask(cmd, body, req_id)
        except OddConflict:
            return await self._link_in_hand().ask(cmd, body, req_id)

    def _link_in_hand(self) -> Link:
        if not self._leading.is_set():
            raise Elsewhere("another replica holds the connection of the AI bot")
        if self._link is None or not self._up.is_set():
            raise Unreachable("the AI bot is not connected")
        return self._link

    async def _renewed(self) -> Link:
        old = self._link
        if old is not None:
            self._up.clear()
            old.end("forgotten")
        try:
            async with asyncio.timeout(self._patience.again):
                await self._up.wait()
        except TimeoutError:
            raise Unreachable("the AI bot is not connected") from None
        return self._link_in_hand()

    # ── whose it is ──

    async def _hold_lease(self) -> None:
        while True:
            if await self._is_ours():
                self._leading.set()
            elif self._leading.is_set():
                log.warning("aibot connection is another replica's now")
                self._leading.clear()
                if self._link is not None:
                    self._link.end("superseded")
            await self._pause(self._patience.renewing)

    async def _is_ours(self) -> bool:
        """While the database is away it stays ours until the lease would have ended."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            held = await self._lease.take()
        except Exception as error:  # noqa: BLE001 - supervised border: whatever storage raises, go on asking
            log.warning("aibot lease not renewed", why=repr(error))
            return self._leading.is_set() and loop.time() < self._leads_until
        if held:
            self._leads_until = asked_at + self._lease.lasting.total_seconds()
        return held

    # ── one life after the other ──

    async def _one_life(self) -> None:
        await self._wait_for_room()
        if not self._leading.is_set():
            return
        try:
            link = await self._connect()
        except Misconfigured as error:
            await self._complain(error)
            return
        except RateLimited as error:
            await self._pause(max(error.retry_after, self._patience.too_often))
            return
        except PlatformError as error:
            self._failures += 1
            log.warning("aibot not connected", why=str(error), failures=self._failures)
            await self._pause(self._backoff())
            return
        why = await self._until_over(link)
        await link.close()
        await self._pause(self._judge(why, link))

    async def _connect(self) -> Link:
        self._opened.append(self._now())
        self._opens += 1
        link = await self._dial()
        try:
            await link.subscribe(self._app.bot_id, self._app.secret)
        except PlatformError:
            await link.close()
            raise
        self._misconfigured = ""
        self._link = link
        self._up.set()
        if not self._leading.is_set():
            link.end("superseded")
        log.info("aibot connected", opens=self._opens)
        return link

    async def _dial(self) -> Link:
        try:
            async with asyncio.timeout(self._patience.opening):
                socket = await self._session.ws_connect(
                    self._app.ws_url, max_msg_size=_MAX_FRAME, timeout=ClientWSTimeout(ws_close=2.0)
                )
        except (ClientError, OSError, TimeoutError) as error:
            raise Unreachable(f"no socket: {type(error).__name__}") from None
        return Link(
            socket,
            self._frames.put_nowait,
            pulse=self._patience.pulse,
            pause=self._pause,
            heard=self._note_frame,
        )

    async def _until_over(self, link: Link) -> str:
        try:
            return await link.over
        finally:
            self._up.clear()

    def _judge(self, why: str, link: Link) -> float:
        """Seconds until the next try. Also a clean close means nothing good (§4.5)."""
        log.info("aibot connection ends", why=why, callbacks=link.delivered)
        if why == "kicked":
            self._kicks = 1 if link.age > self._patience.most_standby else self._kicks + 1
            log.error("智能机器人的长连接被另一处连接顶替：同一个 bot_id 可能还在别处使用", kicks=self._kicks)
            standby = self._patience.first_standby * 2.0 ** min(self._kicks - 1, 8)
            return min(standby, self._patience.most_standby)
        if link.age > self._patience.most_standby:
            self._kicks = 0
        if why in {"forgotten", "aged", "superseded"} and not self._failures:
            return 0.0
        good = link.delivered > 0 or link.age >= self._patience.settled
        self._failures = 1 if good else self._failures + 1
        return self._backoff()

    def _backoff(self) -> float:
        most = self._patience.first_wait * 2.0 ** min(self._failures - 1, 8)
        return min(most, self._patience.most_wait) * self._rng.uniform(0.5, 1.0)

    async def _wait_for_room(self) -> None:
        """Subscribing is protected against frequency (45009): never more than twelve in ten minutes."""
        if len(self._opened) == self._opened.maxlen:
            wait = self._opened[0] + self._patience.opens_within - self._now()
            if wait > timedelta():
                log.warning("aibot reconnects too often", waits=wait.total_seconds())
                await self._pause(wait.total_seconds())

    async def _complain(self, error: Misconfigured) -> None:
        """Loud once. It does not mend itself, but somebody may mend it without telling us."""
        if self._misconfigured != error.fix:
            log.error("aibot misconfigured", code=error.code, says=error.message, fix=error.fix)
        self._misconfigured = error.fix
        await self._pause(self._patience.misconfigured)

    async def try_out(self) -> bool:
        """One subscription, closed at once; False where a running replica holds the connection, which it would
        throw out. Raises PlatformError."""
        if not await self._lease.take():
            return False
        try:
            link = await self._dial()
            try:
                await link.subscribe(self._app.bot_id, self._app.secret)
            finally:
                await link.close()
        finally:
            await self._lease.give_back()
        return True

    # ── frames ──

    def _note_frame(self) -> None:
        self._last_frame_at = self._now()

    async def _hand_out(self) -> None:
        """Callbacks are worked side by side, so many at a time; the reader never waits for them."""
        while True:
            text = await self._frames.get()
            await self._room.acquire()
            self._hands.spawn(self._served(parse(text)), "aibot callback")

    async def _served(self, frame: Frame) -> None:
        try:
            if self._work is not None:
                await self._work(frame)
        finally:
            self._room.release()
