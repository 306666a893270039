"""So many calls in a window of time, whichever clock is ahead: the real one or the emulated one."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta
from time import monotonic


class Rate:
    """At most ``limit`` calls of one key in ``seconds``; 0 is no limit."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._recent: defaultdict[str, deque[tuple[datetime, float]]] = defaultdict(deque)

    def admits(self, key: str, limit: int, now: datetime) -> bool:
        if not limit:
            return True
        recent = self._recent[key]
        while recent and self._is_old(recent[0], now):
            recent.popleft()
        if len(recent) >= limit:
            return False
        recent.append((now, monotonic()))
        return True

    def _is_old(self, call: tuple[datetime, float], now: datetime) -> bool:
        emulated, real = call
        return now - emulated >= timedelta(seconds=self._seconds) or monotonic() - real >= self._seconds
