"""Whose accounts are one person's, in one unit. What was asked for happens when the unit ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, PersonId
from domain.people.people import Person, UnknownPerson
from storage import joins
from storage.people_rows import has_account, load

Pair = tuple[PersonId, PersonId]


class SqlIdentities:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._joining: list[Pair] = []
        self._splitting: list[Pair] = []

    async def behind(self, account: Account) -> Person:
        found = await load(self._connection, has_account(account))
        if not found:
            raise UnknownPerson(account.user_id)
        return found[0]

    async def joined_last(self, kept: PersonId) -> PersonId | None:
        return await joins.last_into(self._connection, kept)

    def join(self, kept: PersonId, gone: PersonId) -> None:
        self._joining.append((kept, gone))

    def split(self, kept: PersonId, gone: PersonId) -> None:
        self._splitting.append((kept, gone))

    async def flush(self, now: datetime) -> None:
        """After everything else that the unit changed was written."""
        for pair in self._joining:
            await joins.join(self._connection, *pair, now)
        for pair in self._splitting:
            await joins.split(self._connection, *pair, now)
        self._joining, self._splitting = [], []
