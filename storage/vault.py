"""The bytes of files, under names that are made from the bytes: nothing that anybody typed becomes a path.

Each is readable by the program's own user only, and nothing in there is ever executed. Infected ones lie apart.
Several replicas need the same folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

_NAME = re.compile(r"[0-9a-f]{64}")
COMING, _SICK = "coming", "quarantine"
PIECE = 256 * 1024


class Arriving:
    """A file on its way in: counted and hashed while it is written. It is no file yet."""

    def __init__(self, file: IO[bytes], head: int, tail: int) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._head, self._tail = head, tail
        self.size = 0
        self.head = b""
        self.tail = b""

    @property
    def path(self) -> Path:
        return Path(self._file.name)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def write(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size += len(piece)
        self.head += piece[: max(self._head - len(self.head), 0)]
        self.tail = (self.tail + piece)[-self._tail :]
        await asyncio.to_thread(self._file.write, piece)

    async def flush(self) -> None:
        """For others who read ``path``."""
        await asyncio.to_thread(self._file.flush)


class Vault:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def arriving(self, *, head: int, tail: int) -> AsyncIterator[Arriving]:
        """What is not kept until the block ends leaves nothing behind."""
        file = await asyncio.to_thread(self._begin)
        try:
            yield Arriving(file, head, tail)
        finally:
            await asyncio.to_thread(_drop, file)

    async def keep(self, arriving: Arriving) -> None:
        """Durable when it returns. The same bytes twice are one file."""
        await asyncio.to_thread(self._move, arriving, self._path(arriving.sha256))

    async def quarantine(self, arriving: Arriving) -> None:
        await asyncio.to_thread(self._move, arriving, self._folder / _SICK / arriving.sha256)

    async def set_apart(self, sha256: str) -> None:
        """A kept one turned out to be infected."""
        await asyncio.to_thread(self._set_apart, sha256)

    async def read(self, sha256: str) -> bytes:
        """Raises FileNotFoundError."""
        return await asyncio.to_thread(self._path(sha256).read_bytes)

    def path(self, sha256: str) -> Path:
        """For whoever streams it. Raises FileNotFoundError."""
        path = self._path(sha256)
        if not path.is_file():
            raise FileNotFoundError(sha256)
        return path

    async def remove(self, sha256: str) -> None:
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    async def lying(self) -> set[str]:
        """Names of everything that lies here, finished or not, for ``discard``. Quarantine is left alone."""
        return await asyncio.to_thread(lambda: set(self._lying()))

    async def discard(self, name: str) -> None:
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)

    # ── on the disk ──

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise FileNotFoundError(sha256)
        return self._folder / sha256[:2] / sha256

    def _begin(self) -> IO[bytes]:
        coming = _folder(self._folder / COMING)
        return tempfile.NamedTemporaryFile(dir=coming, delete=False)

    def _move(self, arriving: Arriving, to: Path) -> None:
        """mkstemp made it 0600, and so it stays."""
        file = arriving._file  # noqa: SLF001 - the two are one
        file.flush()
        os.fsync(file.fileno())
        sys.audit("paidan.file.written")
        _folder(to.parent)
        arriving.path.replace(to)
        _sync(to.parent)
        sys.audit("paidan.file.kept")

    def _set_apart(self, sha256: str) -> None:
        _folder(self._folder / _SICK)
        if (path := self._path(sha256)).exists():
            path.replace(self._folder / _SICK / sha256)

    def _lying(self) -> Iterator[str]:
        for pattern in ("[0-9a-f][0-9a-f]/*", f"{COMING}/*"):
            yield from (str(path.relative_to(self._folder)) for path in self._folder.glob(pattern))


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _drop(file: IO[bytes]) -> None:
    file.close()
    Path(file.name).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
