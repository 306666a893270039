"""People and desks of the configuration, written into the database as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, Conversation, PersonId, Role
from domain.people.people import OFFER_FOR, Category, Person, Strategy
from domain.people.war_rooms import OFF, RoomPolicy
from storage import people_rows as rows
from storage.desks import changed, written_room_policy
from storage.people_tables import accounts, desk_channels, desk_members, desks, people


@dataclass(frozen=True)
class PersonSeed:
    name: str
    accounts: tuple[Account, ...] = ()
    roles: frozenset[Role] = frozenset({Role.REQUESTER})
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeskSeed:
    """``lead`` and ``members`` are named as in a chat: by name, "#7" or "platform:user id"."""

    key: str
    name: str
    prefix: str
    lead: str = ""
    members: tuple[str, ...] = ()
    channels: tuple[Conversation, ...] = ()
    keywords: tuple[str, ...] = ()
    sla: str = ""
    dispatch: Strategy = Strategy.MANUAL
    offer_for: timedelta = OFFER_FOR
    categories: tuple[Category, ...] = ()
    war_room: RoomPolicy = OFF


async def seed(
    connection: AsyncConnection, new_people: Sequence[PersonSeed], new_desks: Sequence[DeskSeed]
) -> None:
    """Adds and updates. What the configuration does not name any more stays: the database is the truth.

    Raises UnknownPerson or AmbiguousPerson for a desk's lead or member.
    """
    for person in new_people:
        await _seed_person(connection, person)
    for position, desk in enumerate(new_desks):
        await _seed_desk(connection, desk, position)
    await changed(connection)


async def _seed_person(connection: AsyncConnection, new: PersonSeed) -> None:
    known = await _known(connection, new)
    if known is None:
        await rows.add(connection, new.name, new.roles, new.accounts, new.skills)
        return
    values = {**rows.called(new.name), "is_named": True, "skills": list(new.skills)}
    await connection.execute(update(people).where(people.c.id == known.id).values(**values))
    await rows.write_roles(connection, known.id, new.roles)
    for account in new.accounts:
        await _give(connection, account, known.id)


async def _known(connection: AsyncConnection, new: PersonSeed) -> Person | None:
    """Somebody may have written to the bot before the configuration knew them, so accounts come first."""
    for account in new.accounts:
        if found := await rows.load(connection, rows.has_account(account)):
            return found[0]
    same_name = people.c.name_key == new.name.strip().casefold()
    return next(iter(await rows.load(connection, people.c.active, same_name)), None)


async def _give(connection: AsyncConnection, account: Account, person: PersonId) -> None:
    moved = update(accounts).where(*rows.is_account(account)).values(person=person)
    if (await connection.execute(moved)).rowcount == 0:
        values = rows.columns_of(account)
        await connection.execute(insert(accounts).values(person=person, used_at=None, **values))


async def _seed_desk(connection: AsyncConnection, new: DeskSeed, position: int) -> None:
    named = rows.SqlPeople(connection)
    lead = (await named.find(new.lead)).id if new.lead else None
    values = {
        "name": new.name,
        "prefix": new.prefix,
        "lead": lead,
        "keywords": list(new.keywords),
        "sla": new.sla,
        "dispatch": new.dispatch,
        "offer_for": new.offer_for,
        "categories": [
            {"name": c.name, "keywords": list(c.keywords), "skill": c.skill} for c in new.categories
        ],
        "war_room": written_room_policy(new.war_room),
        "position": position,
    }
    is_known = select(func.count()).select_from(desks).where(desks.c.key == new.key)
    if (await connection.execute(is_known)).scalar_one():
        await connection.execute(update(desks).where(desks.c.key == new.key).values(**values))
    else:
        await connection.execute(insert(desks).values(key=new.key, **values))
    await _seat(connection, new.key, [(await named.find(ref)).id for ref in new.members])
    await _connect(connection, new.key, new.channels)


async def _seat(connection: AsyncConnection, desk: str, members: Sequence[PersonId]) -> None:
    await connection.execute(delete(desk_members).where(desk_members.c.desk == desk))
    distinct = enumerate(dict.fromkeys(members))
    seats = [{"desk": desk, "person": person, "position": position} for position, person in distinct]
    if seats:
        await connection.execute(insert(desk_members), seats)


async def _connect(connection: AsyncConnection, desk: str, channels: Sequence[Conversation]) -> None:
    await connection.execute(delete(desk_channels).where(desk_channels.c.desk == desk))
    channel_rows = [
        {"desk": desk, "position": position, "platform": to.platform, "kind": to.kind, "key": to.key}
        for position, to in enumerate(channels)
    ]
    if channel_rows:
        await connection.execute(insert(desk_channels), channel_rows)
