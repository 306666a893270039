"""The history and the tables are one: on both databases, and also in what Alembic does not compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage import migrating
from storage.database import Database
from storage.tables import metadata


async def test_migrating_makes_exactly_the_tables_that_the_code_knows(empty_database_url: str) -> None:
    db = Database(empty_database_url)
    assert not await db.at_head()
    await db.migrate()
    assert await db.at_head()
    async with db.write() as connection:
        assert await connection.run_sync(_differences) == []
        migrated = await connection.run_sync(_description)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(_description) == migrated
    await db.close()


async def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    db = Database(empty_database_url)
    await db.migrate()
    await db.migrate()
    assert await db.at_head()
    await db.close()


async def test_the_names_of_the_files_tell_the_history() -> None:
    history = ScriptDirectory(str(migrating.MIGRATIONS))
    assert [one.revision for one in history.walk_revisions()] == [*reversed(migrating.revisions())]
    assert history.get_heads() == [migrating.revisions()[-1]]


async def test_foreign_keys_hold_after_migrating(empty_database_url: str) -> None:
    """SQLite's are switched off for the time of a migration."""
    db = Database(empty_database_url)
    await db.migrate()
    if db.is_sqlite:
        async with db.write() as connection:
            assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
            assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
            assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await db.close()


def _differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _description(connection: Connection) -> dict[str, dict[str, str]]:
    inspector = inspect(connection)
    return {
        table: {
            "columns": _told(inspector.get_columns(table)),
            "key": str(inspector.get_pk_constraint(table)),
            "indexes": _told(inspector.get_indexes(table)),
            "unique": _told(inspector.get_unique_constraints(table)),
            "checks": _told(inspector.get_check_constraints(table)),
            "foreign": _told(inspector.get_foreign_keys(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _told(parts: Sequence[Any]) -> str:
    """As text, because a partial index's condition is an object that equals nothing but itself."""
    told = [{name: _plain(value) for name, value in part.items()} for part in parts]
    return str(sorted(told, key=lambda part: str(part["name"])))


def _plain(value: Any) -> Any:
    return {name: str(of) for name, of in value.items()} if isinstance(value, dict) else str(value)
