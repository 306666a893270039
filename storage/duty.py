"""What happened to rosters and leaves, as it is kept; what time wants of them; and who stands on which roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.duty.errors import BadRoster
from domain.duty.events import DutyEvent
from domain.duty.roster import Roster, Rotation, Turn
from storage import duty_tables as tables
from storage.chain import DUTY, Chain
from storage.database import Database
from storage.events import plain
from storage.people_rows import SqlPeople
from storage.rosters import load_exceptions, rotations_json
from storage.schema import insert_into


class DutyJournal:
    """What one unit recorded, in order; the notices read it before it is written."""

    def __init__(self) -> None:
        self._events: list[DutyEvent] = []
        self._read = 0

    def record(self, event: DutyEvent) -> None:
        self._events.append(event)

    def fresh(self) -> Sequence[DutyEvent]:
        fresh = self._events[self._read :]
        self._read = len(self._events)
        return fresh

    def flush(self, chain: Chain) -> None:
        events, self._events, self._read = self._events, [], 0
        chain.add(DUTY, [_row_of(event) for event in events])


@dataclass(frozen=True)
class DueDuty:
    """Leaves and swaps by id, rosters by the key of their desk."""

    leaves: Sequence[int]
    swaps: Sequence[int]
    desks: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.leaves or self.swaps or self.desks)


class DutyTimes:
    """For the sweep, which has no unit open while it looks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def due(self, now: datetime, limit: int) -> DueDuty:
        async with self._db.read() as connection:
            return DueDuty(
                await _due(connection, tables.leaves, tables.leaves.c.id, now, limit),
                await _due(connection, tables.swaps, tables.swaps.c.id, now, limit),
                await _due(connection, tables.rosters, tables.rosters.c.desk, now, limit),
            )

    async def next_due(self) -> datetime | None:
        async with self._db.read() as connection:
            found = [
                await _next(connection, table) for table in (tables.leaves, tables.swaps, tables.rosters)
            ]
        return min((due for due in found if due is not None), default=None)


@dataclass(frozen=True)
class RosterSeed:
    """One rotation. ``people`` are named as in a chat."""

    desk: str
    turn: Turn
    people: tuple[str, ...]
    start: date
    handover: time
    until: time | None = None
    full: bool = True


async def seed_rosters(connection: AsyncConnection, seeds: Sequence[RosterSeed], now: datetime) -> None:
    """Adds and replaces; swaps and cover that were agreed stay. Raises UnknownPerson, AmbiguousPerson, BadRoster."""
    for desk in dict.fromkeys(seed.desk for seed in seeds):
        of_desk = [seed for seed in seeds if seed.desk == desk]
        roster = Roster(
            desk=desk,
            rotations=tuple([await _rotation(connection, seed) for seed in of_desk]),
            full=any(seed.full for seed in of_desk),
            exceptions=await load_exceptions(connection, desk, now),
        )
        if problems := list(roster.problems()):
            raise BadRoster(problems)
        await _put(connection, roster, now)


async def _rotation(connection: AsyncConnection, seed: RosterSeed) -> Rotation:
    people = tuple([(await SqlPeople(connection).find(name)).id for name in seed.people])
    return Rotation(seed.turn, people, seed.start, seed.handover, seed.until)


async def _put(connection: AsyncConnection, roster: Roster, now: datetime) -> None:
    values: dict[str, Any] = {
        "rotations": rotations_json(roster.rotations),
        "full": roster.full,
        "due_at": roster.due_at(now),
    }
    put = insert_into(connection, tables.rosters).values(desk=roster.desk, version=0, **values)
    again = {**values, "version": tables.rosters.c.version + 1}
    await connection.execute(put.on_conflict_do_update(index_elements=["desk"], set_=again))


async def _due(
    connection: AsyncConnection, table: Table, key: ColumnElement[Any], now: datetime, limit: int
) -> Sequence[Any]:
    due = select(key).where(table.c.due_at.is_not(None), table.c.due_at <= now)
    return (await connection.execute(due.order_by(table.c.due_at, key).limit(limit))).scalars().all()


async def _next(connection: AsyncConnection, table: Table) -> datetime | None:
    earliest = select(func.min(table.c.due_at)).where(table.c.due_at.is_not(None))
    due: datetime | None = (await connection.execute(earliest)).scalar()
    return due


def _row_of(event: DutyEvent) -> dict[str, Any]:
    names = (field.name for field in fields(event))
    facts = {name: plain(getattr(event, name)) for name in names if name not in {"at", "by"}}
    return {"kind": event.kind, "at": event.at, "actor": event.by, "payload": facts}
