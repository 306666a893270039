"""Where a message lies while the database is away: an fsynced file, worked off when it is back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path
from uuid import uuid4

SUFFIX = ".json"


class Spool:
    """One file a message; its name is a hash of the message's id, so that a redelivery overwrites itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, body: str) -> None:
        """Durable when it returns. Raises OSError when even the disk is full."""
        await asyncio.to_thread(self._put, key, body)

    def forget(self, key: str) -> None:
        self._file(key).unlink(missing_ok=True)

    def waiting(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder.is_dir() else []

    @staticmethod
    def read(path: Path) -> tuple[str, str] | None:
        """None when it was forgotten meanwhile."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return kept["key"], kept["body"]

    def _file(self, key: str) -> Path:
        return self._folder / (hashlib.sha256(key.encode()).hexdigest() + SUFFIX)

    def _put(self, key: str, body: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._file(key)
        # The same message may come twice at once, and half of each would be no file at all.
        partial = target.with_suffix(f".{uuid4().hex}.part")
        with partial.open("w", encoding="utf-8") as file:
            json.dump({"key": key, "body": body}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        sys.audit("paidan.spool.written")
        partial.replace(target)
        _sync_folder(self._folder)
        sys.audit("paidan.spool.kept")


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a power cut only when its folder was synced too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
