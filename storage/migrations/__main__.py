"""``python -m storage.migrations "what changes"`` writes the next revision: the tables against the history."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from storage import migrating
from storage.database import Database


async def write_revision(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        await db.migrate()
        async with db.write() as connection:
            await connection.run_sync(_compare, message)
        await db.close()


def _compare(connection: Connection, message: str) -> None:
    config = migrating.configuration(connection)
    config.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    known = len(list(Path(migrating.MIGRATIONS, "versions").glob("m*.py")))
    command.revision(config, message, autogenerate=True, rev_id=f"{known + 1:04}")


if __name__ == "__main__":
    asyncio.run(write_revision(sys.argv[1]))
