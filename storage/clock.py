"""The clock that all replicas share: the database's, looked at now and then, and carried on by one that nobody sets.

Leases and due times are compared between processes, so a replica whose machine is five minutes ahead would take
work from hands that still hold it. SQLite has one process, whose machine's time is right by definition.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Corrected only beyond this, so that time does not tremble with every look.
TREMBLE = timedelta(milliseconds=100)


def steady() -> float:
    """Seconds that nobody sets, and that go on while a laptop sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def machine_time() -> datetime:
    """What this machine takes for the time."""
    return datetime.fromtimestamp(time.time(), UTC)


class SharedClock:
    def __init__(
        self, *, machine: Callable[[], datetime] = machine_time, ticking: Callable[[], float] = steady
    ) -> None:
        self._machine = machine
        self._ticking = ticking
        self._anchor: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """The machine's time until the database's is known."""
        if self._anchor is None:
            return self._machine()
        at, tick = self._anchor
        return at + timedelta(seconds=self._ticking() - tick)

    def set(self, at: datetime, tick: float) -> None:
        """The database said ``at`` when ``ticking`` was at ``tick``."""
        if self._anchor is None or abs(self._at(tick) - at) > TREMBLE:
            self._anchor = at, tick

    def tick(self) -> float:
        return self._ticking()

    @property
    def skew(self) -> timedelta:
        """How far this machine's time is ahead of the shared one."""
        return self._machine() - self.now()

    def _at(self, tick: float) -> datetime:
        assert self._anchor is not None
        return self._anchor[0] + timedelta(seconds=tick - self._anchor[1])
