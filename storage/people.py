"""People and desks for everybody who has no transaction open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, Conversation, PersonId, Role
from domain.people.people import Desk, Person, PersonRef
from storage import joins
from storage.database import Conflict, Database
from storage.desks import SqlDesks
from storage.people_rows import SqlPeople, actor_for, folded, has_account, home, load, through, touch
from storage.people_tables import accounts, people
from storage.seeding import DeskSeed, PersonSeed, seed

__all__ = ["DeskSeed", "Directory", "PersonSeed", "SqlPeople", "actor_for", "home", "seed", "touch"]


# The one that was used last comes first.
_ACCOUNTS = (
    select(accounts.c.id, accounts.c.platform, accounts.c.user_id)
    .where(
        accounts.c.person == func.coalesce(joins.became(bindparam("person")), bindparam("person")),
        accounts.c.closed_at.is_(None),
    )
    .order_by(accounts.c.used_at.desc().nulls_last(), accounts.c.id)
)


class Directory:
    """People for everybody who has no transaction open."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def meet(self, account: Account, name: str, now: datetime) -> Person:
        """Who is behind ``account``; their messages go there from now on. Usually that is no news."""
        async with self._db.read() as connection:
            known = await load(connection, has_account(account))
            if known and await _is_no_news(connection, known[0], account, name):
                return through(known[0], account)
        try:
            return await self._meet(account, name, now)
        except Conflict:  # two first messages at once: by now the other one has introduced them
            return await self._meet(account, name, now)

    async def recognise(self, account: Account, name: str) -> Person:
        """Who is behind ``account``, which does not become the place where they are reached."""
        async with self._db.read() as connection:
            known = await load(connection, has_account(account))
        if known:
            return through(known[0], account)
        try:
            return await self._introduce(account, name)
        except Conflict:
            return await self._introduce(account, name)

    async def get(self, person: PersonId) -> Person:
        async with self._db.read() as connection:
            return await SqlPeople(connection).get(person)

    async def find(self, ref: PersonRef) -> Person:
        async with self._db.read() as connection:
            return await SqlPeople(connection).find(ref)

    async def with_role(self, role: Role) -> Sequence[Person]:
        async with self._db.read() as connection:
            return await SqlPeople(connection).with_role(role)

    async def home(self, person: PersonId) -> Account | None:
        async with self._db.read() as connection:
            return await home(connection, person)

    async def names(self) -> Mapping[PersonId, str]:
        everybody = select(people.c.id, people.c.name)
        async with self._db.read() as connection:
            return {PersonId(row.id): row.name for row in await connection.execute(everybody)}

    async def names_of(self, wanted: Collection[PersonId]) -> Mapping[PersonId, str]:
        """Of these alone: a company has thousands of people, and a card names a handful."""
        if not wanted:
            return {}
        them = select(people.c.id, people.c.name).where(people.c.id.in_(wanted))
        async with self._db.read() as connection:
            return {PersonId(row.id): row.name for row in await connection.execute(them)}

    async def reachable(self, person: PersonId) -> Sequence[Account]:
        """All open accounts of ``person``, the one that was used last before the others; none for nobody."""
        async with self._db.read() as connection:
            rows = (await connection.execute(_ACCOUNTS, {"person": person})).all()
        known = [Account(row.platform, row.user_id) for row in sorted(rows, key=lambda row: row.id)]
        return list(dict.fromkeys([*(Account(row.platform, row.user_id) for row in rows[:1]), *known]))

    async def in_chat(self, place: Conversation) -> PersonId | None:
        """The person whose direct chat this is; None in a group.

        A second door of a platform ("wecom-aibot") knows people by the platform's own accounts, or by its own.
        """
        return (await self.in_chats([place])).get(place)

    async def in_chats(self, places: Iterable[Conversation]) -> Mapping[Conversation, PersonId]:
        """The same of many; who is in none of them, and groups, are left out."""
        direct = {place: _accounts_in(place) for place in places if place.kind == "direct"}
        keys = {account.user_id.casefold() for known in direct.values() for account in known}
        if not keys:
            return {}
        wanted = select(accounts.c.platform, accounts.c.user_key, accounts.c.person)
        async with self._db.read() as connection:
            rows = (await connection.execute(wanted.where(accounts.c.user_key.in_(keys)))).all()
        whose = {(row.platform, row.user_key): PersonId(row.person) for row in rows}
        # Its own accounts come before those of the platform whose second door it is.
        return {
            place: whose[folded(account)]
            for place, known in direct.items()
            for account in reversed(known)
            if folded(account) in whose
        }

    async def desks(self) -> Sequence[Desk]:
        async with self._db.read() as connection:
            return await SqlDesks(connection).all()

    async def seed(self, new_people: Sequence[PersonSeed], new_desks: Sequence[DeskSeed]) -> None:
        async with self._db.write() as connection:
            await seed(connection, new_people, new_desks)

    async def _introduce(self, account: Account, name: str) -> Person:
        async with self._db.write() as connection:
            return await actor_for(connection, account, name)

    async def _meet(self, account: Account, name: str, now: datetime) -> Person:
        async with self._db.write() as connection:
            person = await actor_for(connection, account, name)
            await touch(connection, account, now)
        return through(person, account)


def _accounts_in(place: Conversation) -> Sequence[Account]:
    platforms = dict.fromkeys((place.platform, place.platform.partition("-")[0]))
    return [Account(platform, place.key) for platform in platforms]


async def _is_no_news(connection: AsyncConnection, person: Person, account: Account, name: str) -> bool:
    wants_name = select(people.c.id).where(people.c.id == person.id, people.c.is_named.is_(False))
    if name and (await connection.execute(wants_name)).scalar() is not None:
        return False
    last = await home(connection, person.id)
    return last is not None and folded(last) == folded(account)
