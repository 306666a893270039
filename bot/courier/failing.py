"""Later, or never: a row that can't be delivered becomes a dead letter that somebody can see."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from adapters.chat import Paced, RateLimited, Rejected, Unreachable
from bot.effects import Effect, FetchFile, TendRoom
from bot.metering import Meters
from storage.database import Conflict, Unavailable
from storage.outbox import Claimed, Outbox

log = structlog.get_logger()

MOST_ATTEMPTS = 12
PATIENCE = 3  # attempts, within some ten seconds; then others are called instead
LONGEST_PAUSE = timedelta(minutes=4)  # so that all is delivered within five once a platform is back
HORIZON = timedelta(hours=24)  # so long it is waited for what is away, or asks for patience
AWAY = (Unreachable, RateLimited, Unavailable)
SETTLED_SOON = (FetchFile, TendRoom)  # people are told how it ended, and go another way
LONGEST_WAIT = timedelta(seconds=10)  # for our own pace, of somebody who is called
# The replica that can perform it is woken at once, and looks for work every second.
ELSEWHERE = timedelta(seconds=1)

Undelivered = Callable[[Effect, str], Awaitable[None]]  # the effect, and a key to do it once


class Failing:
    def __init__(
        self,
        outbox: Outbox,
        undelivered: Undelivered,
        meters: Meters,
        *,
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._outbox = outbox
        self._undelivered = undelivered
        self._meters = meters
        self._now = now
        self._rng = rng

    async def put_off(self, effect: Effect, claimed: Claimed, held: Paced) -> None:
        """Our own pace holds it back. Who must be called is not kept waiting for that: others are called instead."""
        if held.retry_after > LONGEST_WAIT.total_seconds():
            await self._undelivered(effect, f"undelivered:{claimed.id}")
        await self._outbox.put_off(claimed.id, self._now() + timedelta(seconds=held.retry_after))

    async def __call__(self, effect: Effect, claimed: Claimed, error: Exception) -> None:
        hopeless = self._is_hopeless(effect, claimed, error)
        log.warning("effect failed", kind=claimed.kind, attempts=claimed.attempts, error=repr(error))
        self._meters.attempted(claimed.kind, "dead" if hopeless else "failed")
        if hopeless or claimed.attempts >= PATIENCE:
            # Once a row. What waits for a platform to come back is still delivered then, as it is by then.
            await self._undelivered(effect, f"undelivered:{claimed.id}")
        if hopeless:
            await self._outbox.bury(claimed.id, str(error), self._now())
        else:
            # A lost answer is soon repeated, and until then nobody paints a card that stands above the one in doubt.
            again = self._outbox.retry if claimed.attempts < PATIENCE else self._outbox.step_aside
            pause = pause_after(claimed.attempts, error, self._rng)
            await again(claimed.id, self._now() + pause, str(error))

    def _is_hopeless(self, effect: Effect, claimed: Claimed, error: Exception) -> bool:
        if isinstance(error, Rejected):
            return True
        is_tried = claimed.attempts >= MOST_ATTEMPTS
        if isinstance(error, AWAY) and not isinstance(effect, SETTLED_SOON):
            return is_tried and self._now() - claimed.created_at >= HORIZON
        return is_tried


def pause_after(attempts: int, error: Exception, rng: random.Random) -> timedelta:
    if isinstance(error, Conflict):
        return timedelta()  # somebody else was first in our own books: look again at once
    if isinstance(error, RateLimited):
        return timedelta(seconds=error.retry_after)
    ceiling = min(timedelta(seconds=2.0**attempts), LONGEST_PAUSE)
    return ceiling * rng.uniform(0.1, 1.0)
