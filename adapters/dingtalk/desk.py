"""What the handlers of the topics share, and how they answer: receive, then acknowledge, then answer.

The acknowledgement says "it is kept": it is never sent before ``receive`` has returned, and nothing that
can wait is done before it (dingtalk.md §0.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.chat import PlatformError, RateLimited, Receive, Unreachable
from adapters.crew import Crew
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.platform import DingTalk
from adapters.ports import Sessions

log = structlog.get_logger(__name__)

_TRIES = 3
_LONGEST_PAUSE = 10.0
Pause = Callable[[float], Awaitable[object]]


@dataclass(frozen=True)
class Desk:
    app: DingTalkApp
    receive: Receive
    platform: DingTalk
    sessions: Sessions
    crew: Crew
    pause: Pause
    answer_within: float

    def answer(self, attempt: Callable[[], Awaitable[object]]) -> None:
        """Behind the acknowledgement, which need not wait for it."""
        self.crew.spawn(self.patiently(attempt), "dingtalk answer")

    async def patiently(self, attempt: Callable[[], Awaitable[object]]) -> None:
        """An answer is worth a second try, but nobody waits minutes for it: that is the outbox's business."""
        for left in reversed(range(_TRIES)):
            try:
                await attempt()
                return
            except (Unreachable, RateLimited) as error:
                if not left:
                    log.warning("dingtalk answer given up", why=str(error))
                    return
                await self.pause(_wait(error))
            except PlatformError as error:
                log.warning("dingtalk answer refused", why=str(error))
                return


def _wait(error: PlatformError) -> float:
    return min(error.retry_after, _LONGEST_PAUSE) if isinstance(error, RateLimited) else 1.0


async def awaited(work: Awaitable[Any]) -> Any:
    """What a port returns may be any awaitable; a task wants a coroutine."""
    return await work
