"""Access tokens of the platforms, shared by all replicas, sealed at rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from sqlalchemy import Column, Table, select

from storage.database import Database
from storage.leases import Leases
from storage.schema import UTCDateTime, Words, insert_into, metadata
from storage.sealing import Keyring, Unsealable

tokens = Table(
    "tokens",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("refresh_at", UTCDateTime, nullable=False),
)

LEASE = timedelta(seconds=30)  # longer than any fetch of a token may take
LOOK_AGAIN = 0.2  # seconds
BETWEEN_FORCED = timedelta(minutes=1)


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    expires_at: datetime
    refresh_at: datetime


class TokenLike(Protocol):
    @property
    def value(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def refresh_at(self) -> datetime: ...


class TokenStore:
    def __init__(
        self,
        db: Database,
        keyring: Keyring | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._keyring = keyring or Keyring()
        self._leases = Leases(db)
        # Real time, not the program's: a dead holder's lease must end although a demo's clock stands still.
        self._clock = clock or db.clock.now
        self._pause = pause

    async def load(self, name: str) -> Token | None:
        """None also for a token whose key was exchanged: a new one costs one call."""
        async with self._db.read() as connection:
            row = (await connection.execute(select(tokens).where(tokens.c.name == name))).one_or_none()
        if row is None:
            return None
        try:
            return Token(self._keyring.open(row.value, _place(name)), row.expires_at, row.refresh_at)
        except Unsealable:
            return None

    def refreshing(self, name: str) -> AbstractAsyncContextManager[None]:
        """Held by one at a time, in this process and in all others. Whoever waited should ``load`` again first."""
        return self._holding(f"token:{name}", uuid4().hex)

    async def may_force(self, name: str, now: datetime) -> bool:
        """True for one asker a minute. A token that dies again and again must not become a storm of fetches."""
        return await self._leases.take(f"forced:{name}", uuid4().hex, now, BETWEEN_FORCED)

    async def save(self, name: str, token: TokenLike) -> None:
        values = {
            "value": self._keyring.seal(token.value, _place(name)),
            "expires_at": token.expires_at,
            "refresh_at": token.refresh_at,
        }
        async with self._db.write() as connection:
            put = insert_into(connection, tokens).values(name=name, **values)
            await connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))

    @asynccontextmanager
    async def _holding(self, name: str, holder: str) -> AsyncIterator[None]:
        while not await self._leases.take(name, holder, self._clock(), LEASE):
            await self._pause(LOOK_AGAIN)
        try:
            yield
        finally:
            await self._leases.give_back(name, holder)


def _place(name: str) -> str:
    return f"tokens.value:{name}"
