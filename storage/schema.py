"""What every table is made of: one collection with naming rules, and the types that both databases keep alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Connection,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.ext.asyncio import AsyncConnection

E = TypeVar("E", bound=Enum)

# Alembic finds a constraint again only by its name.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is called INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Payload = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

# A NUL in JSON text: the escape after an even number of backslashes.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class UnstorableText(DontWrapMixin, ValueError):
    """Text with a NUL or half a character. SQLite would take one, PostgreSQL the other not: here, both refuse."""


class NaiveTime(DontWrapMixin, ValueError):
    """A time without a zone. SQLite would keep it as it stands, and nobody could say what it meant."""


def storable(text: str) -> str:
    if "\x00" in text or not _is_whole(text):
        raise UnstorableText("the text has a NUL or half a character")
    return text


def to_json(value: object) -> str:
    """Readable Chinese: otherwise neither LIKE nor a JSON path would find it on SQLite."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if _ESCAPED_NUL.search(text) or not _is_whole(text):
        raise UnstorableText("the JSON has a NUL or half a character")
    return text


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Words(TypeDecorator[str]):
    """Text that both databases can keep."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UTCDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite would drop the zone without converting."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime(f"{value} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A duration in whole microseconds, which is as exact as ``timedelta`` itself."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


def one_of(kind: type[E]) -> EnumColumn:
    """The enum's value as a short string; ``only`` makes the database check it."""
    return EnumColumn(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=20,
        validate_strings=True,
    )


def only(column: str, values: type[Enum] | Iterable[str]) -> CheckConstraint:
    words = [v.value if isinstance(v, Enum) else v for v in values]
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=column)


def insert_into(connection: AsyncConnection | Connection, table: Table) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT. Both databases spell it alike, but SQLAlchemy has one for each."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return cast(postgresql.Insert, sqlite.insert(table))
