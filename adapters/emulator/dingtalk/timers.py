"""Things to do later in the emulator's time, and the tasks that do them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.emulator.clock import Clock


@dataclass(eq=False)
class Timer:
    due: datetime
    action: Callable[[], Coroutine[Any, Any, Any]]
    handle: asyncio.TimerHandle | None = field(default=None)


class Timers:
    """A running clock fires by itself; a frozen one when somebody moves it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: set[Timer] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        clock.on_advance(self._fire)

    def after(self, seconds: float, action: Callable[[], Coroutine[Any, Any, Any]]) -> Timer:
        timer = Timer(self._clock.now() + timedelta(seconds=seconds), action)
        self._timers.add(timer)
        self._arm(timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        self._timers.discard(timer)
        if timer.handle:
            timer.handle.cancel()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for timer in tuple(self._timers):
            self.cancel(timer)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _arm(self, timer: Timer) -> None:
        left = (timer.due - self._clock.now()).total_seconds()
        timer.handle = asyncio.get_running_loop().call_later(
            max(left, 0.0) + 0.005, self._wake, timer, self._clock.now()
        )

    def _wake(self, timer: Timer, armed_at: datetime) -> None:
        self._fire()
        # A clock that has not moved at all stands still: then only on_advance can make the timer due.
        if timer in self._timers and self._clock.now() > armed_at:
            self._arm(timer)

    def _fire(self) -> None:
        now = self._clock.now()
        due = [timer for timer in self._timers if timer.due <= now]
        for timer in sorted(due, key=lambda t: t.due):
            self.cancel(timer)
            self.spawn(timer.action())
