"""A database that looks as if years had passed, made by the database itself. For benchmarks only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, Role
from domain.tickets.states import Priority, State
from storage import people_rows
from storage.database import Database
from storage.schema import UTCDateTime
from storage.ticket_tables import tickets

_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS numbers(n)",
    "sqlite": "WITH RECURSIVE numbers(n) AS"
    " (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) SELECT n FROM numbers",
}
_TIMERS = "INSERT INTO timers (key, ticket, due_at) SELECT 'bench-' || n, CAST(:ticket AS bigint), :due FROM ({}) AS t"
_DEADLINES = (
    "INSERT INTO deadlines (ticket, goal, cycle, run, allowed, spent, started_at, running_since, rung, late, rings_at)"
    " SELECT CAST(:ticket AS bigint), 'resolve', n, 'running', 0, 0, :due, :due, 0, {false}, :due FROM ({numbers}) AS t"
)
_AT_ONCE = 2000  # rows that are due in the same second
_VERSIONS = {"postgresql": "SHOW server_version", "sqlite": "SELECT sqlite_version()"}


class NotEmpty(Exception):
    """A benchmark would write among somebody's tickets."""

    def __init__(self) -> None:
        super().__init__("数据库里已有工单；请给性能测试一个空的数据库")


async def require_empty(db: Database) -> None:
    async with db.read() as connection:
        if (await connection.execute(select(tickets.c.id).limit(1))).first() is not None:
            raise NotEmpty


async def fill_timers(db: Database, count: int, first: datetime) -> None:
    """``count`` promises with their timers, due from ``first`` on; all of one ticket, which no index knows."""
    async with db.write() as connection:
        ticket = await _ticket(connection, first)
        numbers = _NUMBERS[connection.dialect.name]
        false = "false" if connection.dialect.name == "postgresql" else "0"
        moment = bindparam("due", type_=UTCDateTime())
        into = [
            text(_TIMERS.format(numbers)).bindparams(moment),
            text(_DEADLINES.format(numbers=numbers, false=false)).bindparams(moment),
        ]
        for start in range(0, count, _AT_ONCE):
            last, due = min(start + _AT_ONCE, count), first + timedelta(seconds=start // _AT_ONCE)
            for statement in into:
                values = {"first": start + 1, "last": last, "ticket": ticket, "due": due}
                await connection.execute(statement, values)
    async with db.write() as connection:
        await connection.execute(text("ANALYZE"))


async def round_trip(db: Database) -> None:
    """What every look at the database costs at least."""
    async with db.read() as connection:
        (await connection.execute(select(1))).scalar_one()


async def version_of(db: Database) -> str:
    async with db.read() as connection:
        kind = connection.dialect.name
        found = (await connection.execute(text(_VERSIONS[kind]))).scalar_one()
    return f"{kind} {found}"


async def _ticket(connection: AsyncConnection, now: datetime) -> int:
    requester = await people_rows.add(connection, "bench", frozenset({Role.REQUESTER}), [])
    values = {
        **dict.fromkeys(("desk", "title", "text", "place", "question", "resolution"), "bench"),
        **dict.fromkeys(("origin_platform", "origin_kind", "origin_key"), ""),
        **dict.fromkeys(("urges", "declines", "transfers", "reopens", "version", "event_count"), 0),
        "state": State.OPEN,
        "priority": Priority.P3,
        "requester": PersonId(requester.id),
        "since": now,
        "created_at": now,
    }
    added = insert(tickets).values(**values).returning(tickets.c.id)
    return int((await connection.execute(added)).scalar_one())
