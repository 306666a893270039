"""People whom an import names, by the ids of the database it comes from, and who they are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import CLOCK, Account, PersonId, Role
from domain.people.people import AmbiguousPerson, UnknownPerson
from storage import people_rows
from storage.people_rows import SqlPeople


class Acquaintances:
    def __init__(self, connection: AsyncConnection, described: Mapping[str, Any]) -> None:
        self._connection = connection
        self._described = described
        self._by_id: dict[int, PersonId] = {}
        self._by_name: dict[str, PersonId] = {CLOCK.name: CLOCK.person}

    async def introduce(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Everybody described, and those whom events name without an id, as other programs write them."""
        for id_ in self._described:
            await self.meet(int(id_), "")
        for event in events:
            name = event.get("actor")
            if name and event.get("actor_id") is None and name not in self._by_name:
                self._by_name[name] = await self._find(name, [])

    async def meet(self, id_: int | None, name: str | None) -> PersonId | None:
        if id_ is None:
            return await self._find(name, []) if name else None
        if id_ not in self._by_id:
            described = self._described.get(str(id_), {"name": name or f"#{id_}"})
            self._by_id[id_] = await self._find(described["name"], described.get("accounts", []))
        return self._by_id[id_]

    def same(self, id_: int | None) -> PersonId | None:
        """The clock is 0 everywhere; whom nobody described can only be meant by the id itself."""
        return None if id_ is None else self._by_id.get(id_, PersonId(id_))

    def actor(self, event: Mapping[str, Any]) -> PersonId:
        id_ = self.same(event.get("actor_id"))
        return id_ if id_ is not None else self._by_name.get(event.get("actor", ""), CLOCK.person)

    async def _find(self, name: str, written: Sequence[str]) -> PersonId:
        """By account, or by name if there is none to tell namesakes apart; else a new requester like any other."""
        of = [Account(platform, user) for platform, _, user in (one.partition(":") for one in written)]
        for account in of:
            if known := await people_rows.load(self._connection, people_rows.has_account(account)):
                return known[0].id
        if not of:
            with suppress(UnknownPerson, AmbiguousPerson):
                return (await SqlPeople(self._connection).find(name)).id
        return (await people_rows.add(self._connection, name, frozenset({Role.REQUESTER}), of)).id
