"""Which copies are repainted by the answer to a press, so that the courier neither pays for them nor outruns it.

In this process only: after a crash nothing is known to have been shown, and the courier paints it itself.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

LONGEST_ANSWER = 3.0  # seconds; by then every door has given up
_REMEMBERED = 5000


@dataclass
class _Press:
    copy: int
    shown: str = ""  # the digest of a card


class Answering:
    """A press is known by the task that works on it."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Task[Any], _Press] = {}
        self._given_up: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._shown: OrderedDict[int, str] = OrderedDict()
        self._ended = asyncio.Event()

    # ── who answers ──

    def begin(self, copy: int) -> None:
        work = asyncio.current_task()
        if work is not None and work not in self._given_up:
            self._open[work] = _Press(copy)

    def will_show(self, digest: str) -> None:
        press = self._of_this_task()
        if press is not None:
            press.shown = digest

    def shows_something(self) -> bool:
        """Whether what this press will show is known."""
        press = self._of_this_task()
        return press is not None and bool(press.shown)

    def end(self) -> None:
        """The answer goes out now."""
        press = self._of_this_task()
        if press is not None and press.shown:
            self._remember(press.copy, press.shown)
        self._open = {work: other for work, other in self._open.items() if other is not press}
        self._tell()

    def give_up(self, work: asyncio.Task[Any]) -> None:
        """The door has answered something else: what ``work`` is going to say is shown to nobody."""
        self._given_up.add(work)
        self._open.pop(work, None)
        self._tell()

    def _of_this_task(self) -> _Press | None:
        work = asyncio.current_task()
        return self._open.get(work) if work is not None else None

    # ── who paints ──

    async def over(self, copy: int) -> None:
        """Waits while presses on ``copy`` are being answered."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER):
                while any(press.copy == copy for press in self._open.values()):
                    await self._ended.wait()
        except TimeoutError:
            return

    def take(self, copy: int) -> str | None:
        """The digest of what the last answer showed. It is the caller's now to keep in mind."""
        return self._shown.pop(copy, None)

    def _remember(self, copy: int, shown: str) -> None:
        self._shown[copy] = shown
        self._shown.move_to_end(copy)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    def _tell(self) -> None:
        ended, self._ended = self._ended, asyncio.Event()
        ended.set()
