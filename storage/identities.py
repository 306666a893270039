"""Whose accounts are one person's, in one unit. What was asked for happens when the unit ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, PersonId
from domain.people.people import Person, UnknownPerson
from storage import joins
from storage.people_rows import columns_of, has_account, is_account, load
from storage.people_tables import accounts, web_sessions

Pair = tuple[PersonId, PersonId]


class SqlIdentities:
    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._joining: list[Pair] = []
        self._splitting: list[Pair] = []

    async def behind(self, account: Account) -> Person:
        found = await load(self._connection, has_account(account))
        if not found:
            raise UnknownPerson(account.user_id)
        return found[0]

    async def known(self, account: Account) -> Person | None:
        return next(iter(await load(self._connection, has_account(account))), None)

    async def close(self, account: Account) -> None:
        closed = update(accounts).where(*is_account(account)).values(closed_at=self._now)
        await self._connection.execute(closed)
        whose = select(accounts.c.person).where(*is_account(account))
        theirs = (web_sessions.c.platform == account.platform, web_sessions.c.person.in_(whose))
        await self._connection.execute(delete(web_sessions).where(*theirs))

    async def rename(self, account: Account, became: Account) -> None:
        renamed = update(accounts).where(*is_account(account)).values(**columns_of(became))
        await self._connection.execute(renamed)

    async def joined_last(self, kept: PersonId) -> PersonId | None:
        return await joins.last_into(self._connection, kept)

    def join(self, kept: PersonId, gone: PersonId) -> None:
        self._joining.append((kept, gone))

    def split(self, kept: PersonId, gone: PersonId) -> None:
        self._splitting.append((kept, gone))

    async def flush(self) -> None:
        """After everything else that the unit changed was written."""
        for pair in self._joining:
            await joins.join(self._connection, *pair, self._now)
        for pair in self._splitting:
            await joins.split(self._connection, *pair, self._now)
        self._joining, self._splitting = [], []
