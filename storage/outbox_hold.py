"""The whole outbox, held: after a restore nobody is told anything until somebody has looked and lets go.

The courier's claim looks at this table itself, so that no replica can miss it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.outbox_table import UNFINISHED, Stage, hold, outbox

# Nothing merges into a row that somebody has had: what comes after the restore must not be dropped with it.
RESTORED = "restored"


@dataclass(frozen=True)
class Hold:
    """``waiting`` rows that were there when it began; ``newer`` ones have come since."""

    since: datetime
    reason: str
    waiting: int
    newer: int


async def put_on_hold(connection: AsyncConnection, now: datetime, reason: str) -> None:
    """Whoever was at a row is not here any more, so it waits again."""
    waits = update(outbox).where(outbox.c.state.in_(UNFINISHED))
    await connection.execute(waits.values(state=Stage.WAITING, claimed_by=RESTORED, claimed_until=None))
    last = (await connection.execute(select(func.max(outbox.c.id)))).scalar() or 0
    await connection.execute(delete(hold))
    await connection.execute(insert(hold).values(id=1, since=now, reason=reason, last=last))


class OutboxHold:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def look(self) -> Hold | None:
        async with self._db.read() as connection:
            held = (await connection.execute(select(hold))).one_or_none()
            if held is None:
                return None
            is_old = outbox.c.id <= held.last
            counts = select(
                func.count().filter(is_old).label("old"), func.count().filter(~is_old).label("new")
            )
            found = (await connection.execute(counts.where(outbox.c.state.in_(UNFINISHED)))).one()
        return Hold(held.since, held.reason, int(found.old), int(found.new))

    async def release(self, now: datetime, *, drop: bool) -> int:
        """Lets go; ``drop`` discards what waited when it began. How many rows were discarded."""
        dropped = 0
        async with self._db.write() as connection:
            if drop:
                before = outbox.c.id <= select(hold.c.last).scalar_subquery()
                old = update(outbox).where(outbox.c.state.in_(UNFINISHED), before)
                done = await connection.execute(old.values(state=Stage.DISCARDED, done_at=now))
                dropped = done.rowcount
            await connection.execute(delete(hold))
        return dropped
