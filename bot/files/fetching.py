"""Takes a file from its platform while that still has it: down in pieces, judged, scanned, kept, then told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from adapters.chat import (
    ChatPlatform,
    FileRef,
    Misconfigured,
    PlatformError,
    QuotaSpent,
    Rejected,
    TooBig,
    Unreachable,
)
from adapters.clamd import Clamd
from bot.bus import Bus
from bot.effects import FetchFile
from domain.base import CLOCK
from domain.files.file import Caps, Check, Kept, Stage, TicketFile, Trouble
from domain.files.judging import HEAD, TAIL, Refused, judge
from domain.files.settling import KeepFile, LoseFile
from storage.files import FileBook
from storage.vault import Arriving, Vault

log = structlog.get_logger()

AT_ONCE = 4  # so that a dozen videos keep neither the line nor the disk from everybody else


class Fetching:
    def __init__(
        self,
        files: FileBook,
        vault: Vault,
        platforms: Mapping[str, ChatPlatform],
        caps: Caps,
        scanner: Clamd | None,
        *,
        bus: Callable[[], Bus],
    ) -> None:
        self._files = files
        self._vault = vault
        self._platforms = platforms
        self._caps = caps
        self._scanner = scanner
        self._bus = bus
        self._room = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, effect: FetchFile, *, is_last_try: bool) -> None:
        """Raises PlatformError where somebody should try again, or must look at it."""
        file = await self._files.get(effect.file)
        if file.stage not in {Stage.WAITING, Stage.LOST} or not file.key:
            return
        try:
            async with self._room:
                await self._take(file)
        except Refused as refused:
            await self._lose(file, refused.trouble)
        except Rejected as rejected:
            await self._lose(file, _trouble_of(rejected))
            if isinstance(rejected, Misconfigured):
                raise
        except PlatformError:
            if is_last_try:
                await self._lose(file, Trouble.UNREACHABLE)
            raise

    async def _take(self, file: TicketFile) -> None:
        platform = self._platforms.get(file.platform)
        if platform is None:
            raise Refused(Trouble.GONE)
        async with self._vault.arriving(head=HEAD, tail=TAIL) as arriving:
            ref = FileRef(file.platform, file.kind, file.key, file.name)
            await platform.fetch(ref, arriving, limit=self._caps.file_bytes)
            judged = judge(file.kind, file.name, arriving.head, arriving.tail, self._caps)
            check = await self._checked(arriving)
            kept = Kept(arriving.sha256, arriving.size, judged.type, judged.is_picture, check)
            await (
                self._vault.quarantine(arriving) if check is Check.INFECTED else self._vault.keep(arriving)
            )
        needed = await self._bus().execute(KeepFile(f"#{file.ticket}", file.id, kept), by=CLOCK)
        if not needed and check is not Check.INFECTED and not await self._files.is_used(kept.sha256):
            await self._vault.remove(kept.sha256)

    async def _checked(self, arriving: Arriving) -> Check:
        if self._scanner is None:
            return Check.NONE
        await arriving.flush()
        try:
            virus = await self._scanner.virus_in(arriving.path)
        except Unreachable as error:
            log.warning("file kept unchecked", why=str(error))
            return Check.PENDING
        if virus:
            log.error("infected file set apart", sha256=arriving.sha256, virus=virus)
        return Check.INFECTED if virus else Check.CLEAN

    async def _lose(self, file: TicketFile, trouble: Trouble) -> None:
        log.warning("file lost", file=file.id, trouble=trouble.value)
        await self._bus().execute(LoseFile(f"#{file.ticket}", file.id, trouble), by=CLOCK)


def _trouble_of(rejected: Rejected) -> Trouble:
    if isinstance(rejected, TooBig):
        return Trouble.TOO_BIG
    return Trouble.NO_BUDGET if isinstance(rejected, QuotaSpent) else Trouble.GONE
