"""How the program ends: asked once, it finishes what it has in hand; asked twice, it ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()


class Ending:
    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._hurried = asyncio.Event()

    def signal(self) -> None:
        """SIGTERM or Ctrl-C."""
        (self._hurried if self._asked.is_set() else self._asked).set()

    def begin(self) -> None:
        """Also without a signal."""
        self._asked.set()

    @property
    def has_begun(self) -> bool:
        return self._asked.is_set()

    async def asked(self) -> None:
        await self._asked.wait()

    async def allow(self, seconds: float, work: Coroutine[Any, Any, object]) -> bool:
        """True if ``work`` was done before the time was over, or somebody hurried; else it is cancelled."""
        loop = asyncio.get_running_loop()
        working, hurried = loop.create_task(work), loop.create_task(self._hurried.wait())
        done, _ = await asyncio.wait({working, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, hurried):
            task.cancel()
        outcome, _ = await asyncio.gather(working, hurried, return_exceptions=True)
        if isinstance(outcome, Exception):
            log.error("the end did not go as it should", exc_info=outcome)
        return working in done

    async def check(self) -> str:
        """For /readyz: nothing new shall come here."""
        return "正在停止" if self.has_begun else ""
