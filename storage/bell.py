"""Replicas wake each other: PostgreSQL's NOTIFY, over one session of its own.

It only saves waiting. Whoever hears nothing, because a pooler stands in between or the session is lost, looks every
second as ever. What is rung for is committed before, so that a ring is worth a look; several in a moment are one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import structlog

log = structlog.get_logger()

CHANNEL = "paidan"
ECHO = 5.0  # seconds within which we must hear ourselves
PROOF = 60.0  # seconds of silence, after which that is tried again
TOGETHER = 0.02
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Deaf(TimeoutError):
    """We don't hear ourselves: LISTEN does not come through to a session that stays."""


class Bell:
    """``heard`` is called when another replica rang."""

    def __init__(
        self,
        url: str,
        heard: Callable[[], None],
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        echo: float = ECHO,
    ) -> None:
        self._url = url
        self._heard = heard
        self._pause = pause
        self._echo = echo
        self._name = uuid4().hex
        self._rung = asyncio.Event()
        self._echoed = asyncio.Event()
        self._waits = FIRST_WAIT
        self.hears = False

    def ring(self) -> None:
        self._rung.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._one_session()
            except _LOST as error:
                log.warning("replicas do not wake each other and look every second", why=repr(error))
            finally:
                self.hears = False
            await self._pause(self._waits)
            self._waits = min(self._waits * 2, LONGEST_WAIT)

    async def _one_session(self) -> None:
        session = await asyncpg.connect(
            self._url, timeout=5, statement_cache_size=0, server_settings={"application_name": "paidan bell"}
        )
        try:
            session.add_termination_listener(lambda _: self._rung.set())
            await session.add_listener(CHANNEL, self._hear)
            await self._prove(session)
            while True:
                await self._until_rung(session)
                await self._say(session, "")
        finally:
            session.terminate()

    async def _prove(self, session: asyncpg.Connection) -> None:
        self._echoed.clear()
        await self._say(session, "?")
        try:
            async with asyncio.timeout(self._echo):
                await self._echoed.wait()
        except TimeoutError:
            raise Deaf("no NOTIFY comes through") from None
        self.hears, self._waits = True, FIRST_WAIT

    async def _until_rung(self, session: asyncpg.Connection) -> None:
        while not self._rung.is_set():
            try:
                async with asyncio.timeout(PROOF):
                    await self._rung.wait()
            except TimeoutError:
                await self._prove(session)
        await self._pause(TOGETHER)
        self._rung.clear()

    async def _say(self, session: asyncpg.Connection, word: str) -> None:
        await session.execute("SELECT pg_notify($1, $2)", CHANNEL, self._name + word, timeout=self._echo)

    def _hear(self, _session: object, _pid: int, _channel: str, said: object) -> None:
        name, asks = str(said).removesuffix("?"), str(said).endswith("?")
        if name == self._name:
            self._echoed.set()
        elif not asks:
            self._heard()
