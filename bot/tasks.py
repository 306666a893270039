"""Supervised background tasks: no failure is lost, no task is garbage-collected, all end with the program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(_told(work, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def hold(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """For a caller who awaits the result: kept alive here, its failure is the caller's to see."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def supervise(self, loop: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[Any]:
        """Start ``loop`` again whenever it fails; a loop that returns is over."""
        return self.spawn(_again_and_again(loop, name), name)

    async def cancel(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _told(work: Coroutine[Any, Any, Any], name: str) -> None:
    try:
        await work
    except Exception:
        log.exception("task failed", task=name)


async def _again_and_again(loop: Callable[[], Awaitable[None]], name: str) -> None:
    pause = 0.1
    while True:
        try:
            await loop()
            return
        except Exception:
            log.exception("loop failed and starts again", loop=name)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30)
