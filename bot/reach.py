"""Which platforms answer, as far as what was sent last can tell. Who looks for somebody to call asks here first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FAILURES = 3  # in a row
REST = timedelta(seconds=60)  # after that one may try again


@dataclass
class Breakers:
    """``connected`` are the platforms that are configured. A broken one is tried again after ``REST``."""

    connected: Collection[str]
    now: Callable[[], datetime]
    _failures: dict[str, int] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)

    def is_open(self, platform: str) -> bool:
        if platform not in self.connected:
            return False
        if self._failures.get(platform, 0) < FAILURES:
            return True
        return not timedelta() <= self.now() - self._since[platform] < REST

    def worked(self, platform: str) -> None:
        self._failures.pop(platform, None)

    def failed(self, platform: str) -> None:
        self._failures[platform] = self._failures.get(platform, 0) + 1
        self._since[platform] = self.now()
