"""How often something may be done, counted for all replicas together.

Of each key a single moment is kept: when all that has been taken will be paid back, one after the other. Whoever
takes moves it on, in one statement, so that two replicas never both see room for the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Table, case
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.schema import Words, insert_into, metadata

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
NOTHING = timedelta()

turns = Table(
    "turns",
    metadata,
    Column("key", Words, primary_key=True),
    Column("paid_at", BigInteger, nullable=False),  # microseconds since 1970
)


# So many at once after a rest, and one more for each span: in a minute never more than both together.
Rate = tuple[int, timedelta]


class _Refused(Exception):
    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


class TurnBook:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, key: str, rates: Sequence[Rate], now: datetime, times: int = 1) -> timedelta:
        """All of ``times`` at every rate, or none: nothing when taken, else how long to wait before asking again."""
        try:
            async with self._db.write() as connection:
                waits = [
                    await _moved(connection, f"{key}#{number}", rate, now, min(times, rate[0]))
                    for number, rate in enumerate(rates)
                ]
                if max(waits) > NOTHING:
                    raise _Refused(max(waits))
        except _Refused as refused:
            return refused.wait
        return NOTHING

    async def reserve(self, key: str, rate: Rate, now: datetime) -> timedelta:
        """The next turn, whenever it comes: how long to wait for it."""
        async with self._db.write() as connection:
            return max(await _moved(connection, f"{key}#0", rate, now, 1), NOTHING)


async def _moved(connection: AsyncConnection, key: str, rate: Rate, now: datetime, times: int) -> timedelta:
    """By how much ``times`` more are too early; the row is locked until the end of the transaction."""
    at_once, every = rate
    present, more = _micros(now), times * (every // _TICK)
    first = insert_into(connection, turns).values(key=key, paid_at=present + more)
    later = case((turns.c.paid_at > present, turns.c.paid_at), else_=present) + more
    moved = first.on_conflict_do_update(index_elements=["key"], set_={"paid_at": later})
    paid_at: int = (await connection.execute(moved.returning(turns.c.paid_at))).scalar_one()
    return (paid_at - present) * _TICK - at_once * every


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK
