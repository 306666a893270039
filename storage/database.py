"""The door to the database: one writer's transaction, any number of readers, and errors in our own words."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import URL, event, exc, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import migrating
from storage.schema import to_json

# What people wrote must not get into logs with an error of the statement that carries it.
_COMMON: dict[str, Any] = {"json_serializer": to_json, "hide_parameters": True}
_RERUN = {"40001", "40P01", "55P03", "23505"}  # serialization, deadlock, lock timeout, unique violation
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
    """``url`` is written as in config.toml: ``sqlite:///path`` or ``postgresql://user@host/db``."""

    def __init__(self, url: str, *, busy_timeout: float = 5.0, pool_size: int = 10) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = Path(parsed.database or "") if self.is_sqlite else None
        if self.is_sqlite:
            self._writer, self._reader = _sqlite(parsed, busy_timeout, pool_size)
        else:
            self._writer, self._reader = _postgres(parsed, busy_timeout, pool_size)
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

    async def migrate(self) -> None:
        """Brings the schema to the newest revision, making the SQLite file if there is none."""
        async with self.changing() as connection:
            await connection.run_sync(migrating.move, "head")

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
            return await connection.run_sync(migrating.is_at_head)

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


def _sqlite(url: URL, busy_timeout: float, pool_size: int) -> tuple[AsyncEngine, AsyncEngine]:
    url = url.set(drivername="sqlite+aiosqlite")
    options: dict[str, Any] = {**_COMMON, "connect_args": {"timeout": busy_timeout}}
    writer = create_async_engine(url, pool_size=1, max_overflow=0, **options)
    reader = create_async_engine(url, pool_size=pool_size, **options)
    _prepare(writer, "BEGIN IMMEDIATE", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    _prepare(reader, "BEGIN DEFERRED", "query_only=ON")
    return writer, reader


def _prepare(engine: AsyncEngine, begin: str, *pragmas: str) -> None:
    """The driver's own BEGIN comes after the first SELECT, which loses updates; so it is ours to say."""

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(dbapi: DBAPIConnection, _record: object) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _postgres(url: URL, busy_timeout: float, pool_size: int) -> tuple[AsyncEngine, AsyncEngine]:
    query = {("ssl" if key == "sslmode" else key): value for key, value in url.query.items()}
    settings = {
        "application_name": "paidan",
        "lock_timeout": f"{int(busy_timeout * 1000)}ms",
        "statement_timeout": "60s",
        "idle_in_transaction_session_timeout": "60s",
    }
    writer = create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        **_COMMON,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"timeout": 5, "server_settings": settings},
    )
    # A screen is made of several statements, which must all see the same moment.
    return writer, writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


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
