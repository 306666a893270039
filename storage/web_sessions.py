"""Who is logged in to the web pages. The browser holds a random token; kept here is only its hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Account, PersonId
from domain.people.people import Person
from storage import once
from storage.database import Conflict, Database
from storage.people_rows import SqlPeople, end_web_sessions
from storage.people_tables import web_sessions

IDLE = timedelta(hours=8)
LASTS = timedelta(hours=24)
A_WHILE = timedelta(minutes=1)  # a page that is read is not worth a write each time


@dataclass(frozen=True)
class WebSession:
    person: Person
    account: Account
    began_at: datetime


class WebSessions:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, person: PersonId, account: Account, now: datetime) -> str:
        """The new token, 256 random bits."""
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": hash_of(token),
            "person": person,
            "platform": account.platform,
            "user_id": account.user_id,
            "began_at": now,
            "seen_at": now,
        }
        async with self._db.write() as connection:
            await connection.execute(insert(web_sessions).values(**row))
        return token

    async def find(self, token: str, now: datetime) -> WebSession | None:
        """None for one that ended, and for everybody who is not with us any more."""
        wanted = select(web_sessions).where(_is(token), *_living(now))
        async with self._db.read() as connection:
            row = (await connection.execute(wanted)).one_or_none()
            person = await SqlPeople(connection).get(PersonId(row.person)) if row else None
        if row is None or person is None or not person.active:
            return None
        if now - row.seen_at >= A_WHILE:
            await self._seen(token, now)
        return WebSession(person, Account(row.platform, row.user_id), row.began_at)

    async def end(self, token: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(web_sessions).where(_is(token)))

    async def end_all(self, person: PersonId) -> None:
        async with self._db.write() as connection:
            await end_web_sessions(connection, person)

    async def spend(self, key: str, now: datetime) -> bool:
        """True for exactly one spender, whichever replica it comes to."""
        try:
            async with self._db.write() as connection:
                await once.serve(connection, key, "", now)
        except Conflict:
            return False
        return True

    async def _seen(self, token: str, now: datetime) -> None:
        async with self._db.write() as connection:
            seen = update(web_sessions).where(_is(token)).values(seen_at=now)
            await connection.execute(seen)


async def prune(connection: AsyncConnection, now: datetime) -> None:
    over = or_(web_sessions.c.began_at <= now - LASTS, web_sessions.c.seen_at <= now - IDLE)
    await connection.execute(delete(web_sessions).where(over))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is(token: str) -> ColumnElement[bool]:
    return web_sessions.c.token_hash == hash_of(token)


def _living(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (web_sessions.c.began_at > now - LASTS, web_sessions.c.seen_at > now - IDLE)
