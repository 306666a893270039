"""Whether everything is as it was written: the chain of events from its start, and the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, func, literal, null, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.chain import DUTY, TICKET, Broken, Head, Linked, Walk, head_of
from storage.database import Database
from storage.duty_tables import duty_events
from storage.inbox import inbox
from storage.once import once
from storage.outbox_table import Stage, outbox
from storage.ticket_tables import events, tickets
from storage.tickets import draft_number

_BATCH = 1000
_NAMED = 5

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Books:
    """``wrong`` are numbers of tickets (a few of them) whose events are not as many as were written."""

    tickets: int
    events: int
    worked: int
    waiting: int
    dead: int
    outbox: Mapping[str, int]
    wrong: tuple[str, ...]

    @property
    def received(self) -> int:
        """Each message is one of these: done or refused with an answer, to be worked yet, or given up and shown."""
        return self.worked + self.waiting + self.dead


@dataclass(frozen=True)
class Verified:
    """``where`` names the place of what is broken, in zh-CN."""

    head: Head
    broken: Broken | None
    where: str
    books: Books

    @property
    def ok(self) -> bool:
        return self.broken is None and not self.books.wrong


async def head(db: Database) -> Head:
    async with db.read() as connection:
        return await head_of(connection)


async def verify(db: Database, against: Head | None, told: Told) -> Verified:
    """All at one moment, beside a running program."""
    async with db.read() as connection:
        kept = await head_of(connection)
        broken = await _first_broken(connection, kept, against, told)
        where = await _place_of(connection, broken.row) if broken and broken.row else ""
        return Verified(kept, broken, where, await _books(connection))


async def _first_broken(
    connection: AsyncConnection, kept: Head, against: Head | None, told: Told
) -> Broken | None:
    walk = Walk(against)
    unlinked = (await connection.execute(_events(is_linked=False).limit(1))).mappings().first()
    if unlinked is not None:
        return walk.step(_linked(unlinked))
    async with connection.stream(_events(is_linked=True)) as rows:
        async for batch in rows.mappings().partitions(_BATCH):
            for row in batch:
                if broken := walk.step(_linked(row)):
                    return broken
            told(walk.head.link, max(kept.link, walk.head.link))
    return walk.end(kept)


def _events(*, is_linked: bool) -> Select[Any]:
    of_tickets = select(literal(TICKET).label("source"), *(c for c in events.c))
    nowhere = (null().label("ticket"), null().label("seq"))
    same = (duty_events.c[name] for name in ("kind", "at", "actor", "payload", "link", "hash"))
    of_duty = select(literal(DUTY).label("source"), *nowhere, *same)
    both = union_all(
        _where(of_tickets, events, is_linked=is_linked), _where(of_duty, duty_events, is_linked=is_linked)
    )
    all_ = both.subquery()
    return select(all_).order_by(all_.c.link)


def _where(wanted: Select[Any], of: Any, *, is_linked: bool) -> Select[Any]:
    lacks = or_(of.c.link.is_(None), of.c.hash.is_(None))
    return wanted.where(~lacks if is_linked else lacks)


def _linked(row: RowMapping) -> Linked:
    return Linked(row["source"], row, row["link"], row["hash"])


async def _place_of(connection: AsyncConnection, row: Mapping[Any, Any]) -> str:
    what = f"{row['kind']}，{row['at'].isoformat()}"
    if row["ticket"] is None:
        return f"值班和请假的记录（{what}）"
    asked = select(tickets.c.number).where(tickets.c.id == row["ticket"])
    number = (await connection.execute(asked)).scalar() or draft_number(row["ticket"])
    return f"{number} 的第 {row['seq']} 条（{what}）"


# ── books ──


async def _books(connection: AsyncConnection) -> Books:
    async def count(wanted: Select[Any]) -> int:
        return int((await connection.execute(wanted)).scalar_one())

    def of_inbox(state: str) -> Select[Any]:
        return select(func.count()).where(inbox.c.state == state)

    stages = await connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    by_stage = {stage.value: int(rows) for stage, rows in stages}
    return Books(
        tickets=await count(select(func.count()).select_from(tickets)),
        events=await count(select(func.count()).select_from(events)),
        worked=await count(select(func.count()).select_from(once)),
        waiting=await count(of_inbox("waiting")),
        dead=await count(of_inbox("dead")),
        outbox={stage.value: by_stage.get(stage.value, 0) for stage in Stage},
        wrong=await _wrong(connection),
    )


async def _wrong(connection: AsyncConnection) -> tuple[str, ...]:
    found = func.count(events.c.seq)
    wanted = (
        select(tickets.c.id, tickets.c.number)
        .outerjoin(events, events.c.ticket == tickets.c.id)
        .group_by(tickets.c.id, tickets.c.number, tickets.c.event_count)
        .having(or_(found != tickets.c.event_count, func.coalesce(func.max(events.c.seq), 0) != found))
        .order_by(tickets.c.id)
        .limit(_NAMED)
    )
    rows = await connection.execute(wanted)
    return tuple(row.number or draft_number(row.id) for row in rows)
