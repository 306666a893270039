"""Objects of one unit that are written back when they changed; a stale version is a Conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Table, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Conflict

T = TypeVar("T")
Values = dict[str, Any]


@dataclass
class _Kept(Generic[T]):
    thing: T
    values: Values
    version: int


class Kept(Generic[T]):
    """One table whose rows have a key and a ``version``. One row is one object in one unit."""

    def __init__(
        self, connection: AsyncConnection, table: Table, key: Column[Any], values_of: Callable[[T], Values]
    ) -> None:
        self._connection = connection
        self._table = table
        self._key = key
        self._values_of = values_of
        self._kept: dict[Any, _Kept[T]] = {}

    def same(self, key: object, version: int, make: Callable[[], T], stored: Values | None = None) -> T:
        """The object for a row that was read, however often it is. ``stored`` where the row may be out of date."""
        if key not in self._kept:
            thing = make()
            self._kept[key] = _Kept(thing, stored or self._values_of(thing), version)
        return self._kept[key].thing

    def all(self) -> list[T]:
        return [kept.thing for kept in self._kept.values()]

    async def flush(self) -> None:
        # In one order everywhere, so that two units can't wait for each other.
        for key, kept in sorted(self._kept.items()):
            values = self._values_of(kept.thing)
            if values != kept.values:
                await self._write(key, kept, values)

    async def _write(self, key: object, kept: _Kept[T], values: Values) -> None:
        unchanged = self._key == key, self._table.c.version == kept.version
        changed = update(self._table).where(*unchanged).values(version=kept.version + 1, **values)
        if (await self._connection.execute(changed)).rowcount == 0:
            raise Conflict(f"{self._table.name} {key} is not at version {kept.version} any more")
        kept.values, kept.version = values, kept.version + 1
