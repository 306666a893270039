"""When a desk opens a war room for one of its tickets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoomPolicy:
    """Off unless it is said. Where it is on, people may open one by hand at any time.

    ``priority`` ("P1" … "P4", or ""): by itself for this one and what is more urgent. ``level``: when the ladder
    reaches it.
    """

    is_on: bool = False
    priority: str = ""
    level: int | None = None
    with_requester: bool = False

    def wants_for(self, priority: str) -> bool:
        return self.is_on and priority <= self.priority  # nothing is as small as ""

    def wants_at(self, level: int) -> bool:
        return self.is_on and self.level is not None and level >= self.level


OFF = RoomPolicy()
