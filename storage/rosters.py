"""Rosters and swaps of one unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId
from domain.duty.errors import NoSuchSwap
from domain.duty.roster import Roster, Rotation, Shift, Turn
from domain.duty.swap import Offer, Swap
from storage.duty_tables import roster_exceptions, rosters, swaps
from storage.kept import Kept
from storage.leaves import MOST

REMEMBERED = timedelta(days=14)  # exceptions that ended longer ago say nothing about today


class SqlRosters:
    """There are few, and all are read at once: who is on duty at one desk may be busy at another."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._rosters: Kept[Roster] = Kept(connection, rosters, rosters.c.desk, self._values_of)
        self._swaps: Kept[Swap] = Kept(connection, swaps, swaps.c.id, _swap_values)
        self._by_desk: dict[str, Roster] | None = None
        self._rows: dict[str, Row[Any]] = {}
        self._stored: dict[str, int] = {}  # how many exceptions the database has already

    async def get(self, desk: str) -> Roster | None:
        return (await self._loaded()).get(desk)

    async def all(self) -> Sequence[Roster]:
        return tuple((await self._loaded()).values())

    async def swap(self, swap: int) -> Swap:
        wanted = select(swaps).where(swaps.c.id == swap)
        row = (await self._connection.execute(wanted)).one_or_none() if 0 < swap < MOST else None
        if row is None:
            raise NoSuchSwap
        return self._same_swap(row)

    async def swaps_of(self, person: PersonId) -> Sequence[Swap]:
        theirs = or_(swaps.c.giver == person, swaps.c.taker == person)
        wanted = select(swaps).where(theirs, swaps.c.state == Offer.ASKED).order_by(swaps.c.id)
        found = [self._same_swap(row) for row in await self._connection.execute(wanted)]
        return [swap for swap in found if swap.state is Offer.ASKED]

    async def add_swap(self, swap: Swap) -> None:
        added = insert(swaps).values(version=0, **_swap_values(swap)).returning(swaps.c.id)
        swap.id = (await self._connection.execute(added)).scalar_one()
        self._swaps.same(swap.id, 0, lambda: swap)

    async def flush(self) -> None:
        await self._rosters.flush()
        await self._swaps.flush()
        for desk, roster in (self._by_desk or {}).items():
            fresh = roster.exceptions[self._stored[desk] :]
            self._stored[desk] = len(roster.exceptions)
            if fresh:
                await self._connection.execute(insert(roster_exceptions), [_exception(s) for s in fresh])

    async def _loaded(self) -> dict[str, Roster]:
        if self._by_desk is None:
            rows = (await self._connection.execute(select(rosters).order_by(rosters.c.desk))).all()
            self._by_desk = {}
            for row in rows:
                exceptions = await load_exceptions(self._connection, row.desk, self._now)
                self._rows[row.desk], self._stored[row.desk] = row, len(exceptions)
                self._by_desk[row.desk] = self._same_roster(row, exceptions)
        return self._by_desk

    def _same_roster(self, row: Row[Any], exceptions: list[Shift]) -> Roster:
        stored = {name: getattr(row, name) for name in ("listed_until", "gap_told", "due_at")}
        return self._rosters.same(row.desk, row.version, lambda: roster_of(row, exceptions), stored)

    def _same_swap(self, row: Row[Any]) -> Swap:
        return self._swaps.same(row.id, row.version, lambda: swap_of(row))

    def _values_of(self, roster: Roster) -> dict[str, Any]:
        return {
            "listed_until": roster.listed_until,
            "gap_told": roster.gap_told,
            "due_at": self._due_at(roster),
        }

    def _due_at(self, roster: Roster) -> datetime | None:
        """Looking for the next change walks over weeks, and most units only ask who is on duty now."""
        row: Row[Any] = self._rows[roster.desk]
        is_as_read = len(roster.exceptions) == self._stored[roster.desk]
        is_as_read = is_as_read and roster.listed_until == row.listed_until
        if is_as_read and (row.due_at is None or row.due_at > self._now):
            due: datetime | None = row.due_at
            return due
        return roster.due_at(self._now)


async def load_exceptions(connection: AsyncConnection, desk: str, now: datetime) -> list[Shift]:
    still = roster_exceptions.c.ends_at > now - REMEMBERED
    wanted = select(roster_exceptions).where(roster_exceptions.c.desk == desk, still)
    rows = await connection.execute(wanted.order_by(roster_exceptions.c.id))
    return [Shift(row.desk, row.person, row.begins_at, row.ends_at) for row in rows]


def roster_of(row: Row[Any], exceptions: list[Shift]) -> Roster:
    return Roster(
        desk=row.desk,
        rotations=tuple(_rotation_of(kept) for kept in row.rotations),
        full=row.full,
        exceptions=exceptions,
        listed_until=row.listed_until,
        gap_told=row.gap_told,
    )


def swap_of(row: Row[Any]) -> Swap:
    return Swap(
        id=row.id,
        desk=row.desk,
        giver=row.giver,
        taker=row.taker,
        begin=row.begins_at,
        end=row.ends_at,
        state=row.state,
    )


def rotations_json(rotations: Sequence[Rotation]) -> list[dict[str, Any]]:
    return [
        {
            "turn": rotation.turn.value,
            "people": list(rotation.people),
            "start": rotation.start.isoformat(),
            "handover": rotation.handover.isoformat(),
            "until": rotation.until.isoformat() if rotation.until else None,
        }
        for rotation in rotations
    ]


def _rotation_of(kept: dict[str, Any]) -> Rotation:
    return Rotation(
        turn=Turn(kept["turn"]),
        people=tuple(PersonId(person) for person in kept["people"]),
        start=date.fromisoformat(kept["start"]),
        handover=time.fromisoformat(kept["handover"]),
        until=time.fromisoformat(kept["until"]) if kept["until"] else None,
    )


def _exception(shift: Shift) -> dict[str, Any]:
    return {"desk": shift.desk, "person": shift.person, "begins_at": shift.begin, "ends_at": shift.end}


def _swap_values(swap: Swap) -> dict[str, Any]:
    return {
        "desk": swap.desk,
        "giver": swap.giver,
        "taker": swap.taker,
        "begins_at": swap.begin,
        "ends_at": swap.end,
        "state": swap.state,
        "due_at": swap.due_at,
    }
