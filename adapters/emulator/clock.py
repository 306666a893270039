"""The emulator's time: real time plus an offset, or a time that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time


class Clock:
    """``now()`` is aware UTC. With ``start`` the clock is frozen; without, it runs and can jump."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start
        self._offset = timedelta()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        base = self._start or datetime.fromtimestamp(time(), UTC)
        return base + self._offset

    def advance(self, by: timedelta) -> None:
        self._offset += by
        for listener in self._listeners:
            listener()

    def on_advance(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)
