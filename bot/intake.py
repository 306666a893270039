"""The durable doorstep: whatever comes in is worked, or kept to be worked later, before the platform hears "yes".

Normally the inbox does everything in one transaction. If it hits a bug, the raw message is stored as pending;
if the database is away, it goes to the spool. Only when all three fail does the door refuse.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter

from adapters.chat import Incoming, Pressed, Reply
from bot.inbox import Inbox
from bot.spool import Spool
from storage.database import Unavailable
from storage.inbox import PendingInbox

log = structlog.get_logger()

_INCOMING: TypeAdapter[Incoming] = TypeAdapter(Incoming)
TRY_AGAIN = timedelta(seconds=30)
MOST_ATTEMPTS = 5
BUSY = Reply(text="系统正忙，您的消息已收到，稍后处理。", note="系统正忙，请稍后再按一次。")


class Intake:
    def __init__(
        self, inbox: Inbox, pending: PendingInbox, spool: Spool, *, now: Callable[[], datetime]
    ) -> None:
        self._inbox = inbox
        self._pending = pending
        self._spool = spool
        self._now = now

    async def receive(self, incoming: Incoming) -> Reply:
        """Durable when it returns. Raises only if nothing could be kept anywhere."""
        try:
            return await self._inbox.receive(incoming)
        except Unavailable:
            log.warning("database away, message spooled", id=incoming.id)
            await self._spool.put(incoming.id, _dump(incoming))
            return BUSY
        except asyncio.CancelledError:
            raise
        except Exception:  # the doorstep is a supervised border: keep the message, show the bug
            log.exception("message kept for later", id=incoming.id)
            await self._pending.store(incoming.id, _dump(incoming), self._now())
            return BUSY

    async def work_off(self) -> None:
        """Messages kept earlier, oldest first. What fails too often stays as a dead letter."""
        await self._empty_spool()
        for kept in await self._pending.pending(self._now(), limit=50):
            await self._again(kept.id, kept.body, kept.attempts)

    async def _again(self, key: str, body: str, attempts: int) -> None:
        incoming = _INCOMING.validate_json(body)
        try:
            # A press is not repeated: its card has been answered with "busy", and time has passed.
            if not isinstance(incoming, Pressed):
                await self._inbox.receive(incoming)
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
            again = self._now() + TRY_AGAIN * 2**attempts if attempts < MOST_ATTEMPTS else None
            await self._pending.fail(key, repr(error), again)
        else:
            await self._pending.done(key)

    async def _empty_spool(self) -> None:
        for path in self._spool.waiting():
            key, body = self._spool.read(path)
            await self._pending.store(key, body, self._now())
            path.unlink()


def _dump(incoming: Incoming) -> str:
    return _INCOMING.dump_json(incoming).decode()
