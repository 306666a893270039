"""One file into an empty place, whole or not at all: first all of it is read and checked, then written at once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, TableClause, delete, insert, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrating
from storage.backup.errors import Damaged, NewerBackup, NotEmpty
from storage.backup.lines import Header, LinesIn, OfFile, OfTable, Part, TableShape, piece_of, row_of
from storage.backup.sealed import BackupKey, opened
from storage.backup.shapes import LEFT_OUT, plain_table
from storage.database import Database
from storage.outbox_hold import RESTORED, put_on_hold
from storage.tables import metadata

_BATCH = 1000

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Checked:
    """``files`` and ``rows`` were read and are what they were."""

    created_at: datetime
    revision: str
    rows: int
    files: int


async def check(path: Path, keys: Sequence[BackupKey], told: Told) -> Checked:
    """Reads all of it. Raises UnusableBackup, OSError."""
    with _reading(path, keys) as lines:
        rows = files = 0
        async for batch in _batches(lines):
            files += sum(isinstance(part, OfFile) for part in batch)
            rows += len(batch)
            told(min(rows, lines.header.rows), lines.header.rows)
        header = lines.header
    return Checked(header.created_at, header.revision, header.rows, files)


async def restore(
    db: Database, path: Path, keys: Sequence[BackupKey], files: Path, now: datetime, told: Told
) -> Checked:
    """Into ``db``, which has no rows, and the folder ``files``, which is empty. Its outbox is held from ``now`` on.

    Raises UnusableBackup, AlreadyRunning, OSError.
    """
    checked = await check(path, keys, told)
    if not migrating.knows(checked.revision):
        raise NewerBackup(checked.revision)
    if await asyncio.to_thread(_has_files, files):
        raise NotEmpty(str(files))
    db.lock_instance()
    coming = files.with_name(files.name + ".restoring")
    await asyncio.to_thread(shutil.rmtree, coming, ignore_errors=True)
    try:
        async with db.changing() as connection:
            await connection.run_sync(_make_room)
            with _reading(path, keys) as lines:
                await _fill(connection, lines, coming, told)
            await connection.run_sync(migrating.move, "head")
            await put_on_hold(connection, now, RESTORED)
            await asyncio.to_thread(_put_in_place, coming, files)
    finally:
        await asyncio.to_thread(shutil.rmtree, coming, ignore_errors=True)
    return checked


@contextmanager
def _reading(path: Path, keys: Sequence[BackupKey]) -> Iterator[LinesIn]:
    with path.open("rb") as file:
        yield LinesIn(opened(file, keys))


async def _batches(lines: LinesIn) -> Any:
    parts = lines.parts()
    while batch := await asyncio.to_thread(lambda: list(islice(parts, _BATCH))):
        yield batch


# ── the database ──


def _make_room(connection: Connection) -> None:
    """Tables without a row may be there, as `paidan migrate` leaves them; they are made again as they were then."""
    found = [name for name in inspect(connection).get_table_names() if name in metadata.tables]
    for name in found:
        if (
            name not in LEFT_OUT
            and connection.execute(select(text("1")).select_from(table(name)).limit(1)).first()
        ):
            raise NotEmpty(f"数据库（表 {name}）")
    if found:
        migrating.move(connection, "head")
        metadata.drop_all(connection)
        connection.execute(delete(table("alembic_version")))


async def _fill(connection: AsyncConnection, lines: LinesIn, files: Path, told: Told) -> None:
    await connection.run_sync(migrating.move, lines.header.revision)
    await _clear(connection, lines.header)
    filling = _Filling(connection, files)
    done = 0
    async for batch in _batches(lines):
        for part in batch:
            await filling.take(part)
        done += len(batch)
        told(min(done, lines.header.rows), lines.header.rows)
    await filling.write()
    for shape in lines.header.tables:
        if shape.name in lines.last_ids:
            await _go_on_after(connection, shape, lines.last_ids[shape.name])


async def _clear(connection: AsyncConnection, header: Header) -> None:
    """Rows that the migrations themselves have put there."""
    for shape in reversed(header.tables):
        await connection.execute(delete(table(shape.name)))


class _Filling:
    """Rows come one by one and are written many at a time."""

    def __init__(self, connection: AsyncConnection, files: Path) -> None:
        self._connection = connection
        self._files = files
        self._shape: TableShape | None = None
        self._plain: TableClause = table("")
        self._file = Path()
        self._rows: list[dict[str, Any]] = []

    async def take(self, part: Part) -> None:
        match part:
            case OfTable(shape):
                await self.write()
                self._shape, self._plain = shape, plain_table(shape)
            case OfFile(name):
                await self.write()
                self._shape, self._file = None, _inside(self._files, name)
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.touch(mode=0o600)
            case bytes() if self._shape is None:
                with self._file.open("ab") as file:
                    file.write(piece_of(part))
            case bytes():
                self._rows.append(row_of(part, self._shape))
                if len(self._rows) >= _BATCH:
                    await self.write()

    async def write(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            await self._connection.execute(insert(self._plain), rows)


async def _go_on_after(connection: AsyncConnection, shape: TableShape, last: int) -> None:
    if connection.dialect.name == "sqlite":
        for statement in (
            "DELETE FROM sqlite_sequence WHERE name = :table",
            "INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)",
        ):
            await connection.execute(text(statement), {"table": shape.name, "last": last})
        return
    if last:
        go_on = text("SELECT setval(pg_get_serial_sequence(:table, 'id')::regclass, :last, true)")
        await connection.execute(go_on, {"table": f'"{shape.name}"', "last": last})


# ── files ──


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _inside(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute():
        raise Damaged(f"文件名「{name}」不对")
    return folder.joinpath(*parts)


def _put_in_place(coming: Path, files: Path) -> None:
    if coming.is_dir():
        if files.is_dir():
            files.rmdir()
        coming.rename(files)
