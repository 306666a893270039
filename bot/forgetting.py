"""What need not be kept for ever: keys already served, and effects long delivered. Tickets are never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from storage import gathering, once, web_sessions
from storage.database import Database
from storage.outbox import Outbox

KEPT_FOR = timedelta(days=30)  # platforms redeliver for days; dead letters stay until somebody decides


class Forgetting:
    def __init__(self, database: Database, outbox: Outbox, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def __call__(self) -> None:
        before = self._now() - KEPT_FOR
        await self._outbox.prune(before)
        async with self._database.write() as connection:
            await once.prune(connection, before)
            await gathering.prune(connection, before)
            await web_sessions.prune(connection, self._now())
