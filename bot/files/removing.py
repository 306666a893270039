"""Deletes bytes whose time is over. That a file was there stays on the ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from storage.files import FileBook
from storage.vault import Vault

DROPPED_DRAFTS = timedelta(days=30)
BATCH = 500


class Removing:
    """``keep_for``: how long after a ticket is over; None for ever."""

    def __init__(
        self, files: FileBook, vault: Vault, keep_for: timedelta | None, *, now: Callable[[], datetime]
    ) -> None:
        self._files = files
        self._vault = vault
        self._keep_for = keep_for
        self._now = now
        self._suspects: set[str] = set()

    async def __call__(self) -> None:
        now = self._now()
        before = now - self._keep_for if self._keep_for is not None else None
        for file in await self._files.outlived(now - DROPPED_DRAFTS, before, BATCH):
            if await self._files.remove(file):
                await self._vault.remove(file.sha256)
        await self._remove_orphans()

    async def _remove_orphans(self) -> None:
        """Bytes that no row knows, of a process that was killed between the two. What is on its way in looks
        the same, so only what was an orphan the last time too is one."""
        lying = await self._vault.lying()
        orphans = {name for name in lying if not await self._files.is_used(name.rpartition("/")[2])}
        for name in orphans & self._suspects:
            await self._vault.discard(name)
        self._suspects = orphans - self._suspects
