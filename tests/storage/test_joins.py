"""Two become one: whatever the database holds of the one is the other's afterwards, in every table there is."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Enum, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, PersonId, Role
from storage import joins
from storage.database import Database
from storage.duty_tables import leaves, rosters
from storage.people import Directory
from storage.people_rows import write_roles
from storage.people_tables import accounts, desks, people
from storage.schema import Span, UTCDateTime, Words, metadata
from tests.storage.making import LI, SUN, T0, WANG, ZHANG, ZHAO

# As many as rows of tables, none may be left behind: what says who somebody was.
AUTHORS = {"events.actor", "duty_events.actor", "ticket_files.by"}
# Where somebody is part of the key, so that both may have been there.
SHARED = {"ticket_followers.person", "desk_members.person"}
ROTATION = {"turn": "daily", "start": "2026-03-02", "handover": "09:00:00", "until": None}
KEPT, GONE = WANG.person, SUN.person  # of two platforms


async def test_everything_of_one_is_the_others(db: Database) -> None:
    for seed in range(3):
        await _try_once(db, Random(seed))


async def _try_once(db: Database, rng: Random) -> None:
    async with db.write() as connection:
        await _fill(connection, rng)
        before = await _everything(connection)
        await joins.join(connection, KEPT, GONE, T0)
    after = await _state(db)
    assert _mentions(after, GONE) == {"joins.gone", "person_roles.person"}
    # Nothing is lost but rows that both had, and nobody else's changes.
    own = before.pop("leaves.deputy")
    assert len(after["leaves.deputy"]) == len(own)
    for name, rows in before.items():
        renamed = [KEPT if person == GONE else person for person in rows]
        if name in SHARED:
            continue
        assert len(after[name]) == len(rows), name
        others = [person for person in renamed if person != KEPT]
        assert [person for person in after[name] if person != KEPT] == others, name
    async with db.read() as connection:
        nobody = select(leaves.c.id).where(leaves.c.deputy == leaves.c.person, leaves.c.person == KEPT)
        assert (await connection.execute(nobody)).all() == []  # stands in for themselves
        lists = (await connection.execute(select(rosters.c.rotations))).scalars().all()
        assert (
            await connection.execute(select(people.c.active).where(people.c.id == GONE))
        ).scalar() is False
    for rotation in (rotation for kept in lists for rotation in kept):
        assert GONE not in rotation["people"]
        assert len(set(rotation["people"])) == len(rotation["people"])
    home = await Directory(db).home(GONE)
    assert home is not None  # what was addressed to the one still arrives

    async with db.write() as connection:
        await joins.split(connection, KEPT, GONE, T0)
    back = await _state(db)
    for name, rows in before.items():
        assert back[name] == rows, name
    async with db.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in {"people", "person_roles", "accounts", "desks", "desk_members"}:
                await connection.execute(table.delete())


async def test_roles_are_lent_and_given_back(db: Database) -> None:
    async with db.write() as connection:
        await write_roles(connection, GONE, frozenset({Role.REQUESTER, Role.ADMIN}))
        await joins.join(connection, KEPT, GONE, T0)
    directory = Directory(db)
    assert (await directory.get(KEPT)).roles == WANG.roles | {Role.ADMIN, Role.REQUESTER}
    assert (await directory.recognise(Account("wecom", "SunQi"), "")).id == KEPT
    async with db.write() as connection:
        await joins.split(connection, KEPT, GONE, T0)
    assert (await directory.get(KEPT)).roles == WANG.roles
    assert (await directory.recognise(Account("wecom", "SunQi"), "")).id == GONE
    assert (await directory.get(GONE)).active


async def test_what_went_to_somebody_else_meanwhile_stays_there(db: Database) -> None:
    async with db.write() as connection:
        await connection.execute(desks.update().where(desks.c.key == "it").values(lead=GONE))
        await joins.join(connection, KEPT, GONE, T0)
        await connection.execute(desks.update().where(desks.c.key == "it").values(lead=LI.person))
        await joins.split(connection, KEPT, GONE, T0)
        lead = (await connection.execute(select(desks.c.lead).where(desks.c.key == "it"))).scalar()
    assert lead == LI.person


async def test_whoever_became_somebody_who_became_somebody_is_reached(db: Database) -> None:
    async with db.write() as connection:
        await joins.join(connection, KEPT, GONE, T0)
        await joins.join(connection, ZHAO.person, KEPT, T0)
        assert await joins.who_is_now(connection, GONE) == ZHAO.person


def test_no_column_of_people_is_forgotten() -> None:
    """A new one without a foreign key has to be named, here or there."""
    known = {f"{c.table.name}.{c.name}" for c in joins.references()} | AUTHORS
    suspects = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.c
        if column.name in {"by", "actor", "person", "asked_by", "transfer_by", "taken_by", "deputy", "to"}
    }
    assert suspects - known == set()


# ── any rows ──


async def _fill(connection: AsyncConnection, rng: Random) -> None:
    """Rows in all tables that say who somebody is, on these two and two others, whatever they mean."""
    somebody = [KEPT, GONE, LI.person, ZHANG.person]
    named = {column.table for column in joins.references()} - {
        metadata.tables[name]
        for name in ("people", "accounts", "desks", "person_roles", "joins", "desk_members")
    }
    for table in metadata.sorted_tables:
        if table in named or table.name == "rosters":
            rows: dict[tuple[Any, ...], dict[str, Any]] = {}
            for nth in range(rng.randrange(3, 9) if table.name != "rosters" else 2):
                row = await _row(connection, table, nth, rng, somebody)
                rows.setdefault(tuple(row[c.name] for c in table.primary_key), row)
            await connection.execute(insert(table), list(rows.values()))


async def _row(
    connection: AsyncConnection, table: Table, nth: int, rng: Random, somebody: list[PersonId]
) -> dict[str, Any]:
    own = {f"{c.table.name}.{c.name}" for c in joins.references()}
    row: dict[str, Any] = {}
    for column in table.c:
        key = next(iter(column.foreign_keys), None)
        if f"{table.name}.{column.name}" in own:
            row[column.name] = rng.choice(somebody if not column.nullable else [*somebody, None])
        elif key is not None:
            wanted = select(key.column).order_by(key.column)
            there = (await connection.execute(wanted)).scalars().all()
            row[column.name] = there[nth % len(there)]
        elif table.name == "rosters" and column.name == "rotations":
            row[column.name] = [ROTATION | {"people": rng.sample(somebody, 3)}]
        elif table.name == "dispatch_rounds" and column.name == "asked":
            row[column.name] = rng.sample(somebody, 2)
        else:
            row[column.name] = _value(column, nth)
    return row


def _value(column: Any, nth: int) -> Any:
    kind = column.type
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class or []))
    if isinstance(kind, UTCDateTime):
        return T0
    if isinstance(kind, Span):
        return timedelta(hours=1)
    if isinstance(kind, Words):
        return f"{column.name}{nth}"
    return {int: nth + 1, bool: False, str: "x"}.get(kind.python_type, [])


async def _state(db: Database) -> dict[str, list[Any]]:
    async with db.read() as connection:
        return await _everything(connection)


async def _everything(connection: AsyncConnection) -> dict[str, list[Any]]:
    """Who stands in each column, in the order of the rows' other keys."""
    found = {}
    for column in joins.references():
        keys = [key for key in column.table.primary_key if key is not column]
        rows = await connection.execute(select(column, *keys).order_by(*keys, column))
        found[f"{column.table.name}.{column.name}"] = [row[0] for row in rows]
    left_out = {"joins.kept", "joins.gone", "person_roles.person", "web_sessions.person"}
    return {
        name: [None if person is None else int(person) for person in rows]
        for name, rows in found.items()
        if name not in left_out
    }


def _mentions(state: dict[str, list[Any]], person: PersonId) -> set[str]:
    return {name for name, rows in state.items() if person in rows} | {"joins.gone", "person_roles.person"}


@pytest.fixture(autouse=True)
async def _one_account_each(db: Database) -> None:
    """王五 and 孙七 have theirs on different platforms."""
    async with db.read() as connection:
        of_two = select(accounts.c.platform).where(accounts.c.person.in_([KEPT, GONE]))
        assert sorted((await connection.execute(of_two)).scalars()) == ["dingtalk", "wecom"]
