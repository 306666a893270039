"""How often something may be done. Counted in this process; replicas each keep their own count."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.chat import Paced

_MANY = 10_000


@dataclass(frozen=True)
class Limit:
    times: int
    within: timedelta


class Pace:
    """A sliding window for each key and limit."""

    def __init__(self, now: Callable[[], datetime], *limits: Limit) -> None:
        self._now = now
        self._limits = limits
        self._keep = max(limit.times for limit in limits)
        self._longest = max(limit.within for limit in limits)
        self._taken: dict[str, deque[datetime]] = {}

    def take(self, key: str, times: int = 1) -> None:
        """All of ``times`` or none. Raises RateLimited."""
        now = self._now()
        taken = self._taken.setdefault(key, deque(maxlen=self._keep))
        wait = max(self._wait(taken, limit, times, now) for limit in self._limits)
        if wait > timedelta():
            raise Paced(wait.total_seconds(), "pace")
        taken.extend([now] * times)
        if len(self._taken) > _MANY:
            self._forget(now)

    def _wait(self, taken: deque[datetime], limit: Limit, times: int, now: datetime) -> timedelta:
        # More at once than a whole window allows would wait for ever: it gets the empty window.
        over = len(taken) + min(times, limit.times) - limit.times
        if over <= 0:
            return timedelta()
        must_be_gone = taken[over - 1]
        return must_be_gone + limit.within - now

    def _forget(self, now: datetime) -> None:
        idle = [key for key, taken in self._taken.items() if not taken or now - taken[-1] >= self._longest]
        for key in idle:
            del self._taken[key]
