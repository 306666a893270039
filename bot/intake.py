"""The durable doorstep: whatever comes in is worked, or kept to be worked later, before the platform hears "yes".

Normally the inbox does everything in one transaction. If it hits a bug, the raw message is stored as pending;
if the database is away, it goes to the spool. Only when all three fail does the door refuse.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter

from adapters.chat import Happened, Incoming, Pressed, Reply
from bot.answering import Answering
from bot.inbox import Inbox
from bot.spool import Spool
from bot.tasks import Tasks
from storage.database import Unavailable
from storage.inbox import Kept, PendingInbox

log = structlog.get_logger()

_INCOMING: TypeAdapter[Incoming | Happened] = TypeAdapter(Incoming | Happened)
TRY_AGAIN = timedelta(seconds=30)
MOST_ATTEMPTS = 5
KEPT = Reply(text="系统正忙，您的消息已收到，稍后处理。")
KEPT_PRESS = Reply(note="系统正忙，已记下这次操作，稍后处理并更新卡片。")
# Below the doors' own limits (WeCom's answer 2.5 s, DingTalk's card 1.5 s), so that what is slow is kept first.
BUDGET, BUDGET_OF_A_PRESS = 2.0, 1.0


class Intake:
    def __init__(
        self,
        inbox: Inbox,
        pending: PendingInbox,
        spool: Spool,
        tasks: Tasks,
        answering: Answering,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._inbox = inbox
        self._pending = pending
        self._spool = spool
        self._tasks = tasks
        self._answering = answering
        self._now = now
        self._under_way: set[asyncio.Task[Any]] = set()

    async def receive(self, incoming: Incoming | Happened) -> Reply:
        """Durable when it returns. Raises only if nothing could be kept anywhere."""
        sys.audit("paidan.message.read")
        work = self._tasks.hold(self._inbox.receive(incoming), f"incoming {incoming.id}")
        self._note(work)
        budget = BUDGET_OF_A_PRESS if isinstance(incoming, Pressed) else BUDGET
        done, _ = await asyncio.wait({work}, timeout=budget)
        if not done:
            return await self._too_slow(incoming, work)
        try:
            reply = work.result()
        except Exception as error:  # noqa: BLE001 - supervised border: keep it, show the bug
            reply = await self._failed(incoming, error)
        sys.audit("paidan.message.kept")
        return reply

    async def _too_slow(self, incoming: Incoming | Happened, work: asyncio.Task[Reply]) -> Reply:
        """Kept beside the work that goes on; ``once`` sees to it that only one of the two has an effect."""
        log.warning("message takes long and is kept", id=incoming.id)
        self._answering.give_up(work)
        await self._spool.put(incoming.id, _dump(incoming))
        self._note(self._tasks.spawn(self._forget_when_done(incoming, work), f"late {incoming.id}"))
        return _kept(incoming)

    async def _forget_when_done(self, incoming: Incoming | Happened, work: asyncio.Task[Reply]) -> None:
        """Work that fails is tried again from what was kept."""
        await self._say_late(incoming, await work)
        self._spool.forget(incoming.id)
        await self._pending.done(incoming.id)

    async def _failed(self, incoming: Incoming | Happened, error: Exception) -> Reply:
        log.error("message kept for later", id=incoming.id, exc_info=error)
        try:
            if isinstance(error, Unavailable):
                raise error
            await self._pending.store(incoming.id, _dump(incoming), self._now())
        except Unavailable:
            await self._spool.put(incoming.id, _dump(incoming))
        return _kept(incoming)

    async def work_off(self) -> None:
        """Messages kept earlier, oldest first. What fails too often stays as a dead letter."""
        await self._empty_spool()
        for kept in await self._pending.pending(self._now(), limit=50):
            await self._again(kept)

    async def finish(self) -> None:
        """Returns when nothing is under way, and nothing lies on this machine that another replica could not see."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        try:
            await self._empty_spool()
        except Unavailable:
            log.warning("messages stay in the spool until the next start", count=len(self._spool.waiting()))

    def _note(self, work: asyncio.Task[Any]) -> None:
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    async def _again(self, kept: Kept) -> None:
        incoming = _INCOMING.validate_json(kept.body)
        work = self._tasks.hold(self._inbox.receive(incoming), f"once more {incoming.id}")
        self._answering.give_up(work)
        try:
            await self._say_late(incoming, await work)
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
            may_try = kept.attempts + 1 < MOST_ATTEMPTS
            again = self._now() + TRY_AGAIN * 2**kept.attempts if may_try else None
            await self._pending.fail(kept, repr(error), again)
        else:
            sys.audit("paidan.pending.worked")
            await self._pending.done(kept.id)

    async def _say_late(self, incoming: Incoming | Happened, reply: Reply) -> None:
        if isinstance(incoming, Pressed):
            await self._inbox.say_late(incoming, reply)

    async def _empty_spool(self) -> None:
        for path in self._spool.waiting():
            kept = self._spool.read(path)
            if kept is not None:
                await self._pending.store(*kept, self._now())
                sys.audit("paidan.spool.stored")
                path.unlink(missing_ok=True)


def is_kept(reply: Reply) -> bool:
    """Whether this answers what is only kept, and worked later."""
    return reply is KEPT or reply is KEPT_PRESS


def _kept(incoming: Incoming | Happened) -> Reply:
    return KEPT_PRESS if isinstance(incoming, Pressed) else KEPT


def _dump(incoming: Incoming | Happened) -> str:
    return _INCOMING.dump_json(incoming).decode()
