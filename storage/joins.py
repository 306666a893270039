"""Who became whom: everything that was one person's becomes the other's, and can be given back.

Events keep their author. What a table holds of people is found in the schema, so that no table is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum as PyEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Enum,
    ForeignKey,
    Table,
    and_,
    delete,
    insert,
    null,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import PersonId, Role
from storage.people_tables import people, person_roles, web_sessions
from storage.schema import Id, Payload, UTCDateTime, metadata

joins = Table(
    "joins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kept", ForeignKey("people.id"), nullable=False, index=True),
    Column("gone", ForeignKey("people.id"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("undone_at", UTCDateTime),
    Column("moved", Payload, nullable=False),  # column -> keys of its rows
    sqlite_autoincrement=True,
)

# Sessions end, and roles are added up.
NOT_MOVED = frozenset({"joins", "web_sessions", "person_roles"})
_LISTS = (
    ("dispatch_rounds", "asked"),
    ("rosters", "rotations"),
    ("war_rooms", "people"),
    ("war_rooms", "inside"),
    ("war_rooms", "lacking"),
)


async def join(connection: AsyncConnection, kept: PersonId, gone: PersonId, now: datetime) -> None:
    moved: dict[str, list[Any]] = {}
    for name, column in _columns().items():
        moved[f"{name} of both"] = await _drop_doubles(connection, column, gone, kept)
        moved[name] = await _move(connection, column, gone, kept)
    moved["roles"] = await _lend_roles(connection, gone, kept)
    await _in_lists(connection, gone, kept, now)
    await _straighten(connection, kept)
    await _switch(connection, gone, active=False)
    row = {"kept": kept, "gone": gone, "at": now, "moved": moved}
    await connection.execute(insert(joins).values(**row))


async def split(connection: AsyncConnection, kept: PersonId, gone: PersonId, now: datetime) -> None:
    """What has become somebody else's meanwhile stays there. Rosters stay as they are."""
    last = select(joins.c.id, joins.c.moved).where(*_is(kept, gone))
    row = (await connection.execute(last)).one()
    for name, column in _columns().items():
        for key in row.moved.get(name, []):
            await connection.execute(_changed(column, key, kept, gone))
        for key in row.moved.get(f"{name} of both", []):
            await _copy(connection, column, key, kept, gone)
    lent = person_roles.c.role.in_([Role(role) for role in row.moved.get("roles", [])])
    await connection.execute(delete(person_roles).where(person_roles.c.person == kept, lent))
    await connection.execute(update(joins).where(joins.c.id == row.id).values(undone_at=now))
    await _may_be_inside(connection, kept, gone)
    await _switch(connection, gone, active=True)
    await connection.execute(delete(web_sessions).where(web_sessions.c.person == kept))


async def last_into(connection: AsyncConnection, kept: PersonId) -> PersonId | None:
    newest = select(joins.c.gone).where(joins.c.kept == kept, joins.c.undone_at.is_(None))
    found = (await connection.execute(newest.order_by(joins.c.id.desc()).limit(1))).scalar()
    return PersonId(found) if found is not None else None


def became(person: BindParameter[Any]) -> ColumnElement[Any]:
    """NULL for who is nobody else."""
    theirs = select(joins.c.kept).where(joins.c.gone == person, joins.c.undone_at.is_(None))
    return theirs.limit(1).scalar_subquery()


async def who_is_now(connection: AsyncConnection, person: PersonId) -> PersonId:
    """Whom ``person`` became, however often; else ``person``."""
    while True:
        became = select(joins.c.kept).where(joins.c.gone == person, joins.c.undone_at.is_(None)).limit(1)
        found = (await connection.execute(became)).scalar()
        if found is None:
            return person
        person = PersonId(found)


def is_joined() -> ColumnElement[bool]:
    return people.c.id.in_(select(joins.c.gone).where(joins.c.undone_at.is_(None)))


def references() -> Iterator[Column[Any]]:
    """Every column that says who somebody is."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if any(key.column is people.c.id for key in column.foreign_keys):
                yield column
    # Numbers without a foreign key: the clock is nobody in ``people``.
    yield metadata.tables["tickets"].c.transfer_by
    yield metadata.tables["deadlines"].c.asked_by
    yield metadata.tables["war_rooms"].c.asked_by


def _columns() -> Mapping[str, Column[Any]]:
    return {f"{c.table.name}.{c.name}": c for c in references() if c.table.name not in NOT_MOVED}


def _is(kept: PersonId, gone: PersonId) -> tuple[ColumnElement[bool], ...]:
    return joins.c.kept == kept, joins.c.gone == gone, joins.c.undone_at.is_(None)


def _others(column: Column[Any]) -> list[Column[Any]]:
    """The key of a row, but for the person."""
    return [key for key in column.table.primary_key.columns if key is not column]


async def _keys(connection: AsyncConnection, column: Column[Any], person: PersonId) -> list[list[Any]]:
    rows = (await connection.execute(select(*_others(column)).where(column == person))).all()
    return [[_plain(value) for value in row] for row in rows]


async def _drop_doubles(
    connection: AsyncConnection, column: Column[Any], gone: PersonId, kept: PersonId
) -> list[list[Any]]:
    """Where the person is part of the key, both may have a row that there can only be once."""
    if not column.primary_key:
        return []
    theirs = await _keys(connection, column, kept)
    doubles = [key for key in await _keys(connection, column, gone) if key in theirs]
    for key in doubles:
        await connection.execute(delete(column.table).where(column == gone, _has(column, key)))
    return doubles


async def _move(
    connection: AsyncConnection, column: Column[Any], gone: PersonId, kept: PersonId
) -> list[list[Any]]:
    """The keys of the rows that changed hands."""
    keys = await _keys(connection, column, gone)
    for key in keys:
        await connection.execute(_changed(column, key, gone, kept))
    return keys


def _changed(column: Column[Any], key: Sequence[Any], before: PersonId, after: PersonId) -> Any:
    values: dict[str, Any] = {column.name: after}
    if "version" in column.table.c:  # whoever reads it now must read it again
        values["version"] = column.table.c.version + 1
    return update(column.table).where(column == before, _has(column, key)).values(**values)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, PyEnum) else value


def _typed(column: Column[Any], value: Any) -> Any:
    return (
        column.type.enum_class(value) if isinstance(column.type, Enum) and column.type.enum_class else value
    )


def _has(column: Column[Any], key: Sequence[Any]) -> ColumnElement[bool]:
    pairs = zip(_others(column), key, strict=True)
    return and_(true(), *(other == _typed(other, value) for other, value in pairs))


async def _copy(
    connection: AsyncConnection, column: Column[Any], key: Sequence[Any], kept: PersonId, gone: PersonId
) -> None:
    """Whoever is still there gets the other back beside them."""
    theirs = select(column.table).where(column == kept, _has(column, key))
    row = (await connection.execute(theirs)).mappings().one_or_none()
    if row is not None:
        await connection.execute(insert(column.table).values({**row, column.name: gone}))


async def _lend_roles(connection: AsyncConnection, gone: PersonId, kept: PersonId) -> list[str]:
    """The roles that ``kept`` did not have."""
    of = {
        person: set(
            (
                await connection.execute(select(person_roles.c.role).where(person_roles.c.person == person))
            ).scalars()
        )
        for person in (gone, kept)
    }
    lent = sorted(of[gone] - of[kept], key=lambda role: str(role.value))
    if lent:
        await connection.execute(insert(person_roles), [{"person": kept, "role": role} for role in lent])
    return [role.value for role in lent]


async def _in_lists(connection: AsyncConnection, gone: PersonId, kept: PersonId, now: datetime) -> None:
    for name, column in _LISTS:
        table = metadata.tables[name]
        (key,) = table.primary_key.columns
        for row in (await connection.execute(select(key, table.c[column]))).all():
            after = _replaced(row[1], gone, kept)
            if after != row[1]:
                values: dict[str, Any] = {column: after}
                if "version" in table.c:
                    # Due now, so that the sweep looks when the next shift is.
                    values |= {"version": table.c.version + 1, "due_at": now}
                await connection.execute(update(table).where(key == row[0]).values(**values))


async def _may_be_inside(connection: AsyncConnection, kept: PersonId, gone: PersonId) -> None:
    """Whose account sits in a war room is not written down: until the room is looked at again, both are taken to
    read what is said there."""
    rooms = metadata.tables["war_rooms"]
    for row in (await connection.execute(select(rooms.c.ticket, rooms.c.inside))).all():
        if kept in row.inside:
            both = (
                update(rooms).where(rooms.c.ticket == row.ticket).values(inside=sorted({*row.inside, gone}))
            )
            await connection.execute(both)


def _replaced(value: Any, gone: PersonId, kept: PersonId) -> Any:
    """Nobody stands twice in one list of people."""
    if isinstance(value, dict):
        return {k: _replaced(v, gone, kept) if k == "people" else v for k, v in value.items()}
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [_replaced(item, gone, kept) for item in value]
    if isinstance(value, list) and gone in value:
        return list(dict.fromkeys(kept if item == gone else item for item in value))
    return value


async def _straighten(connection: AsyncConnection, kept: PersonId) -> None:
    """Nobody stands in for themselves."""
    leaves = metadata.tables["leaves"]
    own = and_(leaves.c.person == kept, leaves.c.deputy == kept)
    await connection.execute(
        update(leaves).where(own).values(deputy=null(), accepted=False, version=leaves.c.version + 1)
    )


async def _switch(connection: AsyncConnection, person: PersonId, *, active: bool) -> None:
    await connection.execute(update(people).where(people.c.id == person).values(active=active))
    await connection.execute(delete(web_sessions).where(web_sessions.c.person == person))
