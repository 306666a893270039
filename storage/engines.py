"""SQLAlchemy's engines as this program wants them: one that writes, and one that only reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import one_hop
from storage.schema import to_json

# What people wrote must not get into logs with an error of the statement that carries it.
_COMMON: dict[str, Any] = {"json_serializer": to_json, "hide_parameters": True}


def sqlite(url: URL, busy_timeout: float, pool_size: int) -> tuple[AsyncEngine, AsyncEngine]:
    url = url.set(drivername="sqlite+aiosqlite")
    options: dict[str, Any] = {
        **_COMMON,
        "async_creator": partial(one_hop.connect, url.database or "", timeout=busy_timeout),
    }
    writer = create_async_engine(url, pool_size=1, max_overflow=0, **options)
    # A connection is a thread: none is made for a moment.
    reader = create_async_engine(url, pool_size=2 * pool_size, max_overflow=0, **options)
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


def postgres(
    url: URL, busy_timeout: float, pool_size: int, *, pooled: bool
) -> tuple[AsyncEngine, AsyncEngine]:
    limits = {
        "lock_timeout": f"{int(busy_timeout * 1000)}ms",
        "statement_timeout": "60s",
        "idle_in_transaction_session_timeout": "60s",
    }
    settings = {"application_name": "paidan", **({} if pooled else limits)}
    writer = create_async_engine(
        of_asyncpg(url),
        **_COMMON,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"timeout": 5, "server_settings": settings, **(_LEAVING_NOTHING if pooled else {})},
    )
    if pooled:
        _limit_each_transaction(writer, limits)
    # A screen is made of several statements, which must all see the same moment.
    return writer, writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def of_asyncpg(url: URL) -> URL:
    """With the driver's own word for what libpq calls ``sslmode``."""
    query = {("ssl" if key == "sslmode" else key): value for key, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


# Unnamed statements are parsed anew each time; a named one would lie in a session that is another one's by then.
_LEAVING_NOTHING: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": str,
}


def _limit_each_transaction(engine: AsyncEngine, limits: Mapping[str, str]) -> None:
    """A pooler refuses limits as parameters of the connection, and would give a session's to somebody else."""
    local = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in limits.items())

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(f"SELECT {local}")
