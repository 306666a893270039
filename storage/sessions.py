"""DingTalk's session webhooks: addresses that lead back to one conversation for a while. They are secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, select

from domain.base import Conversation
from storage.database import Database
from storage.schema import UTCDateTime, Words, insert_into, metadata
from storage.sealing import Keyring, Unsealable

sessions = Table(
    "sessions",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("url", Words, nullable=False),
    Column("until", UTCDateTime, nullable=False),
)


class SessionBook:
    def __init__(
        self,
        db: Database,
        keyring: Keyring | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._db = db
        self._keyring = keyring or Keyring()
        self._clock = clock or db.clock.now

    async def remember(self, place: Conversation, url: str, until: datetime) -> None:
        """A newer address takes the place of an older one; an older one that comes late does not."""
        values = {"url": self._keyring.seal(url, _place(place)), "until": until}
        key = {"platform": place.platform, "kind": place.kind, "key": place.key}
        async with self._db.write() as connection:
            put = insert_into(connection, sessions).values(**key, **values)
            newer = put.on_conflict_do_update(
                index_elements=["platform", "kind", "key"], set_=values, where=sessions.c.until <= until
            )
            await connection.execute(newer)

    async def lookup(self, place: Conversation) -> str | None:
        wanted = select(sessions.c.url).where(*_is(place), sessions.c.until > self._clock())
        async with self._db.read() as connection:
            sealed = (await connection.execute(wanted)).scalar()
        try:
            return self._keyring.open(sealed, _place(place)) if sealed is not None else None
        except Unsealable:
            return None


def _is(place: Conversation) -> tuple[ColumnElement[bool], ...]:
    return (
        sessions.c.platform == place.platform,
        sessions.c.kind == place.kind,
        sessions.c.key == place.key,
    )


def _place(place: Conversation) -> str:
    return f"sessions.url:{place.platform}:{place.kind}:{place.key}"
