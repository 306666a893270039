"""Alembic, without its command line and its .ini: the schema follows the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_TURN = 0x7061_6964_616E  # "paidan": whoever holds this advisory lock migrates


@asynccontextmanager
async def changing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction in which the schema may be moved, alone among replicas; nothing of it stays if it fails."""
    async with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            async with _without_foreign_keys(connection):
                yield connection
        else:
            # Another replica may be at it, and a big table may take its time.
            for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                await connection.execute(text(f"SET LOCAL {limit} = 0"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))
            yield connection
            await connection.commit()


def move(connection: Connection, revision: str) -> None:
    """Upwards to ``revision``, or "head"."""
    if revision == "head" and is_at_head(connection):
        return
    from alembic import command

    command.upgrade(configuration(connection), revision)


def revision(connection: Connection) -> str:
    """Where the schema is now; "" before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def knows(revision: str) -> bool:
    return revision in revisions()


def is_at_head(connection: Connection) -> bool:
    return revision(connection) == revisions()[-1]


@cache
def revisions() -> tuple[str, ...]:
    """In their order, by the names of their files: reading all of them would take longer than the rest of a start."""
    return tuple(sorted(path.name[1:5] for path in Path(MIGRATIONS, "versions").glob("m*.py")))


def configuration(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def _without_foreign_keys(connection: AsyncConnection) -> AsyncIterator[None]:
    """Batch mode copies a table and drops the old one, at which foreign keys would delete what points to it."""
    await _foreign_keys(connection, "OFF")
    try:
        yield
        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"the migration would leave rows that point to nothing: {broken[:5]}")
        await connection.commit()
    finally:
        await connection.rollback()
        await _foreign_keys(connection, "ON")


async def _foreign_keys(connection: AsyncConnection, switch: str) -> None:
    # SQLite ignores this inside a transaction, so it goes around ours.
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.execute(f"PRAGMA foreign_keys={switch}")
