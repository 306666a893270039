"""Groups in which nothing can be said any more: what is meant for them is not tried again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, Table, delete, select

from domain.base import Conversation
from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata

lost_groups = Table(
    "lost_groups",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("why", Words, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)


class LostGroups:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def lose(self, group: Conversation, why: str, at: datetime) -> bool:
        """Whether that is news."""
        values = {"platform": group.platform, "key": group.key, "why": why, "at": at}
        async with self._db.write() as connection:
            noted = insert_into(connection, lost_groups).values(values).on_conflict_do_nothing()
            return (await connection.execute(noted.returning(lost_groups.c.key))).scalar() is not None

    async def find_again(self, group: Conversation) -> None:
        """Somebody spoke there, or the bot could."""
        if await self.why_lost(group):
            is_it = (lost_groups.c.platform == group.platform) & (lost_groups.c.key == group.key)
            async with self._db.write() as connection:
                await connection.execute(delete(lost_groups).where(is_it))

    async def why_lost(self, group: Conversation) -> str:
        """An empty word where it is not."""
        is_it = (lost_groups.c.platform == group.platform) & (lost_groups.c.key == group.key)
        async with self._db.read() as connection:
            return str((await connection.execute(select(lost_groups.c.why).where(is_it))).scalar() or "")

    async def all(self) -> Mapping[Conversation, str]:
        async with self._db.read() as connection:
            rows = (await connection.execute(select(lost_groups))).all()
        return {Conversation(row.platform, "group", row.key): row.why for row in rows}
