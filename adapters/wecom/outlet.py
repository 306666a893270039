"""One group webhook: eighteen messages a minute, whatever is waiting shares the next one (document 99110).

WeCom allows twenty. Six may go at once and one more every five seconds, so that nobody waits longer than a
few seconds: the alerts of a bad minute become one list instead of a queue. Replicas share the count.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import structlog

from adapters.chat import Paced, PlatformError
from adapters.ports import Turns
from adapters.wecom.app import WebhookTarget
from adapters.wecom.errors import TOO_OFTEN, WEBHOOK_GONE, error_for
from adapters.wecom.exchange import Question, ask
from adapters.wecom.notice import MAX_BYTES, Notice, merged

log = structlog.get_logger()

AT_ONCE = 6
EVERY = timedelta(seconds=5)
# Five messages, hence 25 seconds: longer than that nobody waits with news in hand.
MAX_WAITING_BYTES = 5 * MAX_BYTES


@dataclass(eq=False)
class _Waiting:
    notice: Notice
    done: bool = False
    failure: PlatformError | None = None


class Outlet:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        target: WebhookTarget,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        turns: Turns | None = None,
    ) -> None:
        self._session = session
        self._target = target
        self._now = now
        self._sleep = sleep
        self._turns = turns
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._full_at = now()  # when the bucket will be full again
        self._closed_until = now()
        self._gone = not target.bare_key

    async def put(self, notice: Notice) -> None:
        """Returns when ``notice`` is in the group, alone or in a list. Raises PlatformError."""
        self._check_open()
        if sum(entry.notice.least_bytes for entry in self._waiting) > MAX_WAITING_BYTES:
            raise Paced(EVERY.total_seconds() * AT_ONCE, "waiting")
        mine = _Waiting(notice)
        self._waiting.append(mine)
        try:
            async with self._turn:
                while not mine.done:
                    await self._send_next()
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
        if mine.failure is not None:
            raise mine.failure.with_traceback(None)

    async def _send_next(self) -> None:
        """Whose turn it is sends for everybody who had to wait."""
        self._check_open()
        had_to_wait = await self._take_slot()
        waiting = self._waiting if had_to_wait else self._waiting[:1]
        message, count = merged([entry.notice for entry in waiting])
        batch = self._waiting[:count]
        failure = await self._sent(message)
        for entry in batch:
            entry.done, entry.failure = True, failure
        self._waiting = [entry for entry in self._waiting if not entry.done]

    async def _take_slot(self) -> bool:
        wait = await self._next_slot()
        if wait <= timedelta():
            return False
        await self._sleep(wait.total_seconds())
        return True

    async def _next_slot(self) -> timedelta:
        now = self._now()
        if self._turns is not None:
            name = hashlib.sha256(self._target.bare_key.encode()).hexdigest()[:16]  # the key is a secret
            return await self._turns.reserve(f"wecom-webhook:{name}", (AT_ONCE, EVERY), now)
        full_at = max(self._full_at, now)
        self._full_at = full_at + EVERY
        return full_at - now - EVERY * (AT_ONCE - 1)

    async def _sent(self, message: Notice) -> PlatformError | None:
        text = {
            "content": message.text,
            **({"mentioned_list": list(message.mention)} if message.mention else {}),
        }
        url = f"{self._target.base.rstrip('/')}/cgi-bin/webhook/send"
        question = Question(url, {"key": self._target.bare_key}, {"msgtype": "text", "text": text})
        try:
            answer = await ask(self._session, question)
        except PlatformError as failure:
            return failure
        if not answer.code:
            return None
        log.warning(
            "wecom webhook refused", webhook=self._target.name, code=answer.code, message=answer.message[:500]
        )
        self._learn(answer.code)
        return error_for(answer.code, answer.message)

    def _learn(self, code: int) -> None:
        if code == TOO_OFTEN:
            self._closed_until = self._now() + timedelta(seconds=60)
        if code == WEBHOOK_GONE:
            self._gone = True
            log.error("wecom webhook switched off", webhook=self._target.name)

    def _check_open(self) -> None:
        if self._gone:
            raise error_for(WEBHOOK_GONE, self._target.name)
        wait = self._closed_until - self._now()
        if wait > timedelta():
            raise Paced(wait.total_seconds(), str(TOO_OFTEN))
