"""A database into one file: all of it as it is at one moment, while the program goes on."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrating
from storage.backup.errors import NotMigrated
from storage.backup.lines import Header, LinesOut, TableShape
from storage.backup.sealed import BackupKey, Sealing
from storage.backup.shapes import backed_up, plain_table, shape_of
from storage.database import Database
from storage.vault import COMING

PART = ".part"
_BATCH = 250  # rows; a thread packs them, so that the loop stays free

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Dumped:
    path: Path
    rows: int
    files: int
    bytes: int


async def dump(db: Database, path: Path, key: BackupKey, files: Path, now: datetime, told: Told) -> Dumped:
    """Into ``path``, which is there only when it is whole. ``told`` hears of rows done and in all.

    Raises NotMigrated, Unavailable, OSError.
    """
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    try:
        done = await _dump(db, part, key, files, now, told)
        size = await asyncio.to_thread(_keep, part, path)
    except BaseException:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        raise
    return Dumped(path, *done, size)


async def _dump(
    db: Database, part: Path, key: BackupKey, files: Path, now: datetime, told: Told
) -> tuple[int, int]:
    file = await asyncio.to_thread(part.open, "xb")
    try:
        await asyncio.to_thread(part.chmod, 0o600)
        sys.audit("paidan.backup.begun")
        async with db.read() as connection:
            header = await _header(connection, now)
            out = LinesOut(Sealing(file, key), header)
            await _tables(connection, out, header, told)
        count = await asyncio.to_thread(_files, out, files)
        await asyncio.to_thread(out.finish)
    finally:
        file.close()
    return header.rows, count


async def _header(connection: AsyncConnection, now: datetime) -> Header:
    if not await connection.run_sync(migrating.is_at_head):
        raise NotMigrated
    shapes = []
    for table in backed_up():
        rows = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        shapes.append(shape_of(table, int(rows)))
    return Header(now, await connection.run_sync(migrating.revision), tuple(shapes))


async def _tables(connection: AsyncConnection, out: LinesOut, header: Header, told: Told) -> None:
    done = 0
    for table, shape in zip(backed_up(), header.tables, strict=True):
        write = out.table(shape, await _last_id(connection, table))
        async with connection.stream(_all_of(table, shape)) as rows:
            async for batch in rows.partitions(_BATCH):
                await asyncio.to_thread(write, batch)
                done += len(batch)
                told(done, header.rows)


def _all_of(table: Table, shape: TableShape) -> Any:
    plain = plain_table(shape)
    return select(plain).order_by(*(plain.c[column.name] for column in table.primary_key))


async def _last_id(connection: AsyncConnection, table: Table) -> int | None:
    """The greatest id that was ever given: what is deleted must not come again in the restored place."""
    if table.autoincrement_column is None:
        return None
    greatest = (await connection.execute(select(func.max(table.c.id)))).scalar() or 0
    return max(int(greatest), await _given(connection, table))


async def _given(connection: AsyncConnection, table: Table) -> int:
    if connection.dialect.name == "sqlite":
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return int((await connection.execute(asked, {"table": table.name})).scalar() or 0)
    asked = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, 'id')::regclass)")
    found = await connection.execute(asked, {"table": f'"{table.name}"'})
    return int(found.scalar() or 0)


def _files(out: LinesOut, folder: Path) -> int:
    # What is on its way in is no file yet, and is gone in a moment.
    whole = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != COMING)
    found = sorted(whole) if folder.is_dir() else []
    for path in found:
        out.file(path.relative_to(folder).as_posix(), path)
    return len(found)


def _keep(part: Path, path: Path) -> int:
    """Never over another one; durable before it has its name."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    sys.audit("paidan.backup.written")
    if path.exists():
        raise FileExistsError(errno.EEXIST, "已经有这个文件", str(path))
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size
