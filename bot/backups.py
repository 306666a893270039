"""Backups of this installation: where they lie, under which key, and how long they are kept."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.settings import Settings
from storage.backup.dumping import PART, Dumped, dump
from storage.backup.sealed import BackupKey
from storage.database import Database

KEY_FILE = "backup.key"
SHANGHAI = ZoneInfo("Asia/Shanghai")
_NAME = re.compile(r"paidan-(\d{8}-\d{6})\.backup")
_STAMP = "%Y%m%d-%H%M%S"

Told = Callable[[int, int], None]


class BadKeyFile(Exception):
    """``str()`` is for the operator, in zh-CN."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"密钥文件 {path} 读不懂，里面应是一行：名字:base64")
        self.path = path


@dataclass(frozen=True)
class KeyPlace:
    """The configured keys, or else the one in a file beside the data."""

    configured: tuple[BackupKey, ...]
    path: Path

    @classmethod
    def of(cls, settings: Settings, database: Database) -> KeyPlace:
        beside = database.path or Path(settings.storage.files)
        pairs = (pair.get_secret_value() for pair in settings.storage.encryption_keys)
        return cls(tuple(map(BackupKey.read, pairs)), beside.parent / KEY_FILE)

    def first(self) -> BackupKey:
        """What new backups are sealed with. Made once when there is none."""
        if self.configured:
            return self.configured[0]
        if not self.path.exists():
            _write_once(self.path, BackupKey.fresh("backup"))
        return read_key(self.path)

    def all(self) -> list[BackupKey]:
        """What may open an older one."""
        return [*self.configured, *([read_key(self.path)] if self.path.exists() else [])]


def read_key(path: Path) -> BackupKey:
    """Raises BadKeyFile, OSError."""
    try:
        key = BackupKey.read(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BadKeyFile(path) from None
    if not key.kid or len(key.secret) not in {16, 24, 32}:
        raise BadKeyFile(path)
    return key


def _write_once(path: Path, key: BackupKey) -> None:
    """Whole or not at all, and never over another one: of two at once the first counts for both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(f"{key.written()}\n", encoding="utf-8")
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


async def take_backup(
    settings: Settings, database: Database, folder: Path, now: datetime, told: Told
) -> Dumped:
    """A new file in ``folder``, named after the moment in China. Raises what ``dump`` raises, and BadKeyFile."""
    key = await asyncio.to_thread(KeyPlace.of(settings, database).first)
    name = f"paidan-{now.astimezone(SHANGHAI):{_STAMP}}.backup"
    return await dump(database, folder / name, key, Path(settings.storage.files), now, told)


def backups_in(folder: Path) -> list[tuple[datetime, Path]]:
    """Oldest first."""
    found = [(_NAME.fullmatch(path.name), path) for path in folder.glob("*.backup")]
    return sorted((_moment(match[1]), path) for match, path in found if match)


def forget_older(folder: Path, than: datetime) -> list[Path]:
    """Also what interrupted ones have left. The newest stays, however old it is."""
    old = [path for at, path in backups_in(folder)[:-1] if at < than]
    left = [path for path in folder.glob(f"paidan-*{PART}") if _is_older(path, than)]
    for path in (*old, *left):
        path.unlink(missing_ok=True)
    return old


def _is_older(path: Path, than: datetime) -> bool:
    match = _NAME.fullmatch(path.name.removesuffix(PART))
    return match is not None and _moment(match[1]) < than


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=SHANGHAI)
