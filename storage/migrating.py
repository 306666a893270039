"""Alembic, without its command line and its .ini: the schema follows the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import fitting

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

MIGRATIONS = Path(__file__).parent / "migrations"
_TURN = 0x7061_6964_616E  # "paidan": whoever holds this advisory lock migrates


LONGEST_WAIT = "2s"


class NewerSchema(Exception):
    """The schema was changed by a newer program in a way that leaves no room for this one. ``str()`` is in zh-CN."""

    def __init__(self, found: str, known: str, oldest: str) -> None:
        since = f"至少需要结构 {oldest} 的版本" if oldest else "不知道还能用哪些旧版本"
        super().__init__(
            f"数据库结构 {found} 比这个版本的派单（{known}）新，而且已经不能再给它用（{since}）。"
            "请换回较新的派单；一定要退回这个版本，请把升级前的备份恢复到一个空的数据库。"
        )
        self.found = found


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
            # Whoever waits for a table makes all others wait behind it: rather give up, and try again.
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'"))
            yield connection
            await connection.commit()


def bring_up(connection: Connection, folder: Path = MIGRATIONS) -> None:
    """To this program's schema. A newer one that leaves room for us stays as it is. Raises NewerSchema."""
    if not _is_newer(connection, folder):
        move(connection, "head", folder)
    elif not fits(connection, folder):
        raise NewerSchema(revision(connection), revisions(folder)[-1], fitting.oldest(connection))


def move(connection: Connection, revision: str, folder: Path = MIGRATIONS) -> None:
    """Upwards to ``revision``, or "head"."""
    if revision == "head" and is_at_head(connection, folder) and fitting.oldest(connection):
        return
    from alembic import command

    command.upgrade(configuration(connection, folder), revision)
    if revision == "head":
        fitting.note(connection, _oldest_that_fits(folder))


def revision(connection: Connection) -> str:
    """Where the schema is now; "" before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def knows(revision: str, folder: Path = MIGRATIONS) -> bool:
    return revision in revisions(folder)


def is_at_head(connection: Connection, folder: Path = MIGRATIONS) -> bool:
    """Whether the schema is exactly the one that this program was written for."""
    return revision(connection) == revisions(folder)[-1]


def fits(connection: Connection, folder: Path = MIGRATIONS) -> bool:
    """Whether this program can work with it: its own, or a newer one that leaves room for it."""
    if is_at_head(connection, folder):
        return True
    return _is_newer(connection, folder) and knows(fitting.oldest(connection), folder)


def _is_newer(connection: Connection, folder: Path) -> bool:
    present = revision(connection)
    return bool(present) and not knows(present, folder)


@cache
def revisions(folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """In their order, by the names of their files: reading all of them would take longer than the rest of a start."""
    return tuple(sorted(path.name[1:5] for path in Path(folder, "versions").glob("m*.py")))


def _oldest_that_fits(folder: Path) -> str:
    """Of the newest migration that does not only widen: programs from before it can't work any more."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(folder)).walk_revisions()
    return next((one.revision for one in scripts if not widens(one)), "")


def widens(script: Script) -> bool:
    return bool(getattr(script.module, "works_with_older", True))


def configuration(connection: Connection, folder: Path = MIGRATIONS) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
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
