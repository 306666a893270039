"""People in one transaction: who is behind an account, and how colleagues name each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, PersonId, Role
from domain.people.people import AmbiguousPerson, Person, PersonRef, UnknownPerson
from storage import joins
from storage.people_tables import accounts, people, person_roles, web_sessions

# A few rows a person (accounts × roles), and one round trip.
_WHOLE = (
    select(
        people,
        person_roles.c.role,
        accounts.c.id.label("account"),
        accounts.c.platform,
        accounts.c.user_id,
        accounts.c.closed_at,
    )
    .outerjoin(person_roles, person_roles.c.person == people.c.id)
    .outerjoin(accounts, accounts.c.person == people.c.id)
    .order_by(people.c.id, accounts.c.id)
)


class SqlPeople:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        # A sweep asks for the same few people with every ticket.
        self._known: dict[PersonId, Person] = {}
        self._with_role: dict[Role, Sequence[Person]] = {}

    async def get(self, person: PersonId) -> Person:
        if person not in self._known:
            found = await load(self._connection, people.c.id == person)
            if not found:
                raise UnknownPerson(f"#{person}")
            self._known[person] = found[0]
        return self._known[person]

    async def find(self, ref: PersonRef) -> Person:
        wanted = ref.strip().lstrip("@").strip()
        found = await self._called(wanted)
        if not found:
            raise UnknownPerson(ref)
        if len(found) > 1:
            raise AmbiguousPerson(ref, [_distinct_name(person) for person in found])
        return found[0]

    async def with_role(self, role: Role) -> Sequence[Person]:
        if role not in self._with_role:
            having = select(person_roles.c.person).where(person_roles.c.role == role)
            found = await load(self._connection, people.c.active, people.c.id.in_(having))
            self._with_role[role] = found
        return self._with_role[role]

    async def find_closed(self, ref: PersonRef) -> Person:
        """Also among closed accounts, where the name is all that is known."""
        key = ref.strip().lstrip("@").strip().casefold()
        found = await load(self._connection, people.c.name_key == key, ~joins.is_joined())
        if not found:
            raise UnknownPerson(ref)
        if len(found) > 1:
            raise AmbiguousPerson(ref, [_distinct_name(person) for person in found])
        return found[0]

    async def set_active(self, person: PersonId, *, active: bool) -> None:
        await self._connection.execute(update(people).where(people.c.id == person).values(active=active))
        await end_web_sessions(self._connection, person)
        if active:
            theirs = update(accounts).where(accounts.c.person == person)
            await self._connection.execute(theirs.values(closed_at=None))
        self._known.clear()
        self._with_role.clear()

    async def _called(self, ref: str) -> list[Person]:
        if ref.startswith("#") and ref[1:].isascii() and ref[1:].isdecimal() and len(ref) < 19:
            return await load(self._connection, people.c.active, people.c.id == int(ref[1:]))
        platform, colon, user_id = ref.partition(":")
        if colon:
            exact = await load(self._connection, people.c.active, has_account(Account(platform, user_id)))
            if exact:
                return exact
        key = ref.casefold()
        by_user_id = people.c.id.in_(select(accounts.c.person).where(accounts.c.user_key == key))
        by_name = people.c.name_key == key
        return await load(self._connection, people.c.active, or_(by_name, by_user_id)) if key else []


async def actor_for(connection: AsyncConnection, account: Account, name: str) -> Person:
    """The person behind ``account``: a plain requester if nobody has seen it before."""
    known = await load(connection, has_account(account))
    if not known:
        return await add(connection, name, frozenset({Role.REQUESTER}), [account])
    if name and await _name(connection, known[0].id, name):
        return await SqlPeople(connection).get(known[0].id)
    return known[0]


async def add(
    connection: AsyncConnection,
    name: str,
    roles: frozenset[Role],
    of: Sequence[Account],
    skills: Sequence[str] = (),
) -> Person:
    """Somebody whose platform tells no name is called by the user id until it does."""
    shown = name or next((account.user_id for account in of), "")
    inserted = insert(people).values(is_named=bool(name), skills=list(skills), active=True, **called(shown))
    id_ = PersonId((await connection.execute(inserted.returning(people.c.id))).scalar_one())
    await write_roles(connection, id_, roles)
    for account in of:
        await connection.execute(insert(accounts).values(person=id_, used_at=None, **columns_of(account)))
    return await SqlPeople(connection).get(id_)


def through(person: Person, account: Account) -> Person:
    """As they come in by ``account``: whoever left that platform is not there any more, whoever they are elsewhere."""
    is_closed = folded(account) in {folded(closed) for closed in person.closed}
    return replace(person, active=False) if is_closed else person


async def write_roles(connection: AsyncConnection, person: PersonId, roles: frozenset[Role]) -> None:
    await connection.execute(person_roles.delete().where(person_roles.c.person == person))
    if roles:
        await connection.execute(insert(person_roles), [{"person": person, "role": role} for role in roles])


async def touch(connection: AsyncConnection, account: Account, now: datetime) -> None:
    await connection.execute(update(accounts).where(*is_account(account)).values(used_at=now))


async def home(connection: AsyncConnection, person: PersonId) -> Account | None:
    """Where to reach somebody: the account that was used last, else the first. None for somebody without any."""
    person = await joins.who_is_now(connection, person)
    last_used = (
        select(accounts.c.platform, accounts.c.user_id)
        .where(accounts.c.person == person, accounts.c.closed_at.is_(None))
        .order_by(accounts.c.used_at.desc().nulls_last(), accounts.c.id)
        .limit(1)
    )
    row = (await connection.execute(last_used)).one_or_none()
    return Account(row.platform, row.user_id) if row else None


async def end_web_sessions(connection: AsyncConnection, person: PersonId) -> None:
    await connection.execute(delete(web_sessions).where(web_sessions.c.person == person))


async def load(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Person]:
    rows = (await connection.execute(_WHOLE.where(*conditions))).all()
    by_person: dict[PersonId, list[Row[Any]]] = {}
    for row in rows:
        by_person.setdefault(row.id, []).append(row)
    return [_person_of(of_one) for of_one in by_person.values()]


async def _name(connection: AsyncConnection, person: PersonId, name: str) -> bool:
    """A name that somebody has is not overwritten by what a platform says."""
    named = update(people).where(people.c.id == person, people.c.is_named.is_(False))
    return (await connection.execute(named.values(is_named=True, **called(name)))).rowcount > 0


def called(name: str) -> dict[str, str]:
    return {"name": name, "name_key": name.strip().casefold()}


def _person_of(rows: Sequence[Row[Any]]) -> Person:
    first = rows[0]
    opened, closed = _accounts(rows, closed=False), _accounts(rows, closed=True)
    return Person(
        id=PersonId(first.id),
        name=first.name,
        roles=frozenset(row.role for row in rows if row.role is not None),
        accounts=opened,
        skills=tuple(first.skills),
        active=first.active,
        closed=closed,
    )


def _accounts(rows: Sequence[Row[Any]], *, closed: bool) -> tuple[Account, ...]:
    found = {
        row.account: Account(row.platform, row.user_id)
        for row in rows
        if row.account is not None and (row.closed_at is not None) is closed
    }
    return tuple(found.values())


def has_account(account: Account) -> ColumnElement[bool]:
    return people.c.id.in_(select(accounts.c.person).where(*is_account(account)))


def is_account(account: Account) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return accounts.c.platform == account.platform, accounts.c.user_key == account.user_id.casefold()


def columns_of(account: Account) -> dict[str, str]:
    return {
        "platform": account.platform,
        "user_id": account.user_id,
        "user_key": account.user_id.casefold(),
    }


def _distinct_name(person: Person) -> str:
    """Two people of one name can only be told apart by an account."""
    if not person.accounts:
        return person.name
    return f"{person.name}（{person.accounts[0].platform}:{person.accounts[0].user_id}）"


def folded(account: Account) -> tuple[str, str]:
    """As accounts are compared."""
    return account.platform, account.user_id.casefold()
