"""Tables by the kinds of their columns only: the same on both databases, and for tables of older versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    TableClause,
    Text,
    TypeDecorator,
    column,
    table,
)
from sqlalchemy.types import TypeEngine

from storage.backup.lines import Kind, TableShape
from storage.schema import Payload, UTCDateTime
from storage.tables import metadata

# What is worth nothing, or dangerous, in another place or at another time.
LEFT_OUT = frozenset({"fitting", "leases", "outbox_hold", "sessions", "tokens", "web_sessions"})

_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    "int": BigInteger(),
    "float": Float(),
    "text": Text(),
    "time": UTCDateTime(),
    "date": Date(),
    "json": Payload,
    "bool": Boolean(),
    "bytes": LargeBinary(),
}
# In this order: an Enum is a String too.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (Enum, "text"),
    (String, "text"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (DateTime, "time"),
    (Date, "date"),
    (JSON, "json"),
    (LargeBinary, "bytes"),
)


def backed_up() -> list[Table]:
    """In an order in which they can be filled."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def shape_of(of: Table, rows: int) -> TableShape:
    return TableShape(of.name, tuple((column.name, kind_of(column)) for column in of.c), rows)


def kind_of(of: Column[Any]) -> Kind:
    """Raises TypeError for a type that has no kind yet."""
    type_: TypeEngine[Any] = of.type.impl_instance if isinstance(of.type, TypeDecorator) else of.type
    for known, kind in _KINDS:
        if isinstance(type_, known):
            return kind
    raise TypeError(f"{of} has none of the kinds {get_args(Kind)}")


def plain_table(shape: TableShape) -> TableClause:
    return table(shape.name, *(column(name, _TYPES[kind]) for name, kind in shape.columns))
