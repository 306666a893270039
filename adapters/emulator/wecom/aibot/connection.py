"""One socket of a running bot: frames in and out, and the ways in which a socket goes bad (§4.4, §4.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import WSMsgType, web

Frame = Mapping[str, Any]


class Health(Enum):
    LIVE = "live"
    ZOMBIE = "zombie"  # pings are acknowledged, nothing else happens
    SILENT = "silent"  # nothing comes any more, the socket stays open
    FORGOTTEN = "forgotten"  # open, but the server knows of no subscription: 846609


@dataclass(eq=False)
class Connection:
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    subscribed: bool = False
    health: Health = Health.LIVE
    under_way: set[str] = field(default_factory=set)  # req_ids whose acknowledgement is not out yet
    received: list[Frame] = field(default_factory=list)

    async def write(self, frame: Frame) -> None:
        """Into the void when the other end is gone."""
        if not self.socket.closed:
            with suppress(ConnectionError):
                await self.socket.send_str(json.dumps(frame, ensure_ascii=False))

    async def frames(self) -> AsyncIterator[str]:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                return
            yield message.data

    def drop(self) -> None:
        """As when a cable is pulled: no close frame."""
        if self.transport is not None:
            self.transport.abort()
