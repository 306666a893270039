"""Through which of several applications somebody spoke last. Accounts know nothing of it."""

from __future__ import annotations

from sqlalchemy import Column, Table, select

from domain.base import Account
from storage.database import Database
from storage.people_rows import folded
from storage.schema import Words, insert_into, metadata

doors = Table(
    "account_doors",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("user_key", Words, primary_key=True),  # as compared
    Column("door", Words, nullable=False),
)


class DoorBook:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def last(self, account: Account) -> str | None:
        platform, key = folded(account)
        wanted = select(doors.c.door).where(doors.c.platform == platform, doors.c.user_key == key)
        async with self._db.read() as connection:
            door: str | None = (await connection.execute(wanted)).scalar()
        return door

    async def note(self, account: Account, door: str) -> None:
        """Usually it is no news."""
        if await self.last(account) == door:
            return
        platform, key = folded(account)
        async with self._db.write() as connection:
            put = insert_into(connection, doors).values(platform=platform, user_key=key, door=door)
            await connection.execute(
                put.on_conflict_do_update(index_elements=["platform", "user_key"], set_={"door": door})
            )
