"""Desks, in the order of the configuration: the first one is the front desk."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Conversation, PersonId
from domain.people.people import Category, Desk, UnknownDesk
from domain.people.war_rooms import RoomPolicy
from storage.people_tables import desk_channels, desk_members, desks
from storage.schema import insert_into
from storage.ticket_tables import counters

_WITH_MEMBERS = (
    select(desks, desk_members.c.person)
    .outerjoin(desk_members, desk_members.c.desk == desks.c.key)
    .order_by(desks.c.position, desks.c.key, desk_members.c.position)
)
_ROOM_FACTS = ("priority", "level", "with_requester")
_CHANNELS = select(desk_channels).order_by(desk_channels.c.desk, desk_channels.c.position)


_EDITION = select(counters.c.value).where(counters.c.name == "desks")
# By engine, with the edition that was read: there are few, they hardly ever change, and every card names one.
_known: WeakKeyDictionary[Engine, tuple[int | None, dict[str, Desk]]] = WeakKeyDictionary()


async def changed(connection: AsyncConnection) -> None:
    """Said in the transaction that changes desks, their members or channels: every replica reads them again.

    The edition is a number that never comes again, lest a change that was rolled back be taken for the next one.
    """
    edition = secrets.randbits(62)
    put = insert_into(connection, counters).values(name="desks", value=edition)
    await connection.execute(put.on_conflict_do_update(index_elements=["name"], set_={"value": edition}))


class SqlDesks:
    """Most commands ask for more than one thing about them: one unit looks once whether they are still the same."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._by_key: dict[str, Desk] | None = None

    async def get(self, key: str) -> Desk:
        desk = (await self._loaded()).get(key)
        if desk is None:
            raise UnknownDesk(key)
        return desk

    async def find(self, ref: str) -> Desk | None:
        wanted = ref.strip().lstrip("@").casefold()
        for desk in (await self._loaded()).values():
            if wanted in {desk.key.casefold(), desk.name.casefold()}:
                return desk
        return None

    async def all(self) -> Sequence[Desk]:
        return tuple((await self._loaded()).values())

    async def _loaded(self) -> dict[str, Desk]:
        if self._by_key is None:
            self._by_key = await _load(self._connection)
        return self._by_key


async def _load(connection: AsyncConnection) -> dict[str, Desk]:
    edition: int | None = (await connection.execute(_EDITION)).scalar()
    engine = connection.engine.sync_engine
    known = _known.get(engine)
    if known is None or known[0] != edition or edition is None:
        known = _known[engine] = edition, await _read(connection)
    return known[1]


async def _read(connection: AsyncConnection) -> dict[str, Desk]:
    rows: dict[str, list[Row[Any]]] = {}
    for row in await connection.execute(_WITH_MEMBERS):
        rows.setdefault(row.key, []).append(row)
    channels: dict[str, list[Conversation]] = {}
    for row in await connection.execute(_CHANNELS):
        channels.setdefault(row.desk, []).append(Conversation(row.platform, row.kind, row.key))
    return {key: _desk_of(of_one, channels.get(key, [])) for key, of_one in rows.items()}


def _desk_of(rows: list[Row[Any]], channels: list[Conversation]) -> Desk:
    first = rows[0]
    return Desk(
        key=first.key,
        name=first.name,
        prefix=first.prefix,
        lead=first.lead,
        members=tuple(PersonId(row.person) for row in rows if row.person is not None),
        channels=tuple(channels),
        keywords=tuple(first.keywords),
        sla=first.sla,
        dispatch=first.dispatch,
        offer_for=first.offer_for,
        categories=tuple(_category_of(told) for told in first.categories),
        war_room=room_policy_of(first.war_room),
    )


def _category_of(told: dict[str, Any]) -> Category:
    return Category(told["name"], tuple(told["keywords"]), told["skill"])


def room_policy_of(told: dict[str, Any]) -> RoomPolicy:
    """Of a desk that says nothing of it, off."""
    if not told:
        return RoomPolicy()
    return RoomPolicy(is_on=True, **{name: told[name] for name in _ROOM_FACTS})


def written_room_policy(policy: RoomPolicy) -> dict[str, Any]:
    if not policy.is_on:
        return {}
    return {name: getattr(policy, name) for name in _ROOM_FACTS}
