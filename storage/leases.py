"""Leases: a name that one holder at a time has, until it gives it back or dies.

Time is the holders' own: their clocks may differ by much less than a lease lasts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Table, delete, or_

from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("until", UTCDateTime, nullable=False),
)


class Leases:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, name: str, holder: str, now: datetime, lasting: timedelta) -> bool:
        """True if ``holder`` has it now; who has it already has it for longer."""
        values = {"holder": holder, "until": now + lasting}
        async with self._db.write() as connection:
            free = or_(leases.c.until <= now, leases.c.holder == holder)
            taken = (
                insert_into(connection, leases)
                .values(name=name, **values)
                .on_conflict_do_update(index_elements=["name"], set_=values, where=free)
                .returning(leases.c.name)
            )
            return (await connection.execute(taken)).scalar() is not None

    async def give_back(self, name: str, holder: str) -> None:
        mine = delete(leases).where(leases.c.name == name, leases.c.holder == holder)
        async with self._db.write() as connection:
            await connection.execute(mine)

    async def clear(self) -> None:
        """All of them, at the start of the only process there can be: whoever held one is dead."""
        async with self._db.write() as connection:
            await connection.execute(delete(leases))


@dataclass(frozen=True)
class LeaseOf:
    """One lease as one holder sees it. Taken again well before ``lasting`` is over, it stays theirs."""

    leases: Leases
    name: str
    holder: str
    lasting: timedelta
    now: Callable[[], datetime]

    async def take(self) -> bool:
        return await self.leases.take(self.name, self.holder, self.now(), self.lasting)

    async def give_back(self) -> None:
        await self.leases.give_back(self.name, self.holder)
