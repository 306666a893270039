"""What the bot asked somebody for: their next sentence is the answer. One question a person and platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, and_, delete, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

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

A_MOMENT = timedelta(
    minutes=1
)  # a second press within it, or the same press once more, gets no second question


@dataclass(frozen=True)
class Prompt:
    """``key`` is the command that lacks its ``field``."""

    account: Account
    key: str
    field: str


class Prompts:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def set(self, prompt: Prompt, until: datetime) -> None:
        """A newer question takes the place of an older one."""
        async with self._db.write() as connection:
            await _put(connection, prompt, until)

    async def open(self, account: Account, now: datetime) -> Prompt | None:
        """What this person's next sentence is for. Whoever acts on it spends it in the same transaction."""
        asked = select(prompts.c.key, prompts.c.field).where(*_of(account), prompts.c.until > now)
        async with self._db.read() as connection:
            row = (await connection.execute(asked)).one_or_none()
        return Prompt(account, row.key, row.field) if row else None

    async def clear(self, account: Account) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(prompts).where(*_of(account)))


async def ask(connection: AsyncConnection, prompt: Prompt, until: datetime) -> bool:
    """False when the same was asked a moment ago: then nobody needs to hear it again."""
    same = and_(prompts.c.key == prompt.key, prompts.c.field == prompt.field)
    return await _put(connection, prompt, until, unless=and_(same, prompts.c.until > until - A_MOMENT))


async def spend(connection: AsyncConnection, prompt: Prompt) -> bool:
    """True for exactly one spender. A crash before the commit leaves the question open."""
    same = (prompts.c.key == prompt.key, prompts.c.field == prompt.field)
    return (await connection.execute(delete(prompts).where(*_of(prompt.account), *same))).rowcount == 1


async def _put(
    connection: AsyncConnection, prompt: Prompt, until: datetime, unless: ColumnElement[bool] | None = None
) -> bool:
    whom = {"platform": prompt.account.platform, "user_key": prompt.account.user_id.casefold()}
    asked = {"key": prompt.key, "field": prompt.field, "until": until}
    put = insert_into(connection, prompts).values(**whom, **asked)
    newer = put.on_conflict_do_update(
        index_elements=list(whom), set_=asked, where=None if unless is None else not_(unless)
    )
    return (await connection.execute(newer.returning(prompts.c.key))).one_or_none() is not None


def _of(account: Account) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return prompts.c.platform == account.platform, prompts.c.user_key == account.user_id.casefold()
