"""Tasks that somebody looks after: kept alive until they end, their failures logged, waited for at the end.

``bot.tasks`` does this for the program, but lies above the adapters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Crew:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """A failure is logged here and nowhere else."""
        return self._begin(work, name, self._told)

    def hold(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """For work whose outcome the caller awaits."""
        return self._begin(work, name, self._tasks.discard)

    def _begin(
        self, work: Coroutine[Any, Any, T], name: str, ended: Callable[[asyncio.Task[Any]], object]
    ) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - this is the adapter's tasks.spawn
        self._tasks.add(task)
        task.add_done_callback(ended)
        return task

    def _told(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("adapter task failed", task=task.get_name(), exc_info=error)

    async def settle(self, seconds: float | None) -> None:
        """Waits until all have ended, also those that are begun meanwhile; None: however long it takes."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            log.warning("adapter tasks outlive their time", tasks=sorted(t.get_name() for t in self._tasks))

    async def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
