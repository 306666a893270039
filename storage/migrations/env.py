"""Run by Alembic. The connection, its transaction and its end belong to ``storage.migrating``."""

from __future__ import annotations

import sys
from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Enum

from storage.schema import Span, UTCDateTime, Words
from storage.tables import metadata


def render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """History must not change when our types do, so a revision names only what the database sees."""
    plain = {Words: "sa.Text()", UTCDateTime: "sa.DateTime(timezone=True)", Span: "sa.BigInteger()"}
    if kind != "type":
        return False
    if isinstance(item, JSON):
        return 'sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")'
    return "sa.String(length=20)" if isinstance(item, Enum) else plain.get(type(item), False)


connection = context.config.attributes["connection"]


def applied(*_: Any, **__: Any) -> None:
    sys.audit("paidan.migration.applied")


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    on_version_apply=applied,
)
with context.begin_transaction():
    context.run_migrations()
