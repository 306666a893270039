"""What was kept while the scanner was away is scanned when it is back; until then nobody is shown it."""

from __future__ import annotations

import structlog

from adapters.chat import Unreachable
from adapters.clamd import Clamd
from bot.bus import Bus
from domain.base import CLOCK
from domain.files.file import Check, TicketFile
from domain.files.settling import PassFile
from storage.files import FileBook
from storage.vault import Vault

log = structlog.get_logger()

BATCH = 50


class Rechecking:
    def __init__(self, files: FileBook, vault: Vault, scanner: Clamd | None, bus: Bus) -> None:
        self._files = files
        self._vault = vault
        self._scanner = scanner
        self._bus = bus

    async def __call__(self) -> None:
        for file in await self._files.unchecked(BATCH):
            try:
                check = await self._check(file)
            except Unreachable:
                return  # still away
            if check is Check.INFECTED:
                await self._vault.set_apart(file.sha256)
            await self._bus.execute(PassFile(f"#{file.ticket}", file.id, check), by=CLOCK)

    async def _check(self, file: TicketFile) -> Check:
        """Without a scanner: an operator has given it up, and what waits for it is let go."""
        if self._scanner is None:
            return Check.NONE
        try:
            path = self._vault.path(file.sha256)
        except FileNotFoundError:
            return Check.INFECTED  # the same bytes were set apart under another ticket
        virus = await self._scanner.virus_in(path)
        if virus:
            log.error("infected file set apart", sha256=file.sha256, virus=virus)
        return Check.INFECTED if virus else Check.CLEAN
