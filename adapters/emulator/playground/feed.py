"""The stream of server-sent events: the whole state first, then each change, numbered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from adapters.emulator.clock import Clock

Json = dict[str, Any]
_CLOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Event:
    kind: str
    data: str


class Feed:
    """``seq`` counts what was told. A page that has seen the number of its last answer is up to date."""

    def __init__(self, snapshot: Callable[[], Json], clock: Clock) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self.seq = 0

    def publish(self, kind: str, data: Json) -> None:
        self.seq += 1
        event = self._event(kind, data)
        for listener in self._listeners:
            listener.put_nowait(event)

    def publish_all(self) -> None:
        """The whole state anew, for changes that no listener reports."""
        self.publish("state", self._snapshot())

    def publish_clock(self) -> None:
        self.publish("clock", self._now())

    def close(self) -> None:
        """Ends every stream; otherwise the server would wait for them when it stops."""
        for listener in self._listeners:
            listener.put_nowait(None)

    async def stream(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        listener: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.add(listener)
        try:
            async with sse_response(request, headers=headers) as response:
                with suppress(ConnectionResetError):  # the page was closed
                    await self._tell(response, listener)
            return response
        finally:
            self._listeners.discard(listener)

    async def _tell(self, response: EventSourceResponse, listener: asyncio.Queue[Event | None]) -> None:
        await response.send(self._event("state", self._snapshot()).data, event="state")
        while (event := await self._next(listener)) is not None:
            await response.send(event.data, event=event.kind)

    async def _next(self, listener: asyncio.Queue[Event | None]) -> Event | None:
        """Without news the time, which the page shows; a page that is gone is found out that way, too."""
        try:
            return await asyncio.wait_for(listener.get(), _CLOCK_SECONDS)
        except TimeoutError:
            return self._event("clock", self._now())

    def _now(self) -> Json:
        return {"now": self._clock.now().isoformat()}

    def _event(self, kind: str, data: Json) -> Event:
        return Event(kind, json.dumps({**data, "seq": self.seq}, ensure_ascii=False, default=str))
