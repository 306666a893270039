"""One backup a night, made by one of the replicas, read again, and older ones forgotten.

What was done is a key in the database, so that a restart or another replica makes no second one; while it is being
done, a lease says by whom. A night that was slept through is made up for as soon as somebody is awake.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.backups import SHANGHAI, BadKeyFile, KeyPlace, backups_in, forget_older, take_backup
from bot.bus import Bus
from bot.effects import Effect, Say
from bot.health import Number
from bot.settings import Settings
from domain.base import CLOCK, Role
from storage import once, verifying
from storage.backup.errors import UnusableBackup
from storage.backup.restoring import check
from storage.database import Database, Unavailable
from storage.leases import LeaseOf, Leases
from storage.people import Directory

log = structlog.get_logger()

LASTING = timedelta(hours=2)  # longer than any backup; one who dies in the middle is followed by another then
AGAIN = timedelta(minutes=30)


class Nightly:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        bus: Bus,
        directory: Directory,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._bus = bus
        self._directory = directory
        self._now = now
        self._lease = LeaseOf(Leases(database), "backup", secrets.token_hex(8), LASTING, now)
        self._over = ""
        self._not_before = now()
        self.trouble = ""

    @property
    def folder(self) -> Path:
        return Path(self._settings.storage.backups)

    async def __call__(self) -> None:
        night = self._night()
        if not self._settings.storage.backups or night == self._over or self._now() < self._not_before:
            return
        if await self._is_done(night):
            self._over, self.trouble = night, ""
        elif await self._lease.take():
            try:
                await self._make(night)
            finally:
                await self._lease.give_back()

    def _night(self) -> str:
        """The day of the last ``backup_at`` that is over."""
        here = self._now().astimezone(SHANGHAI)
        is_over = here.time() >= self._settings.storage.backup_at
        return (here if is_over else here - timedelta(days=1)).date().isoformat()

    async def _is_done(self, night: str) -> bool:
        async with self._database.read() as connection:
            return await once.served(connection, _key(night)) is not None

    async def _make(self, night: str) -> None:
        if await self._is_done(night):  # by whoever had the lease a moment ago
            return
        try:
            await self._back_up(night)
        except (OSError, UnusableBackup, BadKeyFile, Unavailable) as error:
            self.trouble = f"昨夜的备份没有做成：{error}"
            self._not_before = self._now() + AGAIN
            log.exception("backup failed")
            await self._tell(night)
        else:
            self._over, self.trouble = night, ""

    async def _back_up(self, night: str) -> None:
        storage, began = self._settings.storage, self._now()
        done = await take_backup(self._settings, self._database, self.folder, began, _untold)
        keys = await asyncio.to_thread(KeyPlace.of(self._settings, self._database).all)
        await check(done.path, keys, _untold)
        sys.audit("paidan.backup.checked")
        async with self._database.write() as connection:
            await once.serve(connection, _key(night), str(done.path), self._now())
        old = await asyncio.to_thread(forget_older, self.folder, began - storage.backup_keep)
        # In the log, out of reach of whoever can write in the database: `paidan verify --against` takes it.
        head = str(await verifying.head(self._database))
        told = {"rows": done.rows, "bytes": done.bytes, "forgotten": len(old), "audit_head": head}
        log.info("backup made", path=str(done.path), **told)

    async def _tell(self, night: str) -> None:
        text = (
            f"{self.trouble}。半小时后会再试；请检查 {self.folder} 的空间和权限，或运行 paidan backup 看看。"
        )
        admins = await self._directory.with_role(Role.ADMIN)
        effects: list[Effect] = [Say(place=admin.id, text=text) for admin in admins]
        await self._bus.tell(effects, by=CLOCK, once=f"backup-failed:{night}")

    # ── for /readyz and /metrics ──

    async def notice(self) -> str:
        return self.trouble

    def numbers(self) -> tuple[Number, ...]:
        about = "When the newest backup here was begun, in seconds since 1970; 0 for never"
        return (Number("paidan_backup_newest_seconds", about, self._newest),)

    def _newest(self) -> float:
        found = backups_in(self.folder) if self._settings.storage.backups else []
        return found[-1][0].timestamp() if found else 0


def _key(night: str) -> str:
    return f"backup:{night}"


def _untold(_done: int, _total: int) -> None:
    """Nobody watches at night."""
