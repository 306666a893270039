"""Sliding windows on the emulator's clock."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from adapters.emulator.clock import Clock


class Rate:
    """How often something happened within the last ``span``, per key."""

    def __init__(self, clock: Clock, span: timedelta) -> None:
        self._clock = clock
        self._span = span
        self._times: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def count(self, key: str) -> int:
        times = self._times[key]
        while times and times[0] <= self._clock.now() - self._span:
            times.popleft()
        return len(times)

    def add(self, key: str, times: int = 1) -> None:
        self._times[key].extend([self._clock.now()] * times)

    def take(self, key: str, limit: int) -> bool:
        """Counts one more unless the window is full."""
        if self.count(key) >= limit:
            return False
        self.add(key)
        return True
