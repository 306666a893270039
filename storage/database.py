"""The door to the database: one writer's transaction, any number of readers, and errors in our own words."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import exc, func, make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrating
from storage.clock import SharedClock
from storage.engines import postgres, sqlite

_RERUN = {"40001", "40P01", "55P03", "23505"}  # serialization, deadlock, lock timeout, unique violation
_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between tries to change a table that others hold
_AWAY = ("08", "53", "57", "58")  # classes: connection, resources, operator, system
_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}


class Conflict(Exception):
    """Somebody else was first: a stale version, a deadlock, a key that is taken by now. Run it all again."""


class Unavailable(Exception):
    """The database is away, full or locked. Nothing was stored."""


class AlreadyRunning(Exception):
    """SQLite serves one process. ``str()`` is for the operator, in zh-CN."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"数据库 {path} 正被另一个派单进程使用。请先停止那个进程再启动；需要多个副本时请改用 PostgreSQL。"
        )
        self.path = path


class Database:
    """``url`` is written as in config.toml: ``sqlite:///path`` or ``postgresql://user@host/db``.

    ``pooled``: a pooler stands in between that gives every transaction another session (PgBouncer's transaction
    mode), so nothing may be left in one.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_timeout: float = 5.0,
        pool_size: int = 10,
        pooled: bool = False,
        migrations: Path = migrating.MIGRATIONS,
    ) -> None:
        parsed = make_url(url)
        self.clock = SharedClock()
        self._migrations = migrations
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = Path(parsed.database or "") if self.is_sqlite else None
        if self.is_sqlite:
            self._writer, self._reader = sqlite(parsed, busy_timeout, pool_size)
        else:
            self._writer, self._reader = postgres(parsed, busy_timeout, pool_size, pooled=pooled)
        # SQLite has one writer at a time. Waiting here is fair; waiting in SQLite is a lottery.
        self._turn = asyncio.Lock()
        self._turn_of: asyncio.Task[Any] | None = None
        self._lock_file: TextIO | None = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back by any exception."""
        with _translated():
            if not self.is_sqlite:
                async with self._writer.begin() as connection:
                    yield connection
                return
            async with self._one_at_a_time(), self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view. It never waits for a writer, and can't write."""
        with _translated():
            async with self._reader.connect() as connection:
                yield connection

    async def set_clock(self) -> None:
        """Of three looks the quickest counts. SQLite's process has its machine's time."""
        if self.is_sqlite:
            return
        async with self.read() as connection:
            looks = [await self._look_at_clock(connection) for _ in range(3)]
        _, at, tick = min(looks)
        self.clock.set(at, tick)

    async def _look_at_clock(self, connection: AsyncConnection) -> tuple[float, datetime, float]:
        asked = self.clock.tick()
        at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        took = self.clock.tick() - asked
        return took, at, asked + took / 2

    async def migrate(self) -> None:
        """Brings the schema to what this program was written for, making the SQLite file if there is none.

        Raises NewerSchema; Unavailable when somebody never lets go of a table that has to be changed.
        """
        blocked: Conflict | None = None
        for pause in _PAUSES:
            try:
                async with self.changing() as connection:
                    await connection.run_sync(migrating.bring_up, self._migrations)
                return
            except Conflict as held:
                blocked = held
                await asyncio.sleep(pause)
        raise Unavailable(f"有别的会话一直占着要修改的表（{blocked}）")

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for what changes the schema itself, making the SQLite file if there is none."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with _translated():
            async with self._one_at_a_time(), migrating.changing(self._writer) as connection:
                yield connection

    async def at_head(self) -> bool:
        """Whether the schema is exactly the one that this program was written for."""
        async with self.read() as connection:
            return await connection.run_sync(migrating.is_at_head, self._migrations)

    async def fits(self) -> bool:
        """Whether this program can work with the schema, be it a newer one that leaves room for it."""
        async with self.read() as connection:
            return await connection.run_sync(migrating.fits, self._migrations)

    def lock_instance(self) -> None:
        """Makes this the only process on a SQLite file, until ``close``. PostgreSQL has any number of replicas."""
        if self.path is None or self._lock_file is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.with_name(f"{self.path.name}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(self.path) from None
        self._lock_file = file

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @asynccontextmanager
    async def _one_at_a_time(self) -> AsyncIterator[None]:
        if self._turn_of is asyncio.current_task():
            raise RuntimeError("a write inside a write would wait for itself: pass the connection down")
        async with self._turn:
            self._turn_of = asyncio.current_task()
            try:
                yield
            finally:
                self._turn_of = None


@asynccontextmanager
async def savepoint(connection: AsyncConnection) -> AsyncIterator[None]:
    """A part of a transaction that can fail alone."""
    with _translated():
        async with connection.begin_nested():
            yield


@contextmanager
def _translated() -> Iterator[None]:
    """The one place where drivers' errors get a meaning. What has none is a bug, and rises as it is."""
    try:
        yield
    except exc.DBAPIError as error:
        meaning = _meaning_of(error)
        if meaning is None:
            raise
        raise meaning(str(error.orig)) from error
    except (exc.TimeoutError, OSError) as error:
        raise Unavailable(str(error)) from error


def _meaning_of(error: exc.DBAPIError) -> type[Conflict | Unavailable] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state in _RERUN:
        return Conflict
    if error.connection_invalidated or (state and state.startswith(_AWAY)):
        return Unavailable
    return _meaning_in_sqlite(error)


def _meaning_in_sqlite(error: exc.DBAPIError) -> type[Conflict | Unavailable] | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return Conflict
    # The low byte is the kind, the rest only says more about it.
    return Unavailable if code is not None and code & 0xFF in _SQLITE_AWAY else None
