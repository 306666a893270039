"""What the bot asked somebody for: their next sentence is the answer. One question a person and platform."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, delete

from domain.base import Account
from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata

prompts = Table(
    "prompts",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("user_key", Words, primary_key=True),
    Column("key", Words, nullable=False),
    Column("field", Words, nullable=False),
    Column("until", UTCDateTime, nullable=False),
)


class Prompts:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def set(self, account: Account, key: str, field: str, until: datetime) -> None:
        """``key`` is the command that lacks its ``field``. A newer question takes the place of an older one."""
        asked = {"key": key, "field": field, "until": until}
        whom = {"platform": account.platform, "user_key": account.user_id.casefold()}
        async with self._db.write() as connection:
            put = insert_into(connection, prompts).values(**whom, **asked)
            await connection.execute(
                put.on_conflict_do_update(index_elements=["platform", "user_key"], set_=asked)
            )

    async def take(self, account: Account, now: datetime) -> tuple[str, str] | None:
        """The command's key and the field that was asked for, once."""
        taken = (
            delete(prompts).where(*_of(account)).returning(prompts.c.key, prompts.c.field, prompts.c.until)
        )
        async with self._db.write() as connection:
            row = (await connection.execute(taken)).one_or_none()
        return (row.key, row.field) if row and row.until > now else None

    async def clear(self, account: Account) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(prompts).where(*_of(account)))


def _of(account: Account) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return prompts.c.platform == account.platform, prompts.c.user_key == account.user_id.casefold()
